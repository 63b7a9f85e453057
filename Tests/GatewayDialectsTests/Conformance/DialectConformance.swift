// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// What every dialect must do, run with its fixtures.
///
/// A new dialect adds an element to ``all`` and its files to `Fixtures/<name>`: `request.json`, `response.json` and, if it streams, `stream.sse`.
struct DialectConformance: Sendable, CustomTestStringConvertible {
    /// The folder in `Fixtures`.
    let name: String
    let dialect: any RelayedDialect
    /// A path whose clients speak the format and see it unchanged.
    let path: String
    /// The same for streams.
    let streamPath: String
    /// What the answer and the stream in the fixtures report.
    let usage: TokenUsage
    /// How many events of the stream may be missing before it is complete; the end of the body is not one.
    let hasStream: Bool

    var testDescription: String { name }

    static let all: [DialectConformance] = [
        DialectConformance(
            name: "OpenAIChat",
            dialect: OpenAIChat(),
            path: "/openai/v1/chat/completions",
            streamPath: "/openai/v1/chat/completions",
            usage: TokenUsage(uncachedInput: 40, cacheRead: 64, cacheWrite5m: 16, output: 40, reasoning: 24),
            hasStream: true
        ),
        DialectConformance(
            name: "OpenAIResponses",
            dialect: OpenAIResponses(),
            path: "/openai/v1/responses",
            streamPath: "/mlflow/v1/responses",
            usage: TokenUsage(uncachedInput: 20, cacheRead: 20, cacheWrite5m: 10, output: 30, reasoning: 8),
            hasStream: true
        ),
        DialectConformance(
            name: "OpenAIEmbeddings",
            dialect: OpenAIEmbeddings(),
            path: "/openai/v1/embeddings",
            streamPath: "/mlflow/v1/embeddings",
            usage: TokenUsage(uncachedInput: 5),
            hasStream: false
        ),
        DialectConformance(
            name: "AnthropicMessages",
            dialect: AnthropicMessages(),
            path: "/anthropic/v1/messages",
            streamPath: "/anthropic/v1/messages?beta=true",
            usage: TokenUsage(uncachedInput: 20, cacheRead: 64, cacheWrite5m: 16, cacheWrite1h: 32, output: 90),
            hasStream: true
        ),
        DialectConformance(
            name: "Gemini",
            dialect: Gemini(),
            path: "/gemini/v1beta/models/g:generateContent",
            streamPath: "/gemini/v1beta/models/g:streamGenerateContent?alt=sse",
            usage: TokenUsage(uncachedInput: 75, cacheRead: 30, output: 20, reasoning: 8),
            hasStream: true
        ),
    ]

    static let streaming = all.filter(\.hasStream)
    static let upstreams = all.filter { $0.dialect is any UpstreamDialect }

    /// Whether the last event of a stream says nothing that the one before it does not.
    var endsWithMark: Bool { name == "OpenAIChat" || name == "AnthropicMessages" }

    var request: ByteBuffer { get throws { try Fixtures.bytes("\(name)/request.json") } }
    var response: ByteBuffer { get throws { try Fixtures.bytes("\(name)/response.json") } }
    var stream: ByteBuffer { get throws { try Fixtures.bytes("\(name)/stream.sse") } }

    /// A context for relaying that hides and adds nothing.
    func relay(isStreaming: Bool) -> any ResponseTransform {
        dialect.makeRelay(
            for: RelayContext(
                apiType: .openAIChat,
                isStreaming: isStreaming,
                requestID: Calls.identity.requestID,
                hidesUsage: false,
                wantsServerSentEvents: true,
                estimatedInput: 0
            )
        )
    }

