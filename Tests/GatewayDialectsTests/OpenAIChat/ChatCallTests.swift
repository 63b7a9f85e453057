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

    @Test("S03 S12: Arguments beside the name, and a stop that is none")
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
}
