// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension OpenAIResponses {
    /// The response as a stream of events: one delta for each token.
    static func streamScript(_ answer: Answer, _ request: Request, _ simulation: Simulation) -> Script {
        var stream = ResponseStream(answer, request, simulation)
        stream.open()
        for (index, item) in items(of: answer).enumerated() { stream.write(item, index) }
        return stream.finish()
    }

    private struct ResponseStream {
        private var events: EventWriter
        private var sequence = 0
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
                capacity: min((answer.outputTokens + 16) * 256, 1 << 20)
            )
        }

        mutating func open() {
            response("response.created", .inProgress)
            response("response.in_progress", .inProgress)
        }

        private mutating func response(_ name: StaticString, _ status: Status) {
            let (answer, request, simulation) = (answer, request, simulation)
            event(name) { writer in
                writer.member("response") { writeResponse(status, answer, request, simulation, into: &$0) }
            }
        }

        mutating func write(_ item: Item, _ index: Int) {
            self.item("response.output_item.added", item, index, isDone: false)
            switch item {
            case .reasoning: writeReasoning(index)
            case .message: writeMessage(index)
            case .call(let call, _): writeCall(call, item, index)
            }
            self.item("response.output_item.done", item, index, isDone: true)
        }

        private mutating func item(_ name: StaticString, _ item: Item, _ index: Int, isDone: Bool) {
            let (answer, request, simulation) = (answer, request, simulation)
            var isCall = false
            if case .call = item, !isDone { isCall = true }
            event(name, isToken: isCall) { writer in
                writer.member("output_index", index)
                writer.member("item") { writeItem(item, isDone: isDone, answer, request, simulation, into: &$0) }
            }
        }

        private mutating func writeReasoning(_ index: Int) {
            let (thoughts, id) = (answer.reasoning, id(of: .reasoning, simulation))
            guard request.showsSummary else {
                for _ in 0..<thoughts.count { events.skipToken() }
                return
            }
            summary("response.reasoning_summary_part.added", id, index) {
                $0.member("part") { writeSummary("", into: &$0) }
            }
            for position in 0..<thoughts.count {
                summary("response.reasoning_summary_text.delta", id, index, isToken: true) { writer in
                    writer.key("delta")
                    writer.string(thoughts[position])
                }
            }
            summary("response.reasoning_summary_text.done", id, index) { writer in
                writer.key("text")
                writer.string(thoughts.kept)
            }
            summary("response.reasoning_summary_part.done", id, index) {
                $0.member("part") { writeSummary(thoughts.kept, into: &$0) }
            }
        }

        private mutating func summary(
            _ name: StaticString,
            _ id: String,
            _ index: Int,
            isToken: Bool = false,
            _ members: (inout JSONWriter) -> Void
        ) {
            event(name, isToken: isToken) { writer in
                writer.member("item_id", id)
                writer.member("output_index", index)
                writer.member("summary_index", 0)
                members(&writer)
            }
        }

        private mutating func writeMessage(_ index: Int) {
            let (answer, request, id) = (answer, request, id(of: .message, simulation))
            let isRefusal = answer.ending == .refusal
            content("response.content_part.added", id, index) {
                $0.member("part") { writePart("", answer, request, into: &$0) }
            }
            for position in 0..<answer.text.count {
                let token = answer.text[position]
                content(isRefusal ? "response.refusal.delta" : "response.output_text.delta", id, index, isToken: true) {
                    writer in
                    writer.key("delta")
                    writer.string(token)
                    guard !isRefusal else { return }
                    writer.key("logprobs")
                    OpenAILogprobs.writeList(
                        request.logprobs == nil ? [] : [token],
                        top: request.logprobs ?? 0,
                        into: &writer
                    )
                }
            }
            content(isRefusal ? "response.refusal.done" : "response.output_text.done", id, index) { writer in
                writer.key(isRefusal ? "refusal" : "text")
                writer.string(answer.text.kept)
                guard !isRefusal else { return }
                writer.key("logprobs")
                let tokens = request.logprobs == nil ? [] : (0..<answer.text.count).map { answer.text[$0] }
                OpenAILogprobs.writeList(tokens, top: request.logprobs ?? 0, into: &writer)
            }
            content("response.content_part.done", id, index) { writer in
                writer.member("part") { writePart(answer.text.kept, answer, request, into: &$0) }
            }
        }

        private mutating func content(
            _ name: StaticString,
            _ id: String,
            _ index: Int,
            isToken: Bool = false,
            _ members: (inout JSONWriter) -> Void
        ) {
            event(name, isToken: isToken) { writer in
                writer.member("item_id", id)
                writer.member("output_index", index)
                writer.member("content_index", 0)
                members(&writer)
            }
        }

        private mutating func writeCall(_ call: Answer.ToolCall, _ item: Item, _ index: Int) {
            let id = id(of: item, simulation)
            let isCustom = call.tool.kind == .custom
            for position in 0..<call.arguments.count {
                let name: StaticString =
                    isCustom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta"
                event(name, isToken: true) { writer in
                    writer.member("item_id", id)
                    writer.member("output_index", index)
                    writer.key("delta")
                    writer.string(call.arguments[position])
                }
            }
            event(isCustom ? "response.custom_tool_call_input.done" : "response.function_call_arguments.done") {
                writer in
                writer.member("item_id", id)
                writer.member("output_index", index)
                if !isCustom { writer.member("name", call.tool.name) }
                writer.key(isCustom ? "input" : "arguments")
                writer.string(call.arguments.kept)
            }
        }

        mutating func finish() -> Script {
            events.contentIsComplete()
            let isIncomplete = answer.ending == .length
            response(isIncomplete ? "response.incomplete" : "response.completed", .ended)
            let (sequence, answer, request, simulation) = (sequence, answer, request, simulation)
            let (steps, ending) = events.finish { buffer, status in
                let refusal = Refusal(status, Instructions.message(for: status))
                buffer.writeStaticString("event: response.failed\ndata: ")
                buffer.writeJSON { writer in
                    writer.object { writer in
                        writer.member("type", "response.failed")
                        writer.member("sequence_number", sequence)
                        writer.member("response") {
                            writeResponse(.failed(refusal), answer, request, simulation, into: &$0)
                        }
                    }
                }
                buffer.writeStaticString("\n\n")
            }
            return .stream(steps, ending: ending, vendor: .openAI, simulation)
        }

        private mutating func event(_ name: StaticString, isToken: Bool = false, _ members: (inout JSONWriter) -> Void)
        {
            guard !events.isInterrupted else { return }
            let sequence = sequence
            events.add(isToken: isToken) { buffer in
                buffer.writeStaticString("event: ")
                buffer.writeStaticString(name)
                buffer.writeStaticString("\ndata: ")
                buffer.writeJSON { writer in
                    writer.beginObject()
                    writer.member("type", name)
                    writer.member("sequence_number", sequence)
                    members(&writer)
                    writer.endObject()
                }
                buffer.writeStaticString("\n\n")
            }
            self.sequence += 1
        }
    }
}