    /// The stream without its last events, down to nothing.
    ///
    /// Of chat's and Messages' streams no more than the last mark may be missing: the reason is the end (stream-20).
    var cutStreams: [ByteBuffer] {
        get throws {
            let text = String(buffer: try stream)
            let end = text.contains("\r\n\r\n") ? "\r\n\r\n" : "\n\n"
            var events = text.split(separator: end, omittingEmptySubsequences: true).map { String($0) + end }
            var streams: [ByteBuffer] = []
            while events.popLast() != nil { streams.append(ByteBuffer(string: events.joined())) }
            guard endsWithMark else { return streams }
            return streams.filter {
                let text = String(buffer: $0).replacing(#"": ""#, with: #"":""#)
                return !text.contains(#""finish_reason":""#) && !text.contains(#""stop_reason":""#)
            }
        }
    }
}

extension ModelEvent {
    /// The event as text, to compare.
    var text: String {
        switch self {
        case .start(let id, let model): "start \(id?.string ?? "-") \(model?.string ?? "-")"
        case .partStart(let index, .text): "\(index): text"
        case .partStart(let index, .refusal): "\(index): refusal"
        case .partStart(let index, .reasoning(let isSummary)): "\(index): \(isSummary ? "summary" : "reasoning")"
        case .partStart(let index, .media(let media)): "\(index): \(media.kind)"
        case .partStart(let index, .toolCall(let call, let state)):
            "\(index): call \(call.id.string) \(call.name.string)\(state.map { " " + $0.wrapped } ?? "")"
        case .text(let index, let text): "\(index): + \(text.string)"
        case .reasoning(let index, let text): "\(index): ~ \(text.string)"
        case .reasoningBreak(let index): "\(index): ~~"
        case .toolArguments(let index, let text): "\(index): ( \(text.string)"
        case .state(let index, let state): "\(index): state \(state.wrapped)"
        case .citation(let index, let citation): "\(index): cites \(citation.url?.string ?? "-")"
        case .logprobs(let index, let value): "\(index): logprobs \(String(buffer: value.bytes))"
        case .partEnd(let index): "\(index): end of part"
        case .finish(let index, let reason): "\(index): finish \(reason)"
        case .usage(let usage): "usage \(usage)"
        case .end: "end"
        }
    }
}

/// What a stream's decoder makes of it, checked for the order that ``ModelEvent`` promises.
struct DecodedStream {
    var events: [ModelEvent] = []
    var failure: String?

    init(_ dialect: any UpstreamDialect, _ bytes: ByteBuffer, _ cut: Cut = .whole) throws {
        var decoder = dialect.makeStreamDecoder(
            for: AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m")
        )
        var framer = dialect.makeStreamFramer()
        do {
            for piece in cut.pieces(of: bytes) {
                var frames: [ByteBuffer] = []
                try framer.consume(piece, into: &frames)
                for frame in frames { try decoder.decode(frame, into: &events) }
            }
            try decoder.finish(into: &events)
        } catch {
            failure = "\(error)"
        }
    }

    /// The answer that the events add up to.
    var response: ModelResponse {
        var response = ModelResponse(candidates: [], usage: TokenUsage())
        response.fold(events)
        return response
    }

    /// What breaks the promised order; nil if nothing does.
    var disorder: String? {
        var hasStarted = false
        var hasEnded = false
        var open: [Int: Character] = [:]
        var finished: Set<Int> = []
        for event in events {
            if hasEnded { return "\(event.text) after the end" }
            switch event {
            case .start:
                if hasStarted { return "two starts" }
                hasStarted = true
            case .partStart(let index, let kind):
                if !hasStarted || open[index] != nil || finished.contains(index) { return event.text }
                switch kind {
                case .text, .refusal: open[index] = "t"
                case .reasoning: open[index] = "r"
                case .toolCall: open[index] = "c"
                case .media: open[index] = "m"
                }
            case .text(let index, _), .citation(let index, _): if open[index] != "t" { return event.text }
            case .reasoning(let index, _), .reasoningBreak(let index): if open[index] != "r" { return event.text }
            case .toolArguments(let index, _): if open[index] != "c" { return event.text }
            case .state(let index, _), .logprobs(let index, _): if open[index] == nil { return event.text }
            case .partEnd(let index): if open.removeValue(forKey: index) == nil { return event.text }
            case .finish(let index, _):
                if open[index] != nil || !finished.insert(index).inserted { return event.text }
            case .usage: break
            case .end: hasEnded = true
            }
        }
        return open.isEmpty ? nil : "parts are left open"
    }
}

extension ModelResponse {
    /// The answer as text, to compare; arguments as JSON values.
    func text() throws -> String {
        var lines = ["\(id?.string ?? "-") \(model?.string ?? "-") \(usage)"]
        for candidate in candidates {
            for part in candidate.parts {
                if let state = part.state { lines.append("state \(state.wrapped)") }
                for citation in part.citations { lines.append("cites \(citation.url?.string ?? "-")") }
                switch part.content {
                case .text(let text): lines.append("text \(text.string)")
                case .refusal(let text): lines.append("refusal \(text.string)")
                case .reasoning(let reasoning): lines.append("reasoning \(reasoning.texts.map(\.string))")
                case .media(let media): lines.append("media \(media.kind)")
                case .toolCall(let call):
                    let arguments =
                        switch call.arguments {
                        case .object(let object): String(buffer: object.bytes)
                        case .text(let text): text.string.isEmpty ? "{}" : text.string
                        }
                    lines.append("call \(call.id.string) \(call.name.string) \(try canonical(arguments))")
                case .toolResult: lines.append("result")
                }
            }
            lines.append("finish \(candidate.finishReason.map { "\($0)" } ?? "-")")
        }
        return lines.joined(separator: "\n")
    }
}
