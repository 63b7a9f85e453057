// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Every dialect")
struct DialectConformanceTests {
    // MARK: Relay

    @Test("cache-01: A relayed request keeps every byte but the model's", arguments: DialectConformance.all)
    func relayedRequest(_ subject: DialectConformance) throws {
        let body = try subject.request
        let translation = try Calls.translate(subject.path, body, to: subject.dialect.format, model: "up\"stream")
        var expected = String(buffer: body)
        if subject.dialect.namesModelInBody {
            let model = try #require(Calls.envelope(subject.path, body).modelValue?.bytes)
            expected.replace(String(buffer: model), with: #""up\"stream""#, maxReplacements: 1)
        }
        if subject.name == "OpenAIChat" { #expect(!translation.isStreaming) }
        #expect(String(buffer: translation.joinedBody) == expected)
        #expect(translation.dropped.isEmpty)
    }

    @Test("A relayed answer is passed on unchanged and its usage is read", arguments: DialectConformance.all)
    func relayedAnswer(_ subject: DialectConformance) throws {
        let body = try subject.response
        for cut in [Cut.whole, .every(1), .every(5)] {
            let outcome = subject.relay(isStreaming: false).run(body, cut)
            #expect(outcome.output == String(buffer: body))
            #expect(outcome.observation.usage == subject.usage, "\(cut)")
            #expect(outcome.observation.isComplete)
            #expect(outcome.error == nil)
        }
        #expect(subject.relay(isStreaming: false).keepsLength)
    }

    @Test("An answer that is no JSON is an error before any of it is passed on", arguments: DialectConformance.all)
    func relayedWebPage(_ subject: DialectConformance) {
        let outcome = subject.relay(isStreaming: false).run(ByteBuffer(string: " <html>Bad gateway</html>"), .every(3))
        #expect(outcome.error?.code == .upstreamUnavailable)
        #expect(outcome.output.isEmpty || outcome.output == " ")
        #expect(subject.relay(isStreaming: false).run(ByteBuffer()).error?.code == .upstreamUnavailable)
    }

    @Test(
        "stream-10 stream-11: A relayed stream keeps every byte and its usage wherever it is cut",
        arguments: DialectConformance.streaming
    )
    func relayedStream(_ subject: DialectConformance) throws {
        let bytes = try subject.stream
        let expected = subject.relay(isStreaming: true).run(bytes)
        #expect(expected.output == String(buffer: bytes))
        #expect(expected.error == nil)
        #expect(expected.observation.usage == subject.usage)
        #expect(expected.observation.isComplete)
        #expect(expected.observation.hasContent)
        #expect(expected.observation.contentBytes > 0)
        for cut in Cut.all(of: bytes) {
            #expect(subject.relay(isStreaming: true).run(bytes, cut) == expected, "\(cut)")
        }
    }

    @Test("stream-09: A relayed stream that ends early is an error", arguments: DialectConformance.streaming)
    func relayedStreamThatEndsEarly(_ subject: DialectConformance) throws {
        for bytes in try subject.cutStreams {
            let outcome = subject.relay(isStreaming: true).run(bytes)
            #expect(outcome.error?.code == .upstreamUnavailable)
            #expect(outcome.output == String(buffer: bytes))
            #expect(!outcome.observation.isComplete)
        }
        // Within its last event as well, where that is more than a mark.
        guard !subject.endsWithMark else { return }
        let cut = ByteBuffer(bytes: try subject.stream.readableBytesView.dropLast(12))
        #expect(subject.relay(isStreaming: true).run(cut).error?.code == .upstreamUnavailable)
    }

    @Test("A last event without its blank line is passed on with one", arguments: DialectConformance.streaming)
    func relayedStreamWithoutLastBlankLine(_ subject: DialectConformance) throws {
        guard subject.name != "Gemini" else { return }
        let bytes = try subject.stream
        let outcome = subject.relay(isStreaming: true).run(ByteBuffer(bytes: bytes.readableBytesView.dropLast(2)))
        #expect(outcome.error == nil)
        #expect(outcome.output == String(buffer: bytes))
    }

    // MARK: Errors

    @Test("Every error has the vendor's shape and the members of Databricks", arguments: DialectConformance.all)
    func errors(_ subject: DialectConformance) throws {
        for code in GatewayError.Code.allCases {
            let error = GatewayError(code, "What \"was\" wrong", vendorType: "overloaded_error", parameter: "p")
            let body = try JSONValue(validating: subject.dialect.encodeError(error, requestID: "r"))
            #expect(body["error_code"]?.string == code.databricksCode)
            #expect(body["message"]?.string == error.message)
            #expect(body["error"]?["message"]?.string == error.message)
            let kind = body["error"]?["type"]?.string ?? body["error"]?["status"]?.string
            #expect(kind?.isEmpty == false)
            // Clients of every format read `error.message` of it, whatever status it comes with.
            let event = String(buffer: subject.dialect.encodeStreamError(error, requestID: "r"))
            #expect(event.hasSuffix("\n\n"))
            let data = try #require(eventData(event).first)
            #expect(try JSONValue(validating: ByteBuffer(string: data))["message"]?.string == error.message)
        }
    }

    @Test(
        "stream-18: A stream that has begun ends with an error of its own dialect",
        arguments: DialectConformance.streaming
    )
    func failedStream(_ subject: DialectConformance) throws {
        var relay = subject.relay(isStreaming: true)
        _ = try relay.consume(ByteBuffer(bytes: subject.stream.readableBytesView.prefix(600)))
        let error = GatewayError(.upstreamTimeout, "Too slow.")
        #expect(
            relay.fail(error) == subject.dialect.encodeStreamError(error, requestID: Calls.identity.requestID)
        )
    }

    // MARK: Codecs

    @Test("stream-10 stream-11: A stream means the same wherever it is cut", arguments: DialectConformance.upstreams)
    func decodedStream(_ subject: DialectConformance) throws {
        let dialect = try #require(subject.dialect as? any UpstreamDialect)
        let bytes = try subject.stream
        let expected = try DecodedStream(dialect, bytes)
        #expect(expected.failure == nil)
        #expect(expected.disorder == nil)
        let events = expected.events.map(\.text)
        #expect(events.last == "end")
        for cut in Cut.all(of: bytes) {
            #expect(try DecodedStream(dialect, bytes, cut).events.map(\.text) == events, "\(cut)")
        }
    }

    @Test("A stream adds up to what the whole answer says", arguments: DialectConformance.upstreams)
    func streamEqualsAnswer(_ subject: DialectConformance) throws {
        let dialect = try #require(subject.dialect as? any UpstreamDialect)
        let answer = try dialect.decodeResponse(
            JSONValue(validating: subject.response),
            for: AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m")
        )
        #expect(try DecodedStream(dialect, subject.stream).response.text() == answer.text())
        #expect(answer.usage == subject.usage)
    }

    @Test("stream-09: A stream that ends early does not decode to its end", arguments: DialectConformance.upstreams)
    func decodedStreamThatEndsEarly(_ subject: DialectConformance) throws {
        let dialect = try #require(subject.dialect as? any UpstreamDialect)
        for bytes in try subject.cutStreams {
            let decoded = try DecodedStream(dialect, bytes)
            #expect(!decoded.events.contains { if case .end = $0 { true } else { false } })
        }
    }

    @Test("Answers that are not of the format are errors, never a crash", arguments: DialectConformance.upstreams)
    func brokenAnswers(_ subject: DialectConformance) throws {
        let dialect = try #require(subject.dialect as? any UpstreamDialect)
        let context = AnswerContext(apiType: .openAIChat, identity: Calls.identity, model: "m")
        for body in ["{}", "[]", "7", #"{"content":7}"#, #"{"choices":{}}"#, #"{"candidates":[]}"#] {
            #expect(throws: GatewayError.self, "\(body)") {
                _ = try dialect.decodeResponse(JSONValue(validating: ByteBuffer(string: body)), for: context)
            }
        }
        for data in [
            "not json", "7", "[]", "{", #"{"type":"content_block_delta"}"#, #"{"type":"content_block_start"}"#,
            #"{"choices":[{"index":99999999999,"delta":{}}]}"#, #"{"choices":[{"index":-1}]}"#,
            #"{"candidates":[{"index":9223372036854775807}]}"#, #"{"candidates":[7]}"#,
            #"{"choices":[{"delta":{"tool_calls":[{"index":9223372036854775807,"id":"a"},{"id":"b"}]}}]}"#,
        ] {
            let decoded = try DecodedStream(dialect, ByteBuffer(string: "data: \(data)\n\n"))
            #expect(!decoded.events.contains { if case .end = $0 { true } else { false } }, "\(data)")
        }
    }

    @Test("Anything at all can be fed to a relay", arguments: DialectConformance.streaming)
    func brokenStreams(_ subject: DialectConformance) throws {
        var generator = SplitMix(seed: 7)
        let alphabet = Array(#"{}[]",:\u0123456789 abchoicesdeltaonTentusage"#.utf8) + [0x0A, 0x0D, 0xFF, 0xC3]
        let stream = Array(try subject.stream.readableBytesView)
        for _ in 0..<300 {
            // A real stream with some bytes replaced.
            var bytes = stream
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[position] = alphabet.randomElement(using: &generator) ?? 0
            }
            let outcome = subject.relay(isStreaming: true).run(ByteBuffer(bytes: bytes), .every(50))
            #expect(outcome.output.utf8.count <= bytes.count * 2)
        }
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var result = state
        result = (result ^ (result >> 30)) &* 0xBF58_476D_1CE4_E5B9
        result = (result ^ (result >> 27)) &* 0x94D0_49BB_1331_11EB
        return result ^ (result >> 31)
    }
}
