// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore

/// What an upstream of one of the five formats says: a text with a word in it, a call of a tool that is not to pass, and one that is.
struct UpstreamAnswer {
    let format: WireFormat

    static let formats: [WireFormat] = [
        .openAIChat, .openAIResponses, .anthropicMessages, .geminiGenerateContent, .bedrockConverse,
    ]

    private static let calls = [("erase", #"{"path":"/"}"#), ("look", #"{"q":"x"}"#)]
    private static let usage = TokenUsage(uncachedInput: 7, output: 9)

    func bytes(isStreaming: Bool) -> ByteBuffer {
        let clients: [any ClientDialect] = [OpenAIChat(), OpenAIResponses(), AnthropicMessages(), Gemini()]
        let context = AnswerContext(
            apiType: .openAIChat,
            identity: AnswerIdentity(requestID: "6a204bd8-9f25-4c94-a1c6-3a3ba1a8a8b6", created: 1_790_000_000),
            model: "m",
            includesUsage: true
        )
        guard let dialect = clients.first(where: { $0.format == format }) else {
            return isStreaming ? Self.converseStream : ByteBuffer(string: Self.converse)
        }
        guard isStreaming else { return dialect.encodeResponse(Self.response, for: context) }
        var encoder = dialect.makeStreamEncoder(for: context)
        var output = ByteBuffer()
        for event in Self.events { encoder.encode(event, into: &output) }
        return output
    }

    private static var parts: [Message.ToolCall] {
        calls.enumerated().map { index, call in
            Message.ToolCall(
                id: JSONString("call_\(index)"),
                name: JSONString(call.0),
                arguments: .text(JSONString(call.1))
            )
        }
    }

    private static var response: ModelResponse {
        let parts: [Message.Part] = [.text("the secret is out")] + Self.parts.map { .toolCall($0) }
        let candidate = ModelResponse.Candidate(parts: parts, finishReason: .toolCalls)
        return ModelResponse(id: "resp_1", model: "m", candidates: [candidate], usage: usage)
    }

    private static var events: [ModelEvent] {
        var events: [ModelEvent] = [
            .start(id: "resp_1", model: "m"), .partStart(candidate: 0, .text), .text(candidate: 0, "the secret "),
            .text(candidate: 0, "is out"), .partEnd(candidate: 0),
        ]
        for (part, call) in zip(parts, calls) {
            var empty = part
            empty.arguments = .text("")
            events += [
                .partStart(candidate: 0, .toolCall(empty, state: nil)),
                .toolArguments(candidate: 0, JSONString(call.1)), .partEnd(candidate: 0),
            ]
        }
        return events + [.finish(candidate: 0, .toolCalls), .usage(usage), .end]
    }

    // MARK: Bedrock, which no client speaks

    private static let converse =
        #"{"output":{"message":{"role":"assistant","content":[{"text":"the secret is out"},{"toolUse":{"toolUseId":"call_0","name":"erase","input":{"path":"/"}}},{"toolUse":{"toolUseId":"call_1","name":"look","input":{"q":"x"}}}]}},"stopReason":"tool_use","usage":{"inputTokens":7,"outputTokens":9,"totalTokens":16}}"#

    private static var converseStream: ByteBuffer {
        var messages = [
            ("messageStart", #"{"role":"assistant"}"#),
            ("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":"the secret "}}"#),
            ("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":"is out"}}"#),
            ("contentBlockStop", #"{"contentBlockIndex":0}"#),
        ]
        for (index, (name, arguments)) in calls.enumerated() {
            let block = #""contentBlockIndex":\#(index + 1)"#
            let text = JSONValue { $0.string(JSONString(arguments)) }
            messages += [
                (
                    "contentBlockStart",
                    #"{\#(block),"start":{"toolUse":{"toolUseId":"call_\#(index)","name":"\#(name)"}}}"#
                ),
                ("contentBlockDelta", #"{\#(block),"delta":{"toolUse":{"input":\#(String(buffer: text.bytes))}}}"#),
                ("contentBlockStop", "{\(block)}"),
            ]
        }
        messages += [
            ("messageStop", #"{"stopReason":"tool_use"}"#),
            ("metadata", #"{"usage":{"inputTokens":7,"outputTokens":9,"totalTokens":16}}"#),
        ]
        var output = ByteBuffer()
        for (name, payload) in messages {
            EventStreamMessage.write(
                headers: [":message-type": "event", ":event-type": name, ":content-type": "application/json"],
                payload: ByteBuffer(string: payload),
                into: &output
            )
        }
        return output
    }
}
