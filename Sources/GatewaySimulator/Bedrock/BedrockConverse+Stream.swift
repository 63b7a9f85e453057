// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension BedrockConverse {
    /// The response as a stream: one message of the event stream for each token.
    static func streamScript(
        _ answer: Answer,
        _ request: AnthropicMessages.Request,
        _ simulation: Simulation
    ) -> Script {
        var stream = ConverseStream(answer, request, simulation)
        stream.event("messageStart") { $0.member("role", "assistant") }
        for (index, block) in AnthropicMessages.blocks(of: answer, request).enumerated() { stream.write(block, index) }
        return stream.finish()
    }

    private struct ConverseStream {
        private var events: EventWriter
        private let answer: Answer
        private let request: AnthropicMessages.Request
        private let simulation: Simulation
        private var count = 0

        init(_ answer: Answer, _ request: AnthropicMessages.Request, _ simulation: Simulation) {
            self.answer = answer
            self.request = request
            self.simulation = simulation
            events = EventWriter(
                pace: simulation.pace(for: request.prompt),
                interruption: request.prompt.instructions.interruption,
                capacity: min((answer.outputTokens + 8) * 240, 1 << 20)
            )
        }

        mutating func write(_ block: AnthropicMessages.Block, _ index: Int) {
            switch block {
            case .thinking(let thoughts, let isShown):
                for position in 0..<thoughts.count {
                    guard isShown else {
                        events.skipToken()
                        continue
                    }
                    reason(index, isToken: true, "text", String(thoughts[position]))
                }
                guard request.signsThoughts else { break }
                let signature = signature(of: isShown ? String(thoughts.kept) : "", index, simulation)
                reason(index, isToken: false, "signature", signature)
            case .redactedThinking(let thoughts):
                for _ in 0..<thoughts.count { events.skipToken() }
                reason(index, isToken: false, "redactedContent", redacted(index, simulation))
            case .text(let text):
                for position in 0..<text.count {
                    delta(index, isToken: true) { writer in
                        writer.key("text")
                        writer.string(text[position])
                    }
                }
            case .toolUse(let call, let position):
                let id = toolUseID(position, simulation)
                event("contentBlockStart", isToken: true) { writer in
                    writer.key("start")
                    writer.beginObject()
                    writer.member(
                        "toolUse",
                        object: { writer in
                            writer.member("toolUseId", id)
                            writer.member("name", call.tool.name)
                        }
                    )
                    writer.endObject()
                    writer.member("contentBlockIndex", index)
                }
                for position in 0..<call.arguments.count {
                    delta(index, isToken: true) { writer in
                        writer.key("toolUse")
                        writer.beginObject()
                        writer.key("input")
                        writer.string(call.arguments[position])
                        writer.endObject()
                    }
                }
            }
            event("contentBlockStop") { $0.member("contentBlockIndex", index) }
        }

        private mutating func reason(_ index: Int, isToken: Bool, _ key: StaticString, _ text: String) {
            delta(index, isToken: isToken) { writer in
                writer.member("reasoningContent", object: { $0.member(key, text) })
            }
        }

        private mutating func delta(_ index: Int, isToken: Bool, _ members: (inout JSONWriter) -> Void) {
            event("contentBlockDelta", isToken: isToken) { writer in
                writer.key("delta")
                writer.beginObject()
                members(&writer)
                writer.endObject()
                writer.member("contentBlockIndex", index)
            }
        }

        mutating func finish() -> Script {
            let (answer, request) = (answer, request)
            events.contentIsComplete()
            event("messageStop") { writeStop(answer, request, into: &$0) }
            event("metadata") { writeEnd(answer, request, into: &$0) }
            let (steps, ending) = events.finish { buffer, status in
                let refusal = Refusal(status, Instructions.message(for: status))
                EventStreamMessage.write(
                    headers: [
                        ":exception-type": BedrockError.streamType(status), ":content-type": "application/json",
                        ":message-type": "exception",
                    ],
                    payload: BedrockError.body(refusal),
                    into: &buffer
                )
            }
            return .stream(
                steps,
                ending: ending,
                contentType: "application/vnd.amazon.eventstream",
                vendor: .amazon,
                simulation
            )
        }

        /// Adds an event; like Amazon's it has a field `p` of some length, so that the size of a message does not reveal its token.
        mutating func event(_ name: StaticString, isToken: Bool = false, _ members: (inout JSONWriter) -> Void) {
            count += 1
            let padding = String("abcdefghijklmnopqrstuvwxyz".prefix(1 + Int(simulation.identity.number(count) % 26)))
            var payload = ByteBuffer()
            payload.writeJSON { writer in
                writer.beginObject()
                members(&writer)
                writer.member("p", padding)
                writer.endObject()
            }
            events.add(isToken: isToken) { buffer in
                EventStreamMessage.write(
                    headers: [
                        ":event-type": name.description, ":content-type": "application/json", ":message-type": "event",
                    ],
                    payload: payload,
                    into: &buffer
                )
            }
        }
    }
}
