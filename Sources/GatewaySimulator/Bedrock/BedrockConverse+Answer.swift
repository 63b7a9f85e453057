// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension BedrockConverse {
    /// The non-streaming response.
    static func wholeScript(
        _ answer: Answer,
        _ request: AnthropicMessages.Request,
        _ simulation: Simulation
    ) -> Script {
        var buffer = ByteBufferAllocator().buffer(capacity: 1_024)
        buffer.writeJSON { writer in
            writer.object { writer in
                writer.key("output")
                writer.beginObject()
                writer.key("message")
                writer.beginObject()
                writer.member("role", "assistant")
                writer.key("content")
                writer.beginArray()
                for (index, block) in AnthropicMessages.blocks(of: answer, request).enumerated() {
                    writer.object { write(block, index, request, simulation, into: &$0) }
                }
                writer.endArray()
                writer.endObject()
                writer.endObject()
                writeStop(answer, request, into: &writer)
                writeEnd(answer, request, into: &writer)
            }
        }
        return .whole(buffer, tokens: answer.outputTokens, prompt: request.prompt, vendor: .amazon, simulation)
    }

    private static func write(
        _ block: AnthropicMessages.Block,
        _ index: Int,
        _ request: AnthropicMessages.Request,
        _ simulation: Simulation,
        into writer: inout JSONWriter
    ) {
        switch block {
        case .thinking(let thoughts, let isShown):
            let text = isShown ? String(thoughts.kept) : ""
            writer.key("reasoningContent")
            writer.beginObject()
            writer.member(
                "reasoningText",
                object: { writer in
                    writer.member("text", text)
                    if request.signsThoughts { writer.member("signature", signature(of: text, index, simulation)) }
                }
            )
            writer.endObject()
        case .redactedThinking:
            writer.member("reasoningContent", object: { $0.member("redactedContent", redacted(index, simulation)) })
        case .text(let text):
            writer.key("text")
            writer.string(text.kept)
        case .toolUse(let call, let position):
            writer.key("toolUse")
            writer.beginObject()
            writer.member("toolUseId", toolUseID(position, simulation))
            writer.member("name", call.tool.name)
            writer.key("input")
            if let value = try? JSONValue(validating: ByteBuffer(substring: call.arguments.kept)), value.kind == .object
            {
                writer.value(value)
            } else {
                writer.object { _ in }
            }
            writer.endObject()
        }
    }

    /// Writes why the response ended and, if it was asked for, Claude's own word on it.
    static func writeStop(_ answer: Answer, _ request: AnthropicMessages.Request, into writer: inout JSONWriter) {
        writer.member("stopReason", stopReason(answer))
        guard request.tellsStopSequence, case .stopSequence(let sequence) = answer.ending else { return }
        writer.member("additionalModelResponseFields", object: { $0.member("stop_sequence", sequence) })
    }

    private static func stopReason(_ answer: Answer) -> StaticString {
        switch answer.ending {
        case .stop: "end_turn"
        case .stopSequence: "stop_sequence"
        case .length: "max_tokens"
        case .toolCalls: "tool_use"
        case .refusal: "content_filtered"
        }
    }

    /// Writes usage, metrics and tier: the end of a response, and the `metadata` of a stream.
    static func writeEnd(_ answer: Answer, _ request: AnthropicMessages.Request, into writer: inout JSONWriter) {
        let cached = request.prompt.cached
        let isSilent = request.prompt.instructions.withoutUsage
        let input = isSilent ? 0 : request.prompt.inputTokens - cached.total
        let output = isSilent ? 0 : answer.outputTokens
        writer.member(
            "usage",
            object: { writer in
                writer.member("inputTokens", input)
                writer.member("outputTokens", output)
                writer.member("totalTokens", input + output + (isSilent ? 0 : cached.total))
                guard cached.total > 0, !isSilent else { return }
                writer.member("cacheReadInputTokens", cached.read)
                writer.member("cacheWriteInputTokens", cached.written5m + cached.written1h)
                writer.key("cacheDetails")
                writer.beginArray()
                for (tokens, ttl) in [(cached.written5m, "5m" as StaticString), (cached.written1h, "1h")]
                where tokens > 0 {
                    writer.object { writer in
                        writer.member("inputTokens", tokens)
                        writer.member("ttl", ttl)
                    }
                }
                writer.endArray()
            }
        )
        writer.member("metrics", object: { $0.member("latencyMs", 1) })
        if let tier = request.serviceTier { writer.member("serviceTier", object: { $0.member("type", tier) }) }
    }

    static func toolUseID(_ position: Int, _ simulation: Simulation) -> String {
        simulation.identity.id("tooluse_", 22, index: position)
    }

    static func signature(of thinking: String, _ index: Int, _ simulation: Simulation) -> String {
        simulation.state.seal(thinking, for: .bedrockReasoning, nonce: simulation.identity.number(index))
    }

    static func redacted(_ index: Int, _ simulation: Simulation) -> String {
        simulation.state.seal("", for: .bedrockRedacted, nonce: simulation.identity.number(index))
    }
}

extension AnthropicMessages.Request {
    /// Whether reasoning has a signature and may come back; the reasoning of open models on Bedrock is for display only.
    var signsThoughts: Bool { prompt.model.family == .claude }
}
