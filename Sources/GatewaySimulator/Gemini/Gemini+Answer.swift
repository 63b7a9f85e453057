// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension Gemini {
    /// The non-streaming response.
    static func wholeScript(_ answers: [Answer], _ request: Request, _ simulation: Simulation) -> Script {
        var buffer = ByteBufferAllocator().buffer(capacity: 1_024)
        buffer.writeJSON { writer in
            writer.object { writer in
                writer.member(
                    "candidates",
                    array: { writer in
                        for (index, answer) in answers.enumerated() {
                            writer.object { writeCandidate(answer, index, request, simulation, into: &$0) }
                        }
                    }
                )
                writeFeedback(answers, into: &writer)
                writeTail(answers, output: nil, request, simulation, into: &writer)
            }
        }
        let tokens = answers.map(\.outputTokens).max() ?? 0
        return .whole(buffer, tokens: tokens, prompt: request.prompt, vendor: .gemini, simulation)
    }

    private static func writeCandidate(
        _ answer: Answer,
        _ index: Int,
        _ request: Request,
        _ simulation: Simulation,
        into writer: inout JSONWriter
    ) {
        if answer.ending != .refusal {
            writer.member(
                "content",
                object: { writer in
                    writer.member(
                        "parts",
                        array: { writer in
                            if showsThoughts(answer, request) {
                                writer.object { writer in
                                    writer.key("text")
                                    writer.string(answer.reasoning.kept)
                                    writer.member("thought", true)
                                }
                            }
                            if answer.text.count > 0 {
                                writer.object { writer in
                                    writer.key("text")
                                    writer.string(answer.text.kept)
                                    if answer.reasoning.count > 0, answer.calls.isEmpty {
                                        writer.member("thoughtSignature", signature(index, simulation))
                                    }
                                }
                            }
                            for (position, call) in answer.calls.enumerated() {
                                writer.object {
                                    writeCall(call, position, answer, index, request, simulation, into: &$0)
                                }
                            }
                        }
                    )
                    writer.member("role", "model")
                }
            )
        }
        writer.member("finishReason", finishReason(answer))
        writer.member("index", index)
        if let top = request.logprobs { GeminiLogprobs.write(answer.text, top: top, into: &writer) }
    }

    /// Fields of a part that calls a function.
    static func writeCall(
        _ call: Answer.ToolCall,
        _ position: Int,
        _ answer: Answer,
        _ candidate: Int,
        _ request: Request,
        _ simulation: Simulation,
        into writer: inout JSONWriter
    ) {
        writer.member(
            "functionCall",
            object: { writer in
                writer.member("id", simulation.identity.id("", 16, index: candidate * 1_000 + position))
                writer.member("name", call.tool.name)
                writer.key("args")
                if let value = try? JSONValue(validating: ByteBuffer(substring: call.arguments.kept)),
                    value.kind == .object
                {
                    writer.value(value.onOneLine)
                } else {
                    writer.object { _ in }
                }
            }
        )
        if position == 0, request.prompt.model.demandsThoughtSignatures || answer.reasoning.count > 0 {
            writer.member("thoughtSignature", signature(candidate, simulation))
        }
    }

    static func showsThoughts(_ answer: Answer, _ request: Request) -> Bool {
        answer.reasoning.count > 0 && request.prompt.reasoning?.isShown ?? false
    }

    static func signature(_ index: Int, _ simulation: Simulation) -> String {
        simulation.state.seal("", for: .geminiThought, nonce: simulation.identity.number(index))
    }

    static func finishReason(_ answer: Answer) -> StaticString {
        switch answer.ending {
        case .stop, .stopSequence, .toolCalls: "STOP"
        case .length: "MAX_TOKENS"
        case .refusal: "SAFETY"
        }
    }

    /// A refused prompt says why.
    static func writeFeedback(_ answers: [Answer], into writer: inout JSONWriter) {
        guard answers.contains(where: { $0.ending == .refusal }) else { return }
        writer.member(
            "promptFeedback",
            object: { writer in
                writer.member(
                    "safetyRatings",
                    array: { writer in
                        writer.object { writer in
                            writer.member("category", "HARM_CATEGORY_DANGEROUS_CONTENT")
                            writer.member("probability", "HIGH")
                        }
                    }
                )
            }
        )
    }

    /// The end of every response and every chunk.
    ///
    /// The usage counts the tokens so far (`output`), or all of them.
    static func writeTail(
        _ answers: [Answer],
        output: (candidates: Int, thoughts: Int)?,
        _ request: Request,
        _ simulation: Simulation,
        into writer: inout JSONWriter
    ) {
        if !request.prompt.instructions.withoutUsage {
            let allThoughts = answers.reduce(0) { $0 + $1.reasoning.count }
            let all = answers.reduce(0) { $0 + $1.outputTokens } - allThoughts
            let candidates = output?.candidates ?? all
            let thoughts = output?.thoughts ?? allThoughts
            writer.member(
                "usageMetadata",
                object: { writer in
                    let prompt = request.prompt
                    writer.member("promptTokenCount", prompt.inputTokens)
                    writer.member("candidatesTokenCount", candidates)
                    writer.member("totalTokenCount", prompt.inputTokens + candidates + thoughts)
                    if let cached = prompt.instructions.cachedTokens {
                        writer.member("cachedContentTokenCount", min(cached, prompt.inputTokens))
                    }
                    writer.member("promptTokensDetails") { writeDetails(prompt, into: &$0) }
                    if thoughts > 0 { writer.member("thoughtsTokenCount", thoughts) }
                }
            )
        }
        writer.member("modelVersion", request.prompt.modelName)
        writer.member("responseId", simulation.identity.id("", 22))
    }

    /// The prompt's tokens by kind.
    static func writeDetails(_ prompt: Prompt, into writer: inout JSONWriter) {
        let media = prompt.media
        let counts: [(StaticString, Int)] = [
            ("TEXT", prompt.inputTokens - media.tokens),
            ("IMAGE", media.images * MediaCount.tokensPerImage),
            ("AUDIO", media.audio * MediaCount.tokensPerAudio),
            ("VIDEO", media.videos * MediaCount.tokensPerVideo),
            ("DOCUMENT", media.documents * MediaCount.tokensPerDocument),
        ]
        writer.array { writer in
            for (kind, count) in counts where count > 0 {
                writer.object { writer in
                    writer.member("modality", kind)
                    writer.member("tokenCount", count)
                }
            }
        }
    }
}
