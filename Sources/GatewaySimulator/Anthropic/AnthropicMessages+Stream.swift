// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension AnthropicMessages {
    /// The response as a stream: one delta for each token.
    static func streamScript(_ answer: Answer, _ request: Request, _ simulation: Simulation) -> Script {
        var stream = MessageStream(answer, request, simulation)
        stream.open()
        for (index, block) in blocks(of: answer, request).enumerated() { stream.write(block, index) }
        return stream.finish()
    }

    private struct MessageStream {
        private var events: EventWriter
        private let answer: Answer
        private let request: Request
        private let simulation: Simulation

        init(_ answer: Answer, _ request: Request, _ simulation: Simulation) {
            self.answer = answer
            self.request = request
            self.simulation = simulation
            events = EventWriter(
                pace: simulation.pace(for: request.prompt),
                interruption: request.prompt.instructions.interruption,
                capacity: min((answer.outputTokens + 8) * 160, 1 << 20)
            )
        }

        /// The message without its content; Anthropic counts one token of output here.
        mutating func open() {
            let (answer, request, simulation) = (answer, request, simulation)
            event("message_start") { writer in
                writer.member(
                    "message",
                    object: { writer in
                        writeMessageHead(request, simulation, into: &writer)
                        writer.member("content", array: { _ in })
                        writer.nullMember("stop_reason")
                        writer.nullMember("stop_sequence")
                        writer.member("usage") { writeUsage(output: 1, answer, request, into: &$0) }
                    }
                )
            }
        }

        mutating func write(_ block: Block, _ index: Int) {
            let simulation = simulation
            switch block {
            case .thinking(let thoughts, let isShown): writeThinking(thoughts, isShown, index)
            case .redactedThinking(let thoughts):
                for _ in 0..<thoughts.count { events.skipToken() }
                start(index) { writer in
                    writer.member("type", "redacted_thinking")
                    writer.member("data", redactedData(index, simulation))
                }
            case .text(let text):
                start(index) { writer in
                    writer.member("type", "text")
                    writer.member("text", "")
                }
                for position in 0..<text.count { delta(index, "text_delta", "text", text[position]) }
            case .toolUse(let call, let position):
                start(index, isToken: true) { writer in
                    writer.member("type", "tool_use")
                    writer.member("id", toolUseID(position, simulation))
                    writer.member("name", call.tool.name)
                    writer.member("input", object: { _ in })
                }
                for position in 0..<call.arguments.count {
                    delta(index, "input_json_delta", "partial_json", call.arguments[position])
                }
            }
            event("content_block_stop") { $0.member("index", index) }
        }

        private mutating func writeThinking(_ thoughts: TokenText, _ isShown: Bool, _ index: Int) {
            start(index) { writer in
                writer.member("type", "thinking")
                writer.member("thinking", "")
                writer.member("signature", "")
            }
            for position in 0..<thoughts.count {
                if isShown {
                    delta(index, "thinking_delta", "thinking", thoughts[position])
                } else {
                    events.skipToken()
                }
            }
            let signature = signature(of: isShown ? String(thoughts.kept) : "", index, simulation)
            event("content_block_delta") { writer in
                writer.member("index", index)
                writer.member(
                    "delta",
                    object: { writer in
                        writer.member("type", "signature_delta")
                        writer.member("signature", signature)
                    }
                )
            }
        }

        private mutating func start(_ index: Int, isToken: Bool = false, _ block: (inout JSONWriter) -> Void) {
            event("content_block_start", isToken: isToken) { writer in
                writer.member("index", index)
                writer.key("content_block")
                writer.beginObject()
                block(&writer)
                writer.endObject()
            }
            // A ping after the start of the first block, as Anthropic sends it.
            if index == 0 { event("ping") { _ in } }
        }

        private mutating func delta(_ index: Int, _ type: StaticString, _ member: StaticString, _ text: Substring) {
            event("content_block_delta", isToken: true) { writer in
                writer.member("index", index)
                writer.member(
                    "delta",
                    object: { writer in
                        writer.member("type", type)
                        writer.key(member)
                        writer.string(text)
                    }
                )
            }
        }

        mutating func finish() -> Script {
            let (answer, request) = (answer, request)
            events.contentIsComplete()
            event("message_delta") { writer in
                writer.member("delta", object: { writeStop(answer, into: &$0) })
                writer.member("usage") {
                    writeUsage(output: answer.outputTokens, answer, request, isFinal: true, into: &$0)
                }
            }
            event("message_stop") { _ in }
            let (steps, ending) = events.finish { buffer, status in
                let refusal = Refusal(status, Instructions.message(for: status))
                let id = Script.requestID(.anthropic, simulation.identity)
                buffer.writeStaticString("event: error\ndata: ")
                buffer.writeJSON { AnthropicError.write(refusal, requestID: id, into: &$0) }
                buffer.writeStaticString("\n\n")
            }
            return .stream(steps, ending: ending, vendor: .anthropic, simulation)
        }

        private mutating func event(_ name: StaticString, isToken: Bool = false, _ members: (inout JSONWriter) -> Void)
        {
            events.add(isToken: isToken) { buffer in
                buffer.writeStaticString("event: ")
                buffer.writeStaticString(name)
                buffer.writeStaticString("\ndata: ")
                buffer.writeJSON { writer in
                    writer.beginObject()
                    writer.member("type", name)
                    members(&writer)
                    writer.endObject()
                }
                buffer.writeStaticString("\n\n")
            }
        }
    }
}
