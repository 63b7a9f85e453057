// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension OpenAIChat {
    /// The response as a stream: one chunk for each token.
    static func streamScript(_ answers: [Answer], _ request: Request, _ simulation: Simulation) -> Script {
        var stream = ChunkStream(request, simulation, tokens: answers.reduce(0) { $0 + $1.outputTokens })
        for index in answers.indices { stream.open(index) }
        let callStarts = answers.map(Self.callStarts)
        // Alternatives take turns, as they come from one model.
        var position = 0
        var isMore = true
        while isMore {
            isMore = false
            for (index, answer) in answers.enumerated()
            where stream.writeToken(position, of: answer, callStarts[index], choice: index) {
                isMore = true
            }
            position += 1
        }
        stream.contentIsComplete()
        for (index, answer) in answers.enumerated() { stream.close(index, answer) }
        return stream.finish(answers)
    }

    /// The positions of the calls of a response among the tokens of all its calls; each has one token besides its arguments.
    private static func callStarts(of answer: Answer) -> [Int] {
        var start = 0
        return answer.calls.map { call in
            defer { start += call.arguments.count + 1 }
            return start
        }
    }

    private struct ChunkStream {
        private var events: EventWriter
        private let request: Request
        private let simulation: Simulation
        /// Everything in a chunk before its choices.
        private let head: ByteBuffer

        init(_ request: Request, _ simulation: Simulation, tokens: Int) {
            self.request = request
            self.simulation = simulation
            events = EventWriter(
                pace: simulation.pace(for: request.prompt),
                interruption: request.prompt.instructions.interruption,
                capacity: min((tokens + 4) * 300, 1 << 20)
            )
            var head = ByteBuffer()
            head.writeStaticString("data: ")
            head.writeJSON { writer in
                writer.beginObject()
                writer.member("id", simulation.identity.id("chatcmpl-", 29))
                writer.member("object", "chat.completion.chunk")
                writer.member("created", simulation.time)
                writer.member("model", request.prompt.modelName)
                writer.member("service_tier", servedTier(request.serviceTier))
                writer.member("system_fingerprint", "fp_gatehouse")
            }
            self.head = head
        }

        /// The chunk that names the role.
        mutating func open(_ choice: Int) {
            chunk(choice, isToken: false) { writer in
                writer.member("role", "assistant")
                writer.member("content", "")
                writer.nullMember("refusal")
            }
        }

        /// Writes the token at this position of the entire response, reasoning first and calls last.
        ///
        /// - Returns: whether there is one.
        mutating func writeToken(_ position: Int, of answer: Answer, _ callStarts: [Int], choice: Int) -> Bool {
            var position = position
            if position < answer.reasoning.count {
                guard showsReasoning(answer, request) else {
                    events.skipToken()
                    return true
                }
                writeText("reasoning_content", answer.reasoning[position], choice)
                return true
            }
            position -= answer.reasoning.count
            if position < answer.text.count {
                let isRefusal = answer.ending == .refusal
                let token = answer.text[position]
                let logprobs = request.logprobs.map { (top: $0, token: token, isRefusal: isRefusal) }
                writeText(isRefusal ? "refusal" : "content", token, choice, logprobs: logprobs)
                return true
            }
            position -= answer.text.count
            // The last call that begins at or before the position.
            var (index, end) = (0, callStarts.count)
            while index < end {
                let middle = (index + end) / 2
                if callStarts[middle] <= position { index = middle + 1 } else { end = middle }
            }
            index -= 1
            guard index >= 0 else { return false }
            let call = answer.calls[index]
            position -= callStarts[index]
            guard position <= call.arguments.count else { return false }
            if position == 0 {
                openCall(call, index, choice)
            } else {
                continueCall(call, call.arguments[position - 1], index, choice)
            }
            return true
        }

        private mutating func writeText(
            _ member: StaticString,
            _ text: Substring,
            _ choice: Int,
            logprobs: (top: Int, token: Substring, isRefusal: Bool)? = nil
        ) {
            chunk(choice, isToken: true, logprobs: logprobs) { writer in
                writer.key(member)
                writer.string(text)
            }
        }

        private mutating func openCall(_ call: Answer.ToolCall, _ index: Int, _ choice: Int) {
            let id = callID(simulation, choice: choice, index)
            chunk(choice, isToken: true) { writer in
                writer.member(
                    "tool_calls",
                    array: { writer in
                        writer.object { writer in
                            writer.member("index", index)
                            writeCall(call, id: id, arguments: "", into: &writer)
                        }
                    }
                )
            }
        }

        private mutating func continueCall(_ call: Answer.ToolCall, _ fragment: Substring, _ index: Int, _ choice: Int)
        {
            chunk(choice, isToken: true) { writer in
                writer.member(
                    "tool_calls",
                    array: { writer in
                        writer.object { writer in
                            writer.member("index", index)
                            writer.key(call.tool.kind == .custom ? "custom" : "function")
                            writer.object { writer in
                                writer.key(call.tool.kind == .custom ? "input" : "arguments")
                                writer.string(fragment)
                            }
                        }
                    }
                )
            }
        }

        mutating func contentIsComplete() {
            events.contentIsComplete()
        }

        /// The chunk with the reason of the end.
        mutating func close(_ choice: Int, _ answer: Answer) {
            chunk(choice, isToken: false, finishReason: finishReason(answer)) { _ in }
        }

        mutating func finish(_ answers: [Answer]) -> Script {
            if request.includesUsage {
                events.event { buffer in
                    head.append(to: &buffer)
                    buffer.writeStaticString(",\"choices\":[],\"usage\":")
                    buffer.writeJSON { writeUsage(answers, request.prompt, into: &$0) }
                    buffer.writeStaticString("}\n\n")
                }
            }
            events.event { $0.writeStaticString("data: [DONE]\n\n") }
            let (steps, ending) = events.finish { buffer, status in
                buffer.writeStaticString("data: ")
                buffer.writeJSON { writer in
                    writer.object {
                        $0.member("error") {
                            OpenAIError.write(Refusal(status, Instructions.message(for: status)), into: &$0)
                        }
                    }
                }
                buffer.writeStaticString("\n\n")
            }
            return .stream(steps, ending: ending, vendor: .openAI, simulation)
        }

        /// One chunk with one choice.
        private mutating func chunk(
            _ choice: Int,
            isToken: Bool,
            logprobs: (top: Int, token: Substring, isRefusal: Bool)? = nil,
            finishReason: StaticString? = nil,
            delta: (inout JSONWriter) -> Void
        ) {
            events.add(isToken: isToken) { buffer in
                head.append(to: &buffer)
                buffer.writeStaticString(",\"choices\":[")
                buffer.writeJSON { writer in
                    writer.beginObject()
                    writer.member("index", choice)
                    writer.key("delta")
                    writer.beginObject()
                    delta(&writer)
                    writer.endObject()
                    writer.key("logprobs")
                    if let logprobs {
                        OpenAILogprobs.write(
                            [logprobs.token],
                            top: logprobs.top,
                            isRefusal: logprobs.isRefusal,
                            into: &writer
                        )
                    } else {
                        writer.null()
                    }
                    writer.key("finish_reason")
                    if let finishReason { writer.string(finishReason) } else { writer.null() }
                    writer.endObject()
                }
                buffer.writeStaticString("]")
                if request.includesUsage { buffer.writeStaticString(",\"usage\":null") }
                buffer.writeStaticString("}\n\n")
            }
        }
    }
}

extension ByteBuffer {
    /// Copies the readable bytes to the end of another buffer.
    func append(to buffer: inout ByteBuffer) {
        buffer.writeImmutableBuffer(self)
    }
}
