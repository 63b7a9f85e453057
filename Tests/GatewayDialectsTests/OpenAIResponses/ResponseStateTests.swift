// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("State of responses")
struct ResponseStateTests {
    private let path = "/openai/v1/responses"
    private let origin = StateOrigin(service: "system.providers.openai", model: "gpt-5")

    private func envelope(_ body: String) throws -> RequestEnvelope {
        try Calls.envelope(path, ByteBuffer(string: body))
    }

    private func exchange(_ input: String, _ response: String) -> StoredResponse.Exchange {
        StoredResponse.Exchange(input: ByteBuffer(string: input), response: ByteBuffer(string: response))
    }

    private func relay(
        streaming: Bool,
        wraps: Bool = false,
        _ recording: ResponseRecording = .none
    ) throws -> any ResponseTransform {
        var target = TranslationTarget(
            format: .openAIResponses,
            model: "gpt-5",
            limits: ModelLimits(),
            defaultMaximumOutput: 1,
            origin: origin
        )
        target.wrapsState = wraps
        target.recording = recording
        let body = #"{"model":"m","input":"x","stream":\#(streaming)}"#
        return try Dialects().translate(envelope(body), to: target, answer: Calls.identity).response
    }

    // MARK: What requests say

    @Test("store is true unless it says otherwise")
    func store() throws {
        let dialects = Dialects()
        #expect(try dialects.reference(of: envelope(#"{"model":"m"}"#)) == ResponseReference(isStored: true))
        #expect(
            try dialects.reference(of: envelope(#"{"model":"m","store":null,"previous_response_id":null}"#))
                == ResponseReference(isStored: true)
        )
        #expect(
            try dialects.reference(of: envelope(#"{"model":"m","store":false,"previous_response_id":"resp_1"}"#))
                == ResponseReference(previousID: "resp_1")
        )
        let chat = try Calls.envelope(Calls.chatPath, ByteBuffer(string: #"{"model":"m","store":true}"#))
        #expect(try dialects.reference(of: chat) == ResponseReference())
    }

    @Test(
        "What cannot be kept or is no id is refused by its name",
        arguments: [
            ("background", "true"), ("conversation", #""conv_1""#), ("conversation", #"{"id":"conv_1"}"#),
            ("store", "1"), ("previous_response_id", "1"), ("previous_response_id", #""""#),
        ]
    )
    func refused(member: String, value: String) throws {
        let envelope = try envelope(#"{"model":"m","\#(member)":\#(value)}"#)
        let error = #expect(throws: GatewayError.self) { try Dialects().reference(of: envelope) }
        #expect(error?.status == 400)
        #expect(error?.parameter == member)
    }

    // MARK: Conversations

    @Test(
        "An earlier conversation comes before the input, with the bytes that it had",
        arguments: [
            (#""new""#, #"{"type":"message","role":"user","content":[{"type":"input_text","text":"new"}]}"#),
            (#"[{"role":"user","content":"a b"},{"x":1}]"#, #"{"role":"user","content":"a b"},{"x":1}"#),
            ("[]", nil),
        ] as [(String, String?)]
    )
    func resume(input: String, expected: String?) throws {
        let resumed = try Dialects().resume(
            envelope(#"{"a":1,"previous_response_id":"resp_1","model":"m","input":\#(input),"z": [2]}"#),
            after: exchange(
                #"[{"role":"user","content":"caf\u00e9"}]"#,
                #"{"id":"resp_1","output":[{"type":"reasoning","encrypted_content":"g+/="},{"type":"message"}]}"#
            )
        )
        let items =
            #"{"role":"user","content":"caf\u00e9"},{"type":"reasoning","encrypted_content":"g+/="},{"type":"message"}"#
            + (expected.map { "," + $0 } ?? "")
        #expect(
            String(buffer: resumed.scan.value.bytes)
                == #"{"a":1,"previous_response_id":null,"model":"m","input":[\#(items)],"z": [2]}"#
        )
        #expect(resumed.modelValue?.string == "m")
        #expect(resumed.previousResponseID == "resp_1")
        #expect(String(buffer: try Dialects().input(of: resumed)) == "[\(items)]")
    }

    @Test("A request without input goes on with the conversation alone")
    func resumeWithoutInput() throws {
        let resumed = try Dialects().resume(
            envelope(#"{"model":"m","previous_response_id":"r"}"#),
            after: exchange(#""hi""#, #"{"output":[]}"#)
        )
        #expect(
            String(buffer: resumed.scan.value.bytes)
                == #"{"model":"m","previous_response_id":null,"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}]}"#
        )
    }

    @Test("What was stored and cannot be read is a fault of the gateway")
    func damaged() throws {
        let envelope = try envelope(#"{"model":"m","previous_response_id":"r"}"#)
        let error = #expect(throws: GatewayError.self) {
            try Dialects().resume(envelope, after: exchange("[", "{}"))
        }
        #expect(error?.code == .internalFailure)
    }

    @Test("Input items have ids and a type, and come in pages")
    func inputItems() throws {
        let stored = exchange(
            #"[{"role":"user","content":"one"},{"id":"msg_2","type":"message","role":"assistant","content":"two"},{"id":null,"type":"function_call_output","call_id":"c","output":"3"}]"#,
            #"{"id":"resp_ab","output":[]}"#
        )
        let all = try JSONValue(validating: Dialects().inputItems(of: stored, query: "order=asc"))
        #expect(
            String(buffer: all.bytes)
                == #"{"object":"list","data":["#
                + #"{"id":"item_ab_0","type":"message","role":"user","content":[{"type":"input_text","text":"one"}]},"#
                + #"{"id":"msg_2","type":"message","role":"assistant","content":[{"type":"output_text","text":"two","annotations":[]}]},"#
                + #"{"id":"item_ab_2","type":"function_call_output","call_id":"c","output":"3"}],"#
                + #""first_id":"item_ab_0","last_id":"item_ab_2","has_more":false}"#
        )
        func ids(_ query: Substring) throws -> ([String], Bool?) {
            let page = try JSONValue(validating: Dialects().inputItems(of: stored, query: query))
            return (page["data"]?.array?.compactMap { $0["id"]?.string } ?? [], page["has_more"]?.bool)
        }
        #expect(try ids("") == (["item_ab_2", "msg_2", "item_ab_0"], false))
        #expect(try ids("limit=2&include=x") == (["item_ab_2", "msg_2"], true))
        #expect(try ids("limit=2&after=msg_2") == (["item_ab_0"], false))
        for query: Substring in ["limit=0", "limit=101", "limit=x", "order=up", "after=none"] {
            #expect(throws: GatewayError.self) { try Dialects().inputItems(of: stored, query: query) }
        }
        let deletion = String(buffer: Dialects().deletion(of: "resp_ab"))
        #expect(deletion == #"{"id":"resp_ab","object":"response","deleted":true}"#)
    }

    // MARK: Recording

    private static func events(_ last: String, named: Bool) -> String {
        [
            ("response.created", #"{"type":"response.created","response":{"id":"resp_1","status":"in_progress"}}"#),
            ("response.output_text.delta", #"{"type":"response.output_text.delta","delta":"response.completed"}"#),
            (last, #"{"type":"\#(last)","sequence_number":2,"response":{"id":"resp_1", "output":["\u00e9"]}}"#),
        ].map { (named ? "event: \($0.0)\n" : "") + "data: \($0.1)\n\n" }.joined()
    }

    @Test("A stream's answer is recorded when it is complete, wherever it is cut", arguments: [true, false])
    func recordStream(named: Bool) throws {
        let stream = ByteBuffer(string: Self.events("response.completed", named: named))
        for cut in [Cut.whole, .every(1), .every(7)] + (0..<stream.readableBytes).map({ Cut.at($0) }) {
            var whole = try relay(streaming: true, .whole(maximumBytes: 100))
            #expect(try whole.passes(stream, cut) == stream)
            #expect(
                whole.recorded
                    == RecordedResponse(
                        id: "resp_1",
                        body: ByteBuffer(string: #"{"id":"resp_1", "output":["\u00e9"]}"#),
                        bytes: 36
                    )
            )
            var small = try relay(streaming: true, .whole(maximumBytes: 35))
            _ = try small.passes(stream, cut)
            #expect(small.recorded == RecordedResponse(id: "resp_1", bytes: 36))
            var identifier = try relay(streaming: true, .identifier)
            #expect(try identifier.passes(stream, cut) == stream)
            #expect(identifier.recorded == RecordedResponse(id: "resp_1"))
        }
    }

    @Test("An answer that is incomplete by itself is recorded, a failed one is not")
    func recordEnds() throws {
        var incomplete = try relay(streaming: true, .whole(maximumBytes: 100))
        _ = try incomplete.passes(ByteBuffer(string: Self.events("response.incomplete", named: true)), .whole)
        #expect(incomplete.recorded?.body != nil)
        var failed = try relay(streaming: true, .whole(maximumBytes: 100))
        _ = try failed.passes(ByteBuffer(string: Self.events("response.failed", named: true)), .whole)
        #expect(failed.recorded == nil)
        var wholeFailed = try relay(streaming: false, .whole(maximumBytes: 100))
        _ = try wholeFailed.passes(ByteBuffer(string: #"{"id":"resp_1","status":"failed"}"#), .whole)
        #expect(wholeFailed.recorded == nil)
    }

    @Test("A whole answer is recorded with its bytes")
    func recordWhole() throws {
        let answer = ByteBuffer(
            string: #"{"object":"response", "id":"resp_1","status":"completed","output":[{"id":"x"}]}"#
        )
        for cut in [Cut.whole, .every(1), .every(7)] {
            var whole = try relay(streaming: false, .whole(maximumBytes: answer.readableBytes))
            #expect(try whole.passes(answer, cut) == answer)
            #expect(whole.recorded == RecordedResponse(id: "resp_1", body: answer, bytes: answer.readableBytes))
            var small = try relay(streaming: false, .whole(maximumBytes: answer.readableBytes - 1))
            _ = try small.passes(answer, cut)
            #expect(small.recorded == RecordedResponse(id: "resp_1", bytes: answer.readableBytes))
            var identifier = try relay(streaming: false, .identifier)
            _ = try identifier.passes(answer, cut)
            #expect(identifier.recorded == RecordedResponse(id: "resp_1"))
        }
    }

    @Test(
        "An id that no later request could name is not recorded",
        arguments: [#""""#, "1", "null", #""\#(String(repeating: "x", count: 65))""#]
    )
    func badIDs(id: String) throws {
        var transform = try relay(streaming: false, .whole(maximumBytes: 1000))
        _ = try transform.passes(ByteBuffer(string: #"{"id":\#(id),"status":"completed"}"#), .whole)
        #expect(transform.recorded == nil)
    }

    // MARK: Wrapping

    @Test(
        "reasoning-07: encrypted thoughts of a relayed answer say whose they are; every other byte stays",
        arguments: [true, false]
    )
    func wraps(streaming: Bool) throws {
        let item = #"{"type":"reasoning","id":"rs_1","encrypted_content" : "gAAA+/b=="}"#
        let decoys =
            #""text":"\"encrypted_content\": \"x\"","encrypted_content":null,"k":"encrypted_content","encrypted_content":"""#
        let body = #"{"id":"resp_1","output":[\#(item),{\#(decoys)}],"status":"completed"}"#
        let answer =
            streaming
            ? #"data: {"type":"response.output_item.done","item":\#(item)}"# + "\r\n\r\n"
                + #"data: {"type":"response.completed","response":\#(body)}"# + "\n\n"
            : body
        let wrapped = OpaqueState(.encrypted, "gAAA+/b==", from: origin).wrapped
        let expected = answer.replacing("gAAA+/b==", with: wrapped)
        let bytes = ByteBuffer(string: answer)
        for cut in [Cut.whole, .every(1), .every(13)] {
            var transform = try relay(streaming: streaming, wraps: true)
            #expect(String(buffer: try transform.passes(bytes, cut)) == expected)
            #expect(!transform.keepsLength)
            var raw = try relay(streaming: streaming)
            #expect(try raw.passes(bytes, cut) == bytes)
        }
        let back = try #require(OpaqueState(wrapped: JSONString(wrapped)))
        #expect(back.origin == origin)
        #expect(back.data == "gAAA+/b==")
    }

    // MARK: Affinity

    @Test("reasoning-07: whose state a body holds, the latest first")
    func origins() throws {
        let other = StateOrigin(service: "b", model: "b")
        let mine = OpaqueState(.encrypted, "AAAA", from: origin).wrapped
        let others = OpaqueState(.signature, "not base64", from: other).wrapped
        let body = #"{"model":"m","input":["\#(mine)","gatehouse1_","gatehouse1_ezz","call_1_\#(others)","\#(mine)x"]}"#
        #expect(try Dialects().stateOrigins(in: envelope(body)) == [origin, other])
        #expect(try Dialects().stateOrigins(in: envelope(#"{"model":"m","a_b":"_gatehouse1"}"#)).isEmpty)
        let many = (0..<100).map { OpaqueState(.thought, "x", from: StateOrigin(tag: $0)).wrapped }
        let last = try Dialects().stateOrigins(in: envelope(#"{"model":"m","input":"\#(many.joined())"}"#))
        #expect(last == (92..<100).reversed().map { StateOrigin(tag: $0) })
    }

    @Test(
        "cache-02: what names a session",
        arguments: [
            ("/openai/v1/responses", #""prompt_cache_key":"s1""#, "s1"),
            ("/openai/v1/chat/completions", #""prompt_cache_key":"s1""#, "s1"),
            ("/openai/v1/responses", #""prompt_cache_key":5"#, nil),
            ("/anthropic/v1/messages", #""metadata":{"user_id":"user_ab_account_cd_session_12-34"}"#, "12-34"),
            (
                "/anthropic/v1/messages", #""metadata":{"user_id":"{\"device_id\":\"d\",\"session_id\":\"12-34\"}"}"#,
                "12-34"
            ),
            ("/anthropic/v1/messages", #""metadata":{"user_id":"alice"}"#, nil),
            ("/anthropic/v1/messages", #""metadata":null"#, nil),
        ] as [(String, String, String?)]
    )
    func session(path: String, member: String, expected: String?) throws {
        let envelope = try Calls.envelope(path, ByteBuffer(string: #"{"model":"m",\#(member)}"#))
        #expect(Dialects().session(of: envelope) == expected)
    }

    // MARK: Compactions

    @Test("reasoning-14: who compacted turns is read from the items that hold them, and from nothing else")
    func compactions() throws {
        let wrapped = OpaqueState(.encrypted, "gAAAAsealed", from: origin).wrapped
        let body =
            #"{"model":"m","input":[{"role":"user","content":"\#(wrapped)"},{"type":"reasoning","encrypted_content":"\#(wrapped)"},"#
            + #"{"type":"compaction","encrypted_content":"\#(wrapped)"},{"type":"compaction","encrypted_content":"gAAAAx"},"#
            + #"{"type":"compaction_summary","encrypted_content":"gatehouse1_broken"}]}"#
        let found = [
            CompactedTurns(path: "input[2]", origin: origin), CompactedTurns(path: "input[4]", origin: nil),
        ]
        for path in [path, path + "/compact", "/mlflow/v1/responses"] {
            let envelope = try Calls.envelope(path, ByteBuffer(string: body))
            #expect(Dialects().compactions(in: envelope) == found)
        }
        #expect(try Dialects().compactions(in: envelope(#"{"model":"m","input":"\#(wrapped)"}"#)).isEmpty)
        // Of an earlier conversation too, where a place in the body says nothing to the client.
        let resumed = try Dialects().resume(
            envelope(#"{"model":"m","previous_response_id":"r","input":"x"}"#),
            after: exchange(#"[{"type":"compaction","encrypted_content":"\#(wrapped)"}]"#, #"{"output":[]}"#)
        )
        #expect(Dialects().compactions(in: resumed) == [CompactedTurns(path: "input", origin: origin)])
    }
}

extension ResponseTransform {
    /// Everything that comes out.
    fileprivate mutating func passes(_ answer: ByteBuffer, _ cut: Cut) throws -> ByteBuffer {
        var output = ByteBuffer()
        for piece in cut.pieces(of: answer) { output.writeImmutableBuffer(try consume(piece)) }
        output.writeImmutableBuffer(try finish())
        return output
    }
}
