// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// Broken requests and answers, the same in every run; `GATEHOUSE_FUZZ=50` makes fifty times as many.
@Suite("Requests and answers of any kind")
struct FuzzTests {
    private static let scale = ProcessInfo.processInfo.environment["GATEHOUSE_FUZZ"].flatMap(Int.init) ?? 1
    /// Stands in the prompts; no error may tell it.
    private static let canary = "canary-7f3a"

    private static let upstreams: [WireFormat] = [
        .openAIChat, .openAIResponses, .anthropicMessages, .geminiGenerateContent, .bedrockConverse,
    ]

    // MARK: Requests

    /// Bodies of a client's API to start from.
    private static func requests(_ frame: ClientFrame) throws -> [JSONTree] {
        let files: [String] =
            switch frame.format {
            case .openAIChat: ["OpenAIChat/request.json", "Conversations/chat.json"]
            case .openAIResponses:
                [
                    "OpenAIResponses/codex.request.json", "OpenAIResponses/everything.request.json",
                    "Conversations/responses.json",
                ]
            case .anthropicMessages:
                ["AnthropicMessages/claude-code.json", "AnthropicMessages/request.json", "Conversations/messages.json"]
            default: ["Gemini/client-request.json", "Conversations/contents.json"]
            }
        // The large ones carry more weight than the many small ones.
        var trees = try files.flatMap { Array(repeating: JSONTree(try Fixtures.json($0)), count: 8) }
        for field in frame.fields { trees.append(JSONTree(try JSONValue(validating: ByteBuffer(string: field.body)))) }
        return trees
    }

    @Test("No request makes the gateway trap, write what is not JSON, or tell a prompt", arguments: ClientFrame.all)
    func requests(_ frame: ClientFrame) throws {
        var generator = SplitMix(seed: 11)
        for tree in try Self.requests(frame) {
            for _ in 0..<(2 * Self.scale) {
                let body = Mutation.mutated(tree, using: &generator).written
                    .replacing("Hello", with: Self.canary).replacing("ASK", with: Self.canary)
                for format in Self.upstreams { check(body, frame.path, to: format) }
            }
        }
    }

