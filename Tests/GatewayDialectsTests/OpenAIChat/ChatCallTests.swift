// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import NIOCore
import Testing

/// Fragments of tool calls as servers stream them.
@Suite("Streamed tool calls")
struct ChatCallTests {
    private func decode(_ deltas: [String], reason: String = "tool_calls") throws -> DecodedStream {
        let events = deltas.map { #"data: {"id":"x","choices":[{"delta":\#($0)}]}"# + "\n\n" }
        let end = #"data: {"choices":[{"delta":{},"finish_reason":"\#(reason)"}]}"# + "\n\ndata: [DONE]\n\n"
        let decoded = try DecodedStream(OpenAIChat(), ByteBuffer(string: events.joined() + end))
        #expect(decoded.disorder == nil || decoded.failure != nil)
        return decoded
    }

    private func calls(_ fragments: [String]) throws -> [String] {
        let decoded = try decode(fragments.map { #"{"tool_calls":[\#($0)]}"# })
        #expect(decoded.failure == nil)
        return ChatUpstreamTests.lines(decoded.response.candidates[0].parts)
    }

    @Test("Fragments of parallel calls may be interleaved")
    func interleaved() throws {
        let lines = try calls([
            #"{"index":0,"id":"a","function":{"name":"f","arguments":""}}"#,
            #"{"index":1,"id":"b","function":{"name":"g","arguments":""}}"#,
            #"{"index":0,"function":{"arguments":"{\"x\":\"}\\\\\""}}"#,
            #"{"index":1,"function":{"arguments":"{\"y\""}}"#,
            #"{"index":0,"function":{"arguments":",\"z\":[{}]"}},{"index":1,"function":{"arguments":":2}"}}"#,
            #"{"index":0,"function":{"arguments":"}"}}"#,
        ])
        #expect(lines == [#"call a f {"x":"}\\","z":[{}]}"#, #"call b g {"y":2}"#])
    }

    @Test("A call that is whole goes out before the next one is")
    func incremental() throws {
        let decoded = try decode([
            #"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#,
            #"{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{\"x\":"}}]}"#,
            #"{"content":"and"}"#,
        ])
        let texts = decoded.events.map(\.text)
        let begun = try #require(texts.firstIndex { $0.contains("call b g") })
        #expect(try #require(texts.firstIndex { $0.contains("+ and") }) > begun)
        #expect(texts.filter { $0.contains("end of part") }.count == 3)
    }

    @Test("Servers that give every call the same index, none, or no id")
    func oddIndices() throws {
        #expect(
            try calls([
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#,
                #"{"index":0,"id":"b","function":{"name":"g","arguments":"{\"x\""}}"#,
                #"{"index":0,"function":{"arguments":":1}"}}"#,
                #"{"index":0,"id":"c","function":{"name":"h","arguments":"{}"}}"#,
            ]) == ["call a f {}", #"call b g {"x":1}"#, "call c h {}"]
        )
        #expect(
            try calls([
                #"{"id":"a","function":{"name":"f","arguments":"{"}}"#, #"{"function":{"arguments":"}"}}"#,
                #"{"id":"b","function":{"name":"g","arguments":{"x":1}}}"#,
            ]) == ["call a f {}", #"call b g {"x":1}"#]
        )
        #expect(
            try calls([
                #"{"index":9223372036854775807,"id":"a","function":{"name":"f","arguments":"{}"}}"#,
                #"{"index":-5,"id":"b","function":{"name":"g","arguments":"{}"}}"#,
            ]) == ["call a f {}", "call b g {}"]
        )
        // The id in every fragment, as some servers repeat it; the name after the arguments.
        #expect(
            try calls([
                #"{"index":0,"id":"a","function":{"arguments":"{"}}"#,
                #"{"index":0,"id":"a","function":{"name":"f","arguments":"}"}}"#,
                #"{"index":0,"id":"a","function":{"arguments":""}}"#,
            ]) == ["call a f {}"]
        )
    }

    @Test("stream-03 stream-12: Arguments beside the name, and a stop that is none")
    func stop() throws {
        let decoded = try decode(
            [#"{"content":"x","tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"a\":1}"}}]}"#],
            reason: "stop"
        )
        #expect(ChatUpstreamTests.lines(decoded.response.candidates[0].parts) == ["text x", #"call a f {"a":1}"#])
        #expect(decoded.response.candidates[0].finishReason == .toolCalls)
    }

    @Test("What belongs to a call that is over is an error, unless it says nothing")
    func afterTheEnd() throws {
        let first = #"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#
        let second = #"{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}]}"#
        let late = try decode([first, second, #"{"tool_calls":[{"index":0,"function":{"arguments":"x"}}]}"#])
        #expect(late.failure?.contains("interleaved") == true)
        let nothing = try decode([first, second, #"{"tool_calls":[{"index":0,"function":{"arguments":""}}]}"#])
        #expect(nothing.failure == nil)
        let nameless = try decode([#"{"tool_calls":[{"index":0,"id":"a"}]}"#])
        #expect(nameless.failure?.contains("no name") == true)
    }

    @Test("What waits is bounded")
    func bounds() throws {
        let piece = String(repeating: "x", count: 1 << 20)
        var deltas = [#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}"#]
        deltas += (0..<17).map { _ in
            #"{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"\#(piece)"}}]}"#
        }
        #expect(try decode(deltas).failure?.contains("too large") == true)
        let many = (0..<1025).map { #"{"tool_calls":[{"id":"c\#($0)","function":{"name":"f","arguments":"{}"}}]}"# }
        #expect(try decode(many).failure?.contains("too many") == true)
    }

    @Test("Whatever a server streams, the order of the parts is kept or the stream is an error")
    func mutations() throws {
        let pieces = [
            #"{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}"#, #"{"index":1,"id":"b"}"#,
            #"{"index":0,"function":{"arguments":"}"}}"#, #"{"function":{"name":"g","arguments":"{}"}}"#,
            #"{"index":1,"function":{"name":"h"}}"#, #"{"id":"c","custom":{"name":"sh","input":"ls"}}"#, "null", "{}",
            #"{"index":1,"function":{"arguments":{"x":1}}}"#,
        ]
        let members = [
            #""content":"x""#,
            #""content":[{"type":"text","text":"y"},{"type":"reasoning","summary":[{"text":"r","signature":"s"},{"data":"d"}]}]"#,
            #""reasoning_content":"hm""#, #""reasoning_details":[{"type":"reasoning.encrypted","data":"d"}]"#,
            #""refusal":"no""#, #""annotations":[{"url_citation":{"url":"u"}}]"#, #""audio":{"data":"AA"}"#,
            #""extra_content":{"google":{"thought_signature":"s"}}"#, #""function_call":{"name":"f","arguments":"{}"}"#,
        ]
        var generator = SplitMix(seed: 23)
        for _ in 0..<500 {
            var stream = ""
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let calls = pieces.shuffled(using: &generator).prefix(2).joined(separator: ",")
                var some = members.shuffled(using: &generator).prefix(Int.random(in: 0...2, using: &generator)).map {
                    $0
                }
                if Bool.random(using: &generator) { some.append(#""tool_calls":[\#(calls)]"#) }
                let index = Int.random(in: 0...1, using: &generator)
                let logprobs = Bool.random(using: &generator) ? #","logprobs":{"content":[{"token":"x"}]}"# : ""
                let end = Int.random(in: 0..<6, using: &generator) == 0 ? #","finish_reason":"stop""# : ""
                stream +=
                    #"data: {"choices":[{"index":\#(index),"delta":{\#(some.joined(separator: ","))}\#(logprobs)\#(end)}]}"#
                    + "\n\n"
            }
            let decoded = try DecodedStream(OpenAIChat(), ByteBuffer(string: stream + "data: [DONE]\n\n"))
            if decoded.failure == nil { #expect(decoded.disorder == nil, "\(stream)") }
        }
    }
}
