// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension AnthropicMessages {
    /// The non-streaming response.
    static func wholeScript(_ answer: Answer, _ request: Request, _ simulation: Simulation) -> Script {
        var buffer = ByteBufferAllocator().buffer(capacity: 1_024)
        buffer.writeJSON { writer in
            writer.object { writer in
                writeMessageHead(request, simulation, into: &writer)
                writer.member(
                    "content",
                    array: { writer in
                        for (index, block) in blocks(of: answer, request).enumerated() {
                            writer.object { writeBlock(block, index, simulation, into: &$0) }
                        }
                    }
                )
                writeStop(answer, into: &writer)
                writer.member("usage") { writeUsage(output: answer.outputTokens, answer, request, into: &$0) }
            }
        }
        return .whole(buffer, tokens: answer.outputTokens, prompt: request.prompt, vendor: .anthropic, simulation)
    }

    /// One content block of the response.
    enum Block {
        case thinking(TokenText, isShown: Bool)
        case redactedThinking(TokenText)
        case text(TokenText)
        case toolUse(Answer.ToolCall, position: Int)
    }

    static func blocks(of answer: Answer, _ request: Request) -> [Block] {
        var blocks: [Block] = []
        if answer.reasoning.count > 0 {
            let isShown = request.prompt.reasoning?.isShown ?? true
            let isRedacted = request.prompt.instructions.isRedacted
            blocks.append(
                isRedacted ? .redactedThinking(answer.reasoning) : .thinking(answer.reasoning, isShown: isShown)
            )
        }
        // A refusal in Anthropic's API has no words; the stop reason says it.
        if answer.text.count > 0, answer.ending != .refusal { blocks.append(.text(answer.text)) }
        for (position, call) in answer.calls.enumerated() { blocks.append(.toolUse(call, position: position)) }
        return blocks
    }

    /// The fields of a message before its content.
    static func writeMessageHead(_ request: Request, _ simulation: Simulation, into writer: inout JSONWriter) {
        writer.member("id", simulation.identity.id("msg_01", 22))
        writer.member("type", "message")
        writer.member("role", "assistant")
        writer.member("model", request.prompt.modelName)
    }

    private static func writeBlock(
        _ block: Block,
        _ index: Int,
        _ simulation: Simulation,
        into writer: inout JSONWriter
    ) {
        switch block {
        case .thinking(let thoughts, let isShown):
            let text = isShown ? String(thoughts.kept) : ""
            writer.member("type", "thinking")
            writer.member("thinking", text)
            writer.member("signature", signature(of: text, index, simulation))
        case .redactedThinking:
            writer.member("type", "redacted_thinking")
            writer.member("data", redactedData(index, simulation))
        case .text(let text):
            writer.member("type", "text")
            writer.key("text")
            writer.string(text.kept)
            writer.nullMember("citations")
        case .toolUse(let call, let position):
            writer.member("type", "tool_use")
            writer.member("id", toolUseID(position, simulation))
            writer.member("name", call.tool.name)
            writer.key("input")
            writeInput(call, into: &writer)
        }
    }

    /// The arguments as JSON; what a user wrote out is checked first.
    private static func writeInput(_ call: Answer.ToolCall, into writer: inout JSONWriter) {
        if let value = try? JSONValue(validating: ByteBuffer(substring: call.arguments.kept)), value.kind == .object {
            writer.value(value.onOneLine)
        } else {
            writer.object { _ in }
        }
    }

    static func writeStop(_ answer: Answer, into writer: inout JSONWriter) {
        switch answer.ending {
        case .stop: writer.member("stop_reason", "end_turn")
        case .stopSequence: writer.member("stop_reason", "stop_sequence")
        case .length: writer.member("stop_reason", "max_tokens")
        case .toolCalls: writer.member("stop_reason", "tool_use")
        case .refusal: writer.member("stop_reason", "refusal")
        }
        if case .stopSequence(let sequence) = answer.ending {
            writer.member("stop_sequence", sequence)
        } else {
            writer.nullMember("stop_sequence")
        }
    }

    /// Writes the usage with the output counted so far.
    ///
    /// The end of a stream (`isFinal`) repeats only the totals.
    static func writeUsage(
        output: Int,
        _ answer: Answer,
        _ request: Request,
        isFinal: Bool = false,
        into writer: inout JSONWriter
    ) {
        let cached = request.prompt.cached
        writer.object { writer in
            if request.prompt.instructions.withoutUsage {
                // The vendor's responses always have these fields, so "none" can only be zero.
                writer.member("input_tokens", 0)
                writer.member("output_tokens", 0)
                return
            }
            writer.member("input_tokens", request.prompt.inputTokens - cached.total)
            writer.member("cache_creation_input_tokens", cached.written5m + cached.written1h)
            writer.member("cache_read_input_tokens", cached.read)
            if !isFinal {
                writer.member(
                    "cache_creation",
                    object: { writer in
                        writer.member("ephemeral_5m_input_tokens", cached.written5m)
                        writer.member("ephemeral_1h_input_tokens", cached.written1h)
                    }
                )
            }
            writer.member("output_tokens", output)
            if answer.reasoning.count > 0 {
                writer.member(
                    "output_tokens_details",
                    object: { $0.member("thinking_tokens", min(output, answer.reasoning.count)) }
                )
            }
            if !isFinal { writer.member("service_tier", "standard") }
        }
    }

    static func toolUseID(_ position: Int, _ simulation: Simulation) -> String {
        simulation.identity.id("toolu_01", 22, index: position)
    }

    static func signature(of thinking: String, _ index: Int, _ simulation: Simulation) -> String {
        simulation.state.seal(thinking, for: .anthropicThinking, nonce: simulation.identity.number(index))
    }

    static func redactedData(_ index: Int, _ simulation: Simulation) -> String {
        simulation.state.seal("", for: .anthropicRedacted, nonce: simulation.identity.number(index))
    }
}
