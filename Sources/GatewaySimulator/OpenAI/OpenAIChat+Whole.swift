// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension OpenAIChat {
    /// The non-streaming response.
    static func wholeScript(_ answers: [Answer], _ request: Request, _ simulation: Simulation) -> Script {
        var buffer = ByteBufferAllocator().buffer(capacity: 1_024)
        buffer.writeJSON { writer in
            writer.object { writer in
                writer.member("id", simulation.identity.id("chatcmpl-", 29))
                writer.member("object", "chat.completion")
                writer.member("created", simulation.time)
                writer.member("model", request.prompt.modelName)
                writer.member(
                    "choices",
                    array: { writer in
                        for (index, answer) in answers.enumerated() {
                            writeChoice(answer, index, request, simulation, into: &writer)
                        }
                    }
                )
                if !request.prompt.instructions.withoutUsage {
                    writer.member("usage") { writeUsage(answers, request.prompt, into: &$0) }
                }
                writer.member("service_tier", servedTier(request.serviceTier))
                writer.member("system_fingerprint", "fp_gatehouse")
            }
        }
        let tokens = answers.map(\.outputTokens).max() ?? 0
        return .whole(buffer, tokens: tokens, prompt: request.prompt, vendor: .openAI, simulation)
    }

    private static func writeChoice(
        _ answer: Answer,
        _ index: Int,
        _ request: Request,
        _ simulation: Simulation,
        into writer: inout JSONWriter
    ) {
        writer.object { writer in
            writer.member("index", index)
            writer.member(
                "message",
                object: { writer in
                    writer.member("role", "assistant")
                    writer.key("content")
                    let hasText = answer.ending != .refusal && (answer.calls.isEmpty || answer.text.count > 0)
                    if hasText { writer.string(answer.text.kept) } else { writer.null() }
                    writer.key("refusal")
                    if answer.ending == .refusal { writer.string(answer.text.kept) } else { writer.null() }
                    if showsReasoning(answer, request) {
                        writer.key("reasoning_content")
                        writer.string(answer.reasoning.kept)
                    }
                    writer.member("annotations", array: { _ in })
                    if !answer.calls.isEmpty {
                        writer.member(
                            "tool_calls",
                            array: { writer in
                                for (position, call) in answer.calls.enumerated() {
                                    let id = callID(simulation, choice: index, position)
                                    writer.object { writeCall(call, id: id, arguments: call.arguments.kept, into: &$0) }
                                }
                            }
                        )
                    }
                }
            )
            writer.key("logprobs")
            if let top = request.logprobs {
                OpenAILogprobs.write(answer.text, top: top, isRefusal: answer.ending == .refusal, into: &writer)
            } else {
                writer.null()
            }
            writer.member("finish_reason", finishReason(answer))
        }
    }

    /// Fields of a tool call.
    static func writeCall(_ call: Answer.ToolCall, id: String, arguments: Substring, into writer: inout JSONWriter) {
        writer.member("id", id)
        switch call.tool.kind {
        case .function:
            writer.member("type", "function")
            writer.member(
                "function",
                object: { writer in
                    writer.member("name", call.tool.name)
                    writer.key("arguments")
                    writer.string(arguments)
                }
            )
        case .custom:
            writer.member("type", "custom")
            writer.member(
                "custom",
                object: { writer in
                    writer.member("name", call.tool.name)
                    writer.key("input")
                    writer.string(arguments)
                }
            )
        }
    }

    static func writeUsage(_ answers: [Answer], _ prompt: Prompt, into writer: inout JSONWriter) {
        let output = answers.reduce(0) { $0 + $1.outputTokens }
        writer.object { writer in
            writer.member("prompt_tokens", prompt.inputTokens)
            writer.member("completion_tokens", output)
            writer.member("total_tokens", prompt.inputTokens + output)
            writer.member(
                "prompt_tokens_details",
                object: { writer in
                    writer.member("cached_tokens", min(prompt.instructions.cachedTokens ?? 0, prompt.inputTokens))
                    writer.member("audio_tokens", prompt.media.audio * MediaCount.tokensPerAudio)
                }
            )
            writer.member(
                "completion_tokens_details",
                object: { writer in
                    writer.member("reasoning_tokens", answers.reduce(0) { $0 + $1.reasoning.count })
                    writer.member("audio_tokens", 0)
                    writer.member("accepted_prediction_tokens", 0)
                    writer.member("rejected_prediction_tokens", 0)
                }
            )
        }
    }

    static func callID(_ simulation: Simulation, choice: Int, _ position: Int) -> String {
        simulation.identity.id("call_", 24, index: choice * 1_000 + position)
    }

    static func finishReason(_ answer: Answer) -> StaticString {
        switch answer.ending {
        case .stop, .stopSequence, .refusal: "stop"
        case .length: "length"
        case .toolCalls: "tool_calls"
        }
    }

    /// Open models show their reasoning, as most of their servers do; OpenAI's models do not in this API.
    static func showsReasoning(_ answer: Answer, _ request: Request) -> Bool {
        request.prompt.model.isOpenModel && answer.reasoning.count > 0
    }

    /// The tier in responses.
    static func servedTier(_ asked: String?) -> String {
        switch asked {
        case "flex", "priority", "scale": asked ?? "default"
        case "fast": "priority"
        default: "default"
        }
    }
}
