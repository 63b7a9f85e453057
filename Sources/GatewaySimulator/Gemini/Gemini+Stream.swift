// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension Gemini {
    /// The response as a stream: one chunk for each token of text, one for each function call.
    static func streamScript(
        _ answers: [Answer],
        _ request: Request,
        _ delivery: Delivery,
        _ simulation: Simulation
    ) -> Script {
        var stream = ContentStream(answers, request, delivery, simulation)
        for (index, answer) in answers.enumerated() { stream.write(answer, index) }
        return stream.finish()
    }

    private struct ContentStream {
        private var events: EventWriter
        private let answers: [Answer]
        private let request: Request
        private let isArray: Bool
        private let simulation: Simulation
        private var output = (candidates: 0, thoughts: 0)
        private var isFirst = true

        init(_ answers: [Answer], _ request: Request, _ delivery: Delivery, _ simulation: Simulation) {
            self.answers = answers
            self.request = request
            self.simulation = simulation
            if case .array = delivery { isArray = true } else { isArray = false }
            let tokens = answers.reduce(0) { $0 + $1.outputTokens }
            events = EventWriter(
                pace: simulation.pace(for: request.prompt),
                interruption: request.prompt.instructions.interruption,
                capacity: min((tokens + 2) * 400, 1 << 20)
            )
        }

        mutating func write(_ answer: Answer, _ index: Int) {
            for position in 0..<answer.reasoning.count {
                output.thoughts += 1
                guard showsThoughts(answer, request) else {
                    events.skipToken()
                    continue
                }
                chunk(.thought(answer.reasoning[position]), of: answer, index)
            }
            // Google sends the reason of the end together with the last words.
            let isSpoken = answer.ending != .refusal
            for position in 0..<(isSpoken ? answer.text.count : 0) {
                output.candidates += 1
                let isLast = position == answer.text.count - 1 && answer.calls.isEmpty
                if isLast { complete(index) }
                chunk(.text(answer.text[position]), of: answer, index, isLast: isLast)
            }
            for (position, call) in answer.calls.enumerated() {
                output.candidates += call.arguments.count + 1
                let isLast = position == answer.calls.count - 1
                if isLast { complete(index) }
                chunk(.call(call, position), of: answer, index, isLast: isLast)
            }
            if !isSpoken || answer.text.count == 0 && answer.calls.isEmpty {
                complete(index)
                chunk(.nothing, of: answer, index, isLast: true)
            }
        }

        /// The last chunk carries the end, so an interruption that has not come yet comes before it.
        private mutating func complete(_ index: Int) {
            if index == answers.count - 1 { events.contentIsComplete() }
        }

        private enum Part {
            case thought(Substring)
            case text(Substring)
            case call(Answer.ToolCall, Int)
            case nothing
        }

        private mutating func chunk(_ part: Part, of answer: Answer, _ index: Int, isLast: Bool = false) {
            guard !events.isInterrupted else { return }
            let separator: StaticString = isFirst ? "[" : ",\r\n"
            let content = content(part, of: answer, index, isLast: isLast)
            events.token { buffer in
                buffer.writeStaticString(isArray ? separator : "data: ")
                buffer.writeJSON { writer in
                    writer.object { writer in
                        writer.member(
                            "candidates",
                            array: { writer in
                                writer.object { writer in
                                    if let content { writer.member("content") { $0.raw(content) } }
                                    if isLast { writer.member("finishReason", finishReason(answer)) }
                                    writer.member("index", index)
                                }
                            }
                        )
                        if isLast { writeFeedback([answer], into: &writer) }
                        writeTail(answers, output: output, request, simulation, into: &writer)
                    }
                }
                if !isArray { buffer.writeStaticString("\r\n\r\n") }
            }
            isFirst = false
        }

        private func content(_ part: Part, of answer: Answer, _ index: Int, isLast: Bool) -> ByteBuffer? {
            if case .nothing = part { return nil }
            var buffer = ByteBuffer()
            buffer.writeJSON { writer in
                writer.object { writer in
                    writer.member(
                        "parts",
                        array: { writer in
                            writer.object { writer in
                                switch part {
                                case .thought(let text):
                                    writer.key("text")
                                    writer.string(text)
                                    writer.member("thought", true)
                                case .text(let text):
                                    writer.key("text")
                                    writer.string(text)
                                    if isLast, answer.reasoning.count > 0 {
                                        writer.member("thoughtSignature", signature(index, simulation))
                                    }
                                case .call(let call, let position):
                                    writeCall(call, position, answer, index, request, simulation, into: &writer)
                                case .nothing: break
                                }
                            }
                        }
                    )
                    writer.member("role", "model")
                }
            }
            return buffer
        }

        mutating func finish() -> Script {
            if isArray { events.event { $0.writeStaticString("\r\n]\r\n") } }
            let separator: StaticString = isFirst ? "[" : ",\r\n"
            let (steps, ending) = events.finish { buffer, status in
                buffer.writeStaticString(isArray ? separator : "data: ")
                buffer.writeJSON { GeminiError.write(Refusal(status, Instructions.message(for: status)), into: &$0) }
                buffer.writeStaticString(isArray ? "\r\n]\r\n" : "\r\n\r\n")
            }
            return .stream(
                steps,
                ending: ending,
                contentType: isArray ? "application/json; charset=UTF-8" : "text/event-stream",
                vendor: .gemini,
                simulation
            )
        }
    }
}