    private func check(_ body: String, _ path: String, to format: WireFormat) {
        do throws(GatewayError) {
            let translation = try Calls.translate(path, body, to: format)
            #expect(throws: Never.self, "\(path) to \(format): \(body)") {
                try JSONValue(validating: translation.joinedBody, maximumDepth: 256)
            }
            for name in translation.dropped {
                let isPlain = name.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
                #expect(isPlain, "\(path) to \(format): \(name)")
            }
        } catch {
            #expect((400..<500).contains(error.status), "\(path) to \(format): \(error) for \(body)")
            let words = error.message + (error.parameter ?? "") + (error.cause ?? "")
            #expect(!words.contains(Self.canary), "\(path) to \(format): \(error)")
        }
    }

    // MARK: Answers

    /// What clients ask for, so that each way of changing answers back takes part.
    private static let clients: [(path: String, body: String)] = [
        (Calls.chatPath, #"{"model":"m","messages":[{"role":"user","content":"x"}],"stop":["o"]@}"#),
        (Calls.mlflowPath, #"{"model":"m","messages":[{"role":"user","content":"x"}]@}"#),
        (
            Calls.chatPath,
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}@}"#
        ),
        (
            "/openai/v1/responses",
            #"{"model":"m","input":"x","tools":[{"type":"custom","name":"get_weather"},{"type":"namespace","name":"eyes","description":"e","tools":[{"type":"function","name":"look"}]}]@}"#
        ),
        ("/anthropic/v1/messages", #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]@}"#),
        ("/gemini/v1beta/models/m:@", #"{"contents":[{"parts":[{"text":"x"}]}]}"#),
        ("/openai/v1/completions", #"{"model":"m","prompt":"x"@}"#),
    ]

    private static func translations(from format: WireFormat, isStreaming: Bool) throws -> [Translation] {
        try clients.flatMap { client -> [Translation] in
            let body = client.body.replacing("@", with: isStreaming ? #","stream":true"# : "")
            let operations =
                !client.path.contains("@")
                ? [""]
                : isStreaming ? ["streamGenerateContent?alt=sse", "streamGenerateContent"] : ["generateContent"]
            return try operations.map {
                try Calls.translate(client.path.replacing("@", with: $0), body, to: format)
            }
        }
    }

    @Test("No answer makes the gateway trap or write what is not JSON", arguments: FuzzedUpstream.all)
    func answers(_ subject: FuzzedUpstream) throws {
        var generator = SplitMix(seed: 23)
        let translations = try Self.translations(from: subject.dialect.format, isStreaming: false)
        let tree = JSONTree(try Fixtures.json("\(subject.name)/response.json"))
        for _ in 0..<(60 * Self.scale) {
            let body = Mutation.mutated(tree, using: &generator).written
            for translation in translations where translation.response.contentType != nil {
                let outcome = translation.response.run(ByteBuffer(string: body))
                if let error = outcome.error {
                    #expect(outcome.output.isEmpty && error.status >= 400, "\(error) for \(body)")
                } else {
                    #expect(throws: Never.self, "\(outcome.output) for \(body)") {
                        try JSONValue(validating: ByteBuffer(string: outcome.output), maximumDepth: 256)
                    }
                }
            }
        }
    }

    @Test(
        "stream-10 stream-11: No stream makes the gateway trap, break its own events, or depend on where it is cut",
        arguments: FuzzedUpstream.all
    )
    func streams(_ subject: FuzzedUpstream) throws {
        var generator = SplitMix(seed: 31)
        let translations = try Self.translations(from: subject.dialect.format, isStreaming: true)
        for file in subject.streams {
            let events = try subject.events(of: file)
            for _ in 0..<(30 * Self.scale / subject.streams.count) {
                let bytes = subject.stream(of: Self.mutated(events, using: &generator), using: &generator)
                try check(bytes, subject, translations, using: &generator)
            }
        }
    }

    @Test("stream-10: Damaged bytes of an event stream are an error, whether their checksums fit or not")
    func eventStreams() throws {
        let subject = try #require(FuzzedUpstream.all.last)
        var generator = SplitMix(seed: 37)
        let translations = try Self.translations(from: subject.dialect.format, isStreaming: true)
        let original = try Fixtures.bytes("BedrockConverse/stream.bin")
        for _ in 0..<(60 * Self.scale) {
            var messages: [[UInt8]] = []
            var rest = original
            while let length = try EventStreamMessage.length(at: rest), let bytes = rest.readBytes(length: length) {
                messages.append(bytes)
            }
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: messages.indices, using: &generator)
                let place = Int.random(in: messages[index].indices, using: &generator)
                messages[index][place] = UInt8.random(in: 0...255, using: &generator)
                if Bool.random(using: &generator) { Self.mend(&messages[index]) }
            }
            try check(ByteBuffer(bytes: messages.joined()), subject, translations, using: &generator)
        }
    }

    /// Makes the checksums of a message right.
    private static func mend(_ message: inout [UInt8]) {
        for count in [8, message.count - 4] {
            var checksum = CRC32()
            message.withUnsafeBytes { checksum.update(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
            withUnsafeBytes(of: checksum.value.bigEndian) { message.replaceSubrange(count..<count + 4, with: $0) }
        }
    }

    /// Reads a broken stream and writes it for every client, whole and cut.
    private func check(
        _ bytes: ByteBuffer,
        _ subject: FuzzedUpstream,
        _ translations: [Translation],
        using generator: inout SplitMix
    ) throws {
        let stream = String(decoding: bytes.readableBytesView, as: UTF8.self)
        let cut = Cut.every(Int.random(in: 1...40, using: &generator))
        var decoded = try DecodedStream(subject.dialect, bytes, cut)
        // Nobody reads on behind the end.
        if let end = decoded.events.firstIndex(where: { if case .end = $0 { true } else { false } }) {
            decoded.events.removeSubrange((end + 1)...)
        }
        let disorder = decoded.disorder
        #expect(disorder == nil || disorder == "parts are left open", "\(stream)")
        for translation in translations {
            let whole = finished(translation.response, bytes, .whole)
            guard translation.response.contentType != nil, !isRelay(translation, subject) else { continue }
            #expect(finished(translation.response, bytes, cut) == whole, "\(cut): \(stream)")
            checkStream(whole, translation.response.contentType, of: stream)
        }
    }

    /// Events of which some are broken, missing, doubled or moved.
    private static func mutated(
        _ events: [FuzzedUpstream.Event],
        using generator: inout SplitMix
    ) -> [FuzzedUpstream.Event] {
        var events = events
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !events.isEmpty {
            let index = Int.random(in: events.indices, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: events.remove(at: index)
            case 1: events.insert(events[index], at: Int.random(in: 0...events.count, using: &generator))
            case 2: events.swapAt(index, Int.random(in: events.indices, using: &generator))
            default: events[index].data = Mutation.mutated(events[index].data, using: &generator)
            }
        }
        return events
    }

    /// The output with the error that the pipeline writes at the end of a stream that failed.
    private func finished(_ transform: any ResponseTransform, _ bytes: ByteBuffer, _ cut: Cut) -> String {
        var transform = transform
        var output = ByteBuffer()
        do throws(GatewayError) {
            for piece in cut.pieces(of: bytes) { output.writeImmutableBuffer(try transform.consume(piece)) }
            output.writeImmutableBuffer(try transform.finish())
        } catch {
            output.writeImmutableBuffer(transform.fail(error))
        }
        return String(buffer: output)
    }

    /// Whether the bytes of the upstream go on as they are, whatever they are.
    private func isRelay(_ translation: Translation, _ subject: FuzzedUpstream) -> Bool {
        subject.name == "Gemini" && translation.response.contentType == "application/json"
    }

    private func checkStream(_ output: String, _ contentType: String?, of stream: String) {
        if contentType == "application/json" {
            #expect(throws: Never.self, "\(output) for \(stream)") {
                try JSONValue(validating: ByteBuffer(string: output), maximumDepth: 256)
            }
            return
        }
        let isEnded =
            output.utf8.suffix(2).elementsEqual("\n\n".utf8) || output.utf8.suffix(4).elementsEqual("\r\n\r\n".utf8)
        #expect(isEnded, "\(output) for \(stream)")
        for line in output.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).map({ String($0) ?? "?" }) {
            if line == "data: [DONE]" || line.hasPrefix("event: ") || line.hasPrefix(":") { continue }
            #expect(line.hasPrefix("data: "), "\(line) for \(stream)")
            #expect(throws: Never.self, "\(line) for \(stream)") {
                try JSONValue(validating: ByteBuffer(string: String(line.dropFirst(6))), maximumDepth: 256)
            }
        }
    }
}
