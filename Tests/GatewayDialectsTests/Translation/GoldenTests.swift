// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import NIOCore
import Testing

@Suite("Translations, against what was checked by hand")
struct GoldenTests {
    /// An upstream's format, by the name of its fixtures.
    static let upstreams: [(String, WireFormat)] = [
        ("AnthropicMessages", .anthropicMessages), ("Gemini", .geminiGenerateContent),
    ]
    /// The chat APIs, by the name of their fixtures.
    static let clients: [(String, String)] = [("OpenAIChat", Calls.chatPath), ("MLflowChat", Calls.mlflowPath)]

    private static let asksForUsage = #","stream_options":{"include_usage":true}"#

    @Test("A chat request becomes the upstream's", arguments: upstreams)
    func requests(name: String, format: WireFormat) throws {
        let translation = try Calls.translate(Calls.chatPath, Fixtures.bytes("OpenAIChat/request.json"), to: format)
        let expected = try Fixtures.bytes("Translations/OpenAIChat-to-\(name).request.json")
        #expect(try canonical(translation.joinedBody) == canonical(expected))
        let dropped: Set<String> =
            format == .anthropicMessages
            ? ["stop sequences of whitespace", "frequency_penalty", "seed", "logit_bias", "future_member"]
            : ["tools[].function.strict", "parallel_tool_calls", "logit_bias", "future_member"]
        #expect(Set(translation.dropped) == dropped)
        #expect(!translation.isStreaming)
    }

    @Test("cache-01: The same request gives the same bytes", arguments: upstreams)
    func deterministicRequests(name: String, format: WireFormat) throws {
        let body = try Fixtures.bytes("OpenAIChat/request.json")
        let first = try Calls.translate(Calls.chatPath, body, to: format).joinedBody
        #expect(try Calls.translate(Calls.chatPath, body, to: format).joinedBody == first)
        // Numbers and schemas as the client spelled them.
        let text = String(buffer: first)
        #expect(text.contains(#""temperature":0.70"#))
        #expect(text.contains(#"{"type": ["integer", "null"], "minimum": 1}"#))
    }

    @Test("An upstream's answer becomes a chat completion", arguments: upstreams, clients)
    func responses(upstream: (name: String, format: WireFormat), client: (name: String, path: String)) throws {
        let body = try Fixtures.bytes("OpenAIChat/request.json")
        let translation = try Calls.translate(client.path, body, to: upstream.format)
        #expect(translation.response.contentType == "application/json")
        #expect(!translation.response.keepsLength)
        let answer = try Fixtures.bytes("\(upstream.name)/response.json")
        let expected = try Fixtures.bytes("Translations/\(upstream.name)-to-\(client.name).response.json")
        for cut in [Cut.whole, .every(1), .every(100)] {
            let outcome = translation.response.run(answer, cut)
            #expect(outcome.error == nil)
            #expect(try canonical(outcome.output) == canonical(expected), "\(cut)")
            #expect(outcome.observation.isComplete)
            #expect(outcome.observation.contentBytes > 0)
        }
    }

    @Test(
        "stream-10 stream-11: An upstream's stream becomes chat chunks, wherever it is cut",
        arguments: upstreams,
        clients
    )
    func streams(upstream: (name: String, format: WireFormat), client: (name: String, path: String)) throws {
        let request = Calls.streamingChat(Self.asksForUsage)
        let translation = try Calls.translate(client.path, request, to: upstream.format)
        #expect(translation.isStreaming)
        #expect(translation.response.contentType == "text/event-stream")
        let stream = try Fixtures.bytes("\(upstream.name)/stream.sse")
        let expected = translation.response.run(stream)
        let golden = try Fixtures.bytes("Translations/\(upstream.name)-to-\(client.name).stream.sse")
        #expect(expected.output == String(buffer: golden))
        #expect(expected.error == nil)
        #expect(expected.observation.isComplete)
        for cut in Cut.all(of: stream) {
            #expect(translation.response.run(stream, cut) == expected, "\(cut)")
        }
    }

    @Test("stream-10 stream-11: Chat chunks get their running usage wherever the stream is cut")
    func mlflowRelay() throws {
        let translation = try Calls.translate(Calls.mlflowPath, Calls.streamingChat(), to: .openAIChat)
        let stream = try Fixtures.bytes("OpenAIChat/stream.sse")
        let expected = translation.response.run(stream)
        let golden = try Fixtures.bytes("Translations/OpenAIChat-to-MLflowChat.stream.sse")
        #expect(expected.output == String(buffer: golden))
        for cut in Cut.all(of: stream) {
            #expect(translation.response.run(stream, cut) == expected, "\(cut)")
        }
    }

    @Test("usage-11: What a client is told of usage is what is recorded", arguments: upstreams, clients)
    func oneUsage(upstream: (name: String, format: WireFormat), client: (name: String, path: String)) throws {
        let request = Calls.streamingChat(Self.asksForUsage)
        let translation = try Calls.translate(client.path, request, to: upstream.format)
        let outcome = translation.response.run(try Fixtures.bytes("\(upstream.name)/stream.sse"))
        let usage = outcome.observation.usage
        let last = try #require(eventData(outcome.output).last)
        #expect(last.contains(#""prompt_tokens":\#(usage.totalInput),"completion_tokens":\#(usage.output ?? -1),"#))
        #expect(last.contains(#""total_tokens":\#(usage.total)"#))
    }
}
