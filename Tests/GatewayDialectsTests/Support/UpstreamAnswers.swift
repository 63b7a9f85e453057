// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import MadeUpDialects
import NIOCore

/// Answers of an upstream of each format: a text that was cut off, for 3 tokens read and 1 written.
struct UpstreamAnswers: Sendable {
    let dialect: any UpstreamDialect
    /// How it writes that an answer is too long, the last thing that it must say; `nil` where answers just end.
    let tooLong: String?
    /// The events of a stream, and the whole answer, as JSON; `type` is the event's where that stands outside of the JSON.
    fileprivate let write: @Sendable (_ text: JSONString?, _ isStreaming: Bool) -> [(type: String, json: String)]

    static let all: [UpstreamAnswers] = [
        UpstreamAnswers(OpenAIChat(), tooLong: #""length""#),
        UpstreamAnswers(OpenAIResponses(), tooLong: #""max_output_tokens""#),
        UpstreamAnswers(AnthropicMessages(), tooLong: #""max_tokens""#),
        UpstreamAnswers(Gemini(), tooLong: #""MAX_TOKENS""#),
        .converse, .oracle,
    ]

    private init(_ dialect: some ClientDialect & UpstreamDialect, tooLong: String) {
        self.init(dialect: dialect, tooLong: tooLong) { text, isStreaming in
            let written = Self.text(text, by: dialect, isStreaming: isStreaming)
            guard isStreaming else { return [("", written)] }
            return written.split(separator: "\n\n").map { ("", String($0)) }
        }
    }

    private init(
        dialect: any UpstreamDialect,
        tooLong: String?,
        write: @escaping @Sendable (JSONString?, Bool) -> [(type: String, json: String)]
    ) {
        self.dialect = dialect
        self.tooLong = tooLong
        self.write = write
    }

    // MARK: Calls

    /// What turns an answer into a client's; nil where the client speaks the same, unless relays count, or cannot be served.
    func transform(
        for client: StepClient,
        isStreaming: Bool,
        orRelays: Bool = false
    ) throws -> (any ResponseTransform)? {
        let envelope = try client.envelope(isStreaming: isStreaming)
        guard orRelays || envelope.apiType.wireFormat != dialect.format,
            Calls.dialects.canServe(envelope.apiType, with: dialect.format)
        else { return nil }
        let target = TranslationTarget(
            format: dialect.format,
            model: "m",
            limits: ModelLimits(),
            defaultMaximumOutput: 100
        )
        return try Calls.dialects.translate(envelope, to: target, answer: Calls.identity).response
    }

    /// An answer that was cut off behind this text; nil for one that says nothing.
    ///
    /// `edit` changes its JSON.
    func answer(_ text: JSONString?, isStreaming: Bool, edit: (String) -> String = { $0 }) -> ByteBuffer {
        events(text, isStreaming: isStreaming, edit: edit).reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
    }

    /// The same in pieces of one event each.
    func events(_ text: JSONString?, isStreaming: Bool, edit: (String) -> String = { $0 }) -> [ByteBuffer] {
        write(text, isStreaming).map { type, json in
            guard isStreaming else { return ByteBuffer(string: edit(json)) }
            if dialect.format == .oracle { return ByteBuffer(string: edit(json) + "\n") }
            guard !type.isEmpty else { return ByteBuffer(string: edit(json) + "\n\n") }
            var event = ByteBuffer()
            EventStreamMessage.write(
                headers: [":message-type": "event", ":event-type": type, ":content-type": "application/json"],
                payload: ByteBuffer(string: edit(json)),
                into: &event
            )
            return event
        }
    }

    // MARK: Formats

    /// What a dialect that clients speak too writes itself.
    private static func text(_ text: JSONString?, by dialect: some ClientDialect, isStreaming: Bool) -> String {
        let context = AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m", includesUsage: true)
        let usage = TokenUsage(uncachedInput: 3, output: 1)
        guard isStreaming else {
            let parts = text.map { [Message.Part.text($0)] } ?? []
            let candidate = ModelResponse.Candidate(parts: parts, finishReason: .length)
            let response = ModelResponse(id: "r", candidates: [candidate], usage: usage)
            return String(buffer: dialect.encodeResponse(response, for: context))
        }
        var events: [ModelEvent] = [.start(id: "r", model: "m")]
        if let text {
            events += [.partStart(candidate: 0, .text), .text(candidate: 0, text), .partEnd(candidate: 0)]
        }
        var encoder = dialect.makeStreamEncoder(for: context)
        var output = ByteBuffer()
        for event in events + [.finish(candidate: 0, .length), .usage(usage), .end] {
            encoder.encode(event, into: &output)
        }
        return String(buffer: output)
    }

    private static func quoted(_ text: JSONString) -> String { String(buffer: JSONValue { $0.string(text) }.bytes) }

    private static let converse = UpstreamAnswers(dialect: BedrockConverse(), tooLong: #""max_tokens""#) {
        text,
        isStreaming in
        let usage = #""usage":{"inputTokens":3,"outputTokens":1,"totalTokens":4}"#
        let block = text.map { #"{"text":\#(quoted($0))}"# }
        guard isStreaming else {
            let message = #"{"role":"assistant","content":[\#(block ?? "")]}"#
            return [("", #"{"output":{"message":\#(message)},"stopReason":"max_tokens",\#(usage)}"#)]
        }
        var events = [("messageStart", #"{"role":"assistant"}"#)]
        if let block {
            events.append(("contentBlockDelta", #"{"contentBlockIndex":0,"delta":\#(block)}"#))
            events.append(("contentBlockStop", #"{"contentBlockIndex":0}"#))
        }
        return events + [("messageStop", #"{"stopReason":"max_tokens"}"#), ("metadata", "{\(usage)}")]
    }

    private static let oracle = UpstreamAnswers(dialect: Oracle(), tooLong: nil) { text, isStreaming in
        let cost = #""cost":{"in":3,"out":1}"#
        let says = text.map { #""says":\#(quoted($0))"# }
        guard isStreaming else { return [("", "{\([says, cost].compactMap(\.self).joined(separator: ","))}")] }
        return (says.map { [("", "{\($0)}")] } ?? []) + [("", "{\(cost)}")]
    }
}
