// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// A client API, with a call that it makes.
struct StepClient: Sendable, CustomTestStringConvertible {
    let name: String
    let path: String
    let streamPath: String
    /// The body, with `@` where a streaming client says that it is one.
    let body: String
    /// Reads what the client gets, and writes what it sends; nil where that is nothing but texts.
    let dialect: (any UpstreamDialect)?

    var testDescription: String { name }

    private static let chat = #"{"model":"m","messages":[{"role":"user","content":"Hi"}]@}"#

    static let all: [StepClient] = [
        StepClient("chat", "/openai/v1/chat/completions", chat, OpenAIChat()),
        StepClient("mlflow chat", Calls.mlflowPath, chat, OpenAIChat()),
        StepClient("cursor chat", "/cursor/v1/chat/completions", chat, OpenAIChat()),
        StepClient("completions", "/openai/v1/completions", #"{"model":"m","prompt":"Hi"@}"#, nil),
        StepClient("responses", "/openai/v1/responses", #"{"model":"m","input":"Hi"@}"#, OpenAIResponses()),
        StepClient(
            "messages",
            "/anthropic/v1/messages",
            #"{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"Hi"}]@}"#,
            AnthropicMessages()
        ),
        gemini("?alt=sse", "gemini"), gemini("", "gemini array"),
    ]

    /// Those, and one whose dialect no source file knows: what every client of the gateway may rely on.
    static let conforming = all + [StepClient("parley", "/parley/v1/talk", #"{"model":"m","lines":["Hi"]@}"#, nil)]

    private static func gemini(_ query: String, _ name: String) -> StepClient {
        StepClient(
            name: name,
            path: "/gemini/v1beta/models/m:generateContent",
            streamPath: "/gemini/v1beta/models/m:streamGenerateContent\(query)",
            body: #"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}"#,
            dialect: Gemini()
        )
    }

    private init(_ name: String, _ path: String, _ body: String, _ dialect: (any UpstreamDialect)?) {
        self.init(name: name, path: path, streamPath: path, body: body, dialect: dialect)
    }

    private init(
        name: String,
        path: String,
        streamPath: String,
        body: String,
        dialect: (any UpstreamDialect)?
    ) {
        self.name = name
        self.path = path
        self.streamPath = streamPath
        self.body = body
        self.dialect = dialect
    }

    func envelope(isStreaming: Bool) throws -> RequestEnvelope { try envelope(isStreaming: isStreaming, body: body) }

    /// The same call with another body.
    func envelope(isStreaming: Bool, body: String) throws -> RequestEnvelope {
        var stream = isStreaming ? #","stream":true"# : ""
        if isStreaming, name.hasSuffix("chat") || name == "completions" {
            stream += #","stream_options":{"include_usage":true}"#
        }
        let body = body.replacing("@", with: stream)
        return try Calls.envelope(isStreaming ? streamPath : path, ByteBuffer(string: body))
    }

    /// What the output means.
    func response(_ output: String, isStreaming: Bool) throws -> ModelResponse {
        guard let dialect else {
            let texts = try Self.texts(of: output, isStreaming: isStreaming)
            return ModelResponse(
                candidates: [ModelResponse.Candidate(parts: [.text(JSONString(texts.joined()))], finishReason: nil)],
                usage: TokenUsage()
            )
        }
        guard isStreaming else {
            let context = AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m")
            return try dialect.decodeResponse(JSONValue(validating: ByteBuffer(string: output)), for: context)
        }
        var stream = output
        if name == "gemini array" {
            let elements = try #require(JSONValue(validating: ByteBuffer(string: output)).array)
            stream = elements.map { "data: \(String(buffer: $0.bytes))\n\n" }.joined()
        }
        let decoded = try DecodedStream(dialect, ByteBuffer(string: stream))
        #expect(decoded.failure == nil)
        #expect(decoded.disorder == nil)
        #expect(decoded.events.last?.text == "end")
        return decoded.response
    }

    private static func texts(of output: String, isStreaming: Bool) throws -> [String] {
        let documents = isStreaming ? eventData(output) : [output]
        return try documents.flatMap { document -> [String] in
            let value = try JSONValue(validating: ByteBuffer(string: document))
            if let line = (value["line"] ?? value["bit"])?.string { return [line] }
            return value["choices"]?.array?.compactMap { $0["text"]?.string } ?? []
        }
    }

    /// The call with this request, in the client's own words; nil where its API is nothing but texts.
    func envelope(_ request: ModelRequest, isStreaming: Bool = false) throws -> RequestEnvelope? {
        guard let dialect else { return nil }
        var request = request
        request.isStreaming = isStreaming
        request.includesUsage = isStreaming
        let target = TranslationTarget(
            format: dialect.format,
            model: "m",
            limits: ModelLimits(),
            defaultMaximumOutput: 100
        )
        var dropped = DroppedMembers()
        let body = try dialect.encodeRequest(request, to: target, dropped: &dropped)
        return try Calls.envelope(isStreaming ? streamPath : path, body)
    }
}

/// An upstream's answer in one of its formats.
struct StepUpstream: Sendable, CustomTestStringConvertible {
    let name: String
    let format: WireFormat
    let client: (any ClientDialect)?

    var testDescription: String { name }

    static let all: [StepUpstream] = [
        StepUpstream(name: "chat", format: .openAIChat, client: OpenAIChat()),
        StepUpstream(name: "completions", format: .openAICompletions, client: OpenAICompletions()),
        StepUpstream(name: "responses", format: .openAIResponses, client: OpenAIResponses()),
        StepUpstream(name: "messages", format: .anthropicMessages, client: AnthropicMessages()),
        StepUpstream(name: "gemini", format: .geminiGenerateContent, client: Gemini()),
        StepUpstream(name: "converse", format: .bedrockConverse, client: nil),
    ]

    static func serving(_ client: StepClient) throws -> [StepUpstream] {
        let type = try client.envelope(isStreaming: false).apiType
        return all.filter { Dialects().canServe(type, with: $0.format) }
    }

    /// A non-streaming answer.
    func body(_ answer: SteppedAnswer) -> ByteBuffer {
        guard let client else { return answer.converse }
        return client.encodeResponse(answer.response, for: context)
    }

    /// A stream whose texts come in pieces of so many characters.
    func stream(_ answer: SteppedAnswer, pieces size: Int) -> ByteBuffer {
        guard let client else { return answer.converseStream(pieces: size) }
        var encoder = client.makeStreamEncoder(for: context)
        var output = ByteBuffer()
        for event in answer.events(pieces: size) { encoder.encode(event, into: &output) }
        return output
    }

    private var context: AnswerContext {
        AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m", includesUsage: true)
    }
}

/// An answer that reasons, says something and calls tools.
struct SteppedAnswer: Sendable {
    static let word = "secret"
    static let tool = "erase"

    var reasoning = "What a secret is, they ask."
    var text = "The sec and the secret, se secretly: sé \u{1F326} \"secret\"\nsecr"
    var calls = [("look", #"{"q":"a secret \"place\""}"#), (tool, #"{"path":"/"}"#), ("find", #"{"n":1}"#)]

    static let full = SteppedAnswer()
    /// Calls nothing but what is dropped.
    static let callOnly = SteppedAnswer(calls: [(tool, #"{"path":"/"}"#)])

    private static let usage = TokenUsage(uncachedInput: 7, output: 9)

    func events(pieces size: Int) -> [ModelEvent] {
        var events: [ModelEvent] = [.start(id: "resp_1", model: "m")]
        events.append(.partStart(candidate: 0, .reasoning(isSummary: true)))
        events += Self.cut(reasoning, size).map { .reasoning(candidate: 0, $0) }
        events.append(.partEnd(candidate: 0))
        events.append(.partStart(candidate: 0, .text))
        events += Self.cut(text, size).map { .text(candidate: 0, $0) }
        events.append(.partEnd(candidate: 0))
        for (index, (name, arguments)) in calls.enumerated() {
            let call = Message.ToolCall(id: JSONString("call_\(index)"), name: JSONString(name), arguments: .text(""))
            events.append(.partStart(candidate: 0, .toolCall(call, state: nil)))
            events += Self.cut(arguments, size).map { .toolArguments(candidate: 0, $0) }
            events.append(.partEnd(candidate: 0))
        }
        return events + [.finish(candidate: 0, .toolCalls), .usage(Self.usage), .end]
    }

    var response: ModelResponse {
        var parts = [
            Message.Part(.reasoning(Message.Reasoning(texts: [JSONString(reasoning)], isSummary: true))),
            .text(JSONString(text)),
        ]
        for (index, (name, arguments)) in calls.enumerated() {
            let text = Message.Arguments.text(JSONString(arguments))
            parts.append(
                .toolCall(Message.ToolCall(id: JSONString("call_\(index)"), name: JSONString(name), arguments: text))
            )
        }
        return ModelResponse(
            id: "resp_1",
            model: "m",
            candidates: [ModelResponse.Candidate(parts: parts, finishReason: .toolCalls)],
            usage: Self.usage
        )
    }

    private static func cut(_ text: String, _ size: Int) -> [JSONString] {
        var pieces: [JSONString] = []
        var rest = text[...]
        while !rest.isEmpty {
            pieces.append(JSONString(String(rest.prefix(size))))
            rest = rest.dropFirst(size)
        }
        return pieces
    }

    // MARK: Bedrock, whose answers the gateway only reads

    var converse: ByteBuffer {
        JSONValue { writer in
            writer.beginObject()
            writer.key("output")
            writer.beginObject()
            writer.key("message")
            writer.beginObject()
            writer.member("role", "assistant")
            writer.key("content")
            writer.beginArray()
            writer.object { $0.member("text", text) }
            for (index, (name, arguments)) in calls.enumerated() {
                writer.object { writer in
                    writer.key("toolUse")
                    writer.object { writer in
                        writer.member("toolUseId", "call_\(index)")
                        writer.member("name", name)
                        writer.key("input")
                        writer.raw(ByteBuffer(string: arguments))
                    }
                }
            }
            writer.endArray()
            writer.endObject()
            writer.endObject()
            writer.member("stopReason", "tool_use")
            writer.key("usage")
            writer.raw(#"{"inputTokens":7,"outputTokens":9,"totalTokens":16}"#)
            writer.endObject()
        }.bytes
    }

    func converseStream(pieces size: Int) -> ByteBuffer {
        var output = ByteBuffer()
        func write(_ type: String, _ payload: String) {
            EventStreamMessage.write(
                headers: [":message-type": "event", ":event-type": type, ":content-type": "application/json"],
                payload: ByteBuffer(string: payload),
                into: &output
            )
        }
        func quoted(_ text: JSONString) -> String { String(buffer: JSONValue { $0.string(text) }.bytes) }
        write("messageStart", #"{"role":"assistant"}"#)
        for piece in Self.cut(text, size) {
            write("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":\#(quoted(piece))}}"#)
        }
        write("contentBlockStop", #"{"contentBlockIndex":0}"#)
        for (index, (name, arguments)) in calls.enumerated() {
            let block = #""contentBlockIndex":\#(index + 1)"#
            let start = #"{"toolUse":{"toolUseId":"call_\#(index)","name":"\#(name)"}}"#
            write("contentBlockStart", #"{\#(block),"start":\#(start)}"#)
            for piece in Self.cut(arguments, size) {
                write("contentBlockDelta", #"{\#(block),"delta":{"toolUse":{"input":\#(quoted(piece))}}}"#)
            }
            write("contentBlockStop", "{\(block)}")
        }
        write("messageStop", #"{"stopReason":"tool_use"}"#)
        write("metadata", #"{"usage":{"inputTokens":7,"outputTokens":9,"totalTokens":16}}"#)
        return output
    }
}

/// An answer on its way through policies, as the pipeline drives it.
struct ReviewedCall {
    let client: StepClient
    let upstream: StepUpstream
    let isStreaming: Bool

    private func translation(wantsSteps: Bool, recording: ResponseRecording = .none) throws -> Translation {
        var target = TranslationTarget(
            format: upstream.format,
            model: "m",
            limits: ModelLimits(),
            defaultMaximumOutput: 100
        )
        target.wantsSteps = wantsSteps
        target.recording = recording
        return try Dialects().translate(
            client.envelope(isStreaming: isStreaming),
            to: target,
            answer: Calls.identity
        )
    }

    /// What the client gets where nobody asks for steps.
    func unreviewed(_ bytes: ByteBuffer) throws -> String {
        try translation(wantsSteps: false).response.run(bytes).output
    }

    /// What the client gets of a reviewed answer.
    func output(_ bytes: ByteBuffer, _ cut: Cut = .whole, _ policies: [any ContentPolicy]) async throws -> String {
        let translation = try translation(wantsSteps: true)
        var transform = translation.response
        var review = AnswerReview(try #require(translation.steps), policies)
        var output = ByteBuffer()
        for piece in cut.pieces(of: bytes) where !review.hasEnded {
            output.writeImmutableBuffer(try await review.pass(transform.consume(piece)))
        }
        if review.hasEnded {
            output.writeImmutableBuffer(try await review.finish(ByteBuffer()))
        } else {
            output.writeImmutableBuffer(try await review.finish(transform.finish()))
        }
        return String(buffer: output)
    }

    /// What the client reads of the output.
    ///
    /// Without the states, which hold a checksum of the reasoning that they prove.
    func response(_ output: String) throws -> ModelResponse {
        var response = try client.response(output, isStreaming: isStreaming)
        for index in response.candidates.indices {
            for part in response.candidates[index].parts.indices {
                response.candidates[index].parts[part].state = nil
            }
        }
        return response
    }
}

extension ModelResponse {
    /// What ``WordPolicy`` makes of the answer.
    func reviewed(word: String, tool: String) -> ModelResponse {
        func redacted(_ text: JSONString) -> JSONString { JSONString(text.string.replacing(word, with: "[redacted]")) }
        var response = self
        for index in response.candidates.indices {
            var parts: [Message.Part] = []
            for var part in candidates[index].parts {
                switch part.content {
                case .text(let text): part.content = .text(redacted(text))
                case .refusal(let text): part.content = .refusal(redacted(text))
                case .reasoning(var reasoning):
                    reasoning.texts = reasoning.texts.map(redacted)
                    part.content = .reasoning(reasoning)
                case .toolCall(var call):
                    if call.name.string == tool { continue }
                    let written: JSONString =
                        switch call.arguments {
                        case .object(let object): JSONString(String(buffer: object.bytes))
                        case .text(let text): text
                        }
                    call.arguments = .text(redacted(written))
                    part.content = .toolCall(call)
                case .media, .toolResult: break
                }
                parts.append(part)
            }
            let hadCalls = candidates[index].parts.contains { $0.toolCall != nil }
            let hasCalls = parts.contains { $0.toolCall != nil }
            response.candidates[index].parts = parts
            if hadCalls, !hasCalls, candidates[index].finishReason == .toolCalls {
                response.candidates[index].finishReason = .stop
            }
        }
        return response
    }
}
