// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// The ids that clients get, whatever the upstream's are.
@Suite("Ids of answers and calls")
struct AnswerIDTests {
    /// A conversation in which the client's tool was called with the id `call_0`.
    private static let requests: [String: String] = [
        "chat": #"""
        {"model":"m","messages":[{"role":"user","content":"Go"},
         {"role":"assistant","tool_calls":[{"id":"call_0","type":"function","function":{"name":"f","arguments":"{}"}}]},
         {"role":"tool","tool_call_id":"call_0","content":"done"}]@}
        """#,
        "responses": #"""
        {"model":"m","input":[{"type":"message","role":"user","content":"Go"},
         {"type":"function_call","call_id":"call_0","name":"f","arguments":"{}"},
         {"type":"function_call_output","call_id":"call_0","output":"done"}]@}
        """#,
        "messages": #"""
        {"model":"m","max_tokens":99,"messages":[{"role":"user","content":"Go"},
         {"role":"assistant","content":[{"type":"tool_use","id":"call_0","name":"f","input":{}}]},
         {"role":"user","content":[{"type":"tool_result","tool_use_id":"call_0","content":"done"}]}]@}
        """#,
        "gemini": #"""
        {"contents":[{"role":"user","parts":[{"text":"Go"}]},
         {"role":"model","parts":[{"functionCall":{"id":"call_0","name":"f","args":{}}}]},
         {"role":"user","parts":[{"functionResponse":{"id":"call_0","name":"f","response":{"a":1}}}]}]}
        """#,
    ]

    static let clients = StepClient.conforming.filter { requests[$0.name] != nil }

    /// An answer that calls a tool three times with ids that the upstream gives twice, or not at all.
    private static let answer: SteppedAnswer = {
        var answer = SteppedAnswer.full
        answer.calls = [("f", "{}"), ("f", #"{"n":1}"#), ("g", #"{"n":2}"#)]
        return answer
    }()

    /// What makes the client's answer; nil where an upstream of the client's own format gives ids that stay.
    private static func transform(
        _ client: StepClient,
        _ upstream: StepUpstream,
        isStreaming: Bool,
        repeatsIDs: Bool = true
    ) throws -> (any ResponseTransform)? {
        let envelope = try client.envelope(isStreaming: isStreaming, body: requests[client.name] ?? "")
        let isRelayed = envelope.apiType.wireFormat == upstream.format
        guard Dialects().canServe(envelope.apiType, with: upstream.format) else { return nil }
        if isRelayed, upstream.client?.answerIDs == nil { return nil }
        var target = TranslationTarget(
            format: upstream.format,
            model: "m",
            limits: ModelLimits(),
            defaultMaximumOutput: 100
        )
        target.traits.repeatsIDs = repeatsIDs
        return try Dialects().translate(envelope, to: target, answer: Calls.identity).response
    }

    @Test("Every client's API with tools has such a conversation")
    func formats() throws {
        for writer in Conformance.writers {
            let format = writer.dialect?.format
            #expect(Self.clients.contains { $0.dialect?.format == format }, "\(writer.name)")
        }
    }

    @Test("tools-15: only Gemini's clients get ids that an upstream of their own format may repeat")
    func relayedFormats() {
        for upstream in StepUpstream.all where upstream.format != .geminiGenerateContent {
            guard let dialect = upstream.client, upstream.name != "completions" else { continue }
            #expect(dialect.answerIDs != nil, "\(upstream.name)")
        }
    }

    @Test("tools-15: ids of calls are unique in a conversation, whatever the upstream gives", arguments: clients)
    func calls(_ client: StepClient) throws {
        for upstream in StepUpstream.all where upstream.name != "completions" {
            for isStreaming in [false, true] {
                // All the same as the one of the last turn; or empty.
                for id in ["call_0", ""] {
                    guard let transform = try Self.transform(client, upstream, isStreaming: isStreaming) else {
                        continue
                    }
                    let bytes = isStreaming ? upstream.stream(Self.answer, pieces: 4) : upstream.body(Self.answer)
                    let outcome = transform.run(Self.renamed(bytes, to: id, upstream))
                    let name = "\(client.name) \(upstream.name) \(isStreaming) '\(id)'"
                    #expect(outcome.error == nil, "\(name)")
                    let calls = try client.response(outcome.output, isStreaming: isStreaming).candidates[0].parts
                        .compactMap(\.toolCall)
                    #expect(calls.map(\.name.string) == ["f", "f", "g"], "\(name)")
                    let ids = calls.map(\.id.string) + ["call_0"]
                    #expect(Set(ids).count == 4 && !ids.contains(""), "\(name) \(ids)")
                    #expect(ids.allSatisfy { $0.utf8.count <= 40 || $0.contains("gatehouse") }, "\(name) \(ids)")
                }
                // Ids that name nothing yet stay as they are.
                guard let transform = try Self.transform(client, upstream, isStreaming: isStreaming) else { continue }
                let bytes = isStreaming ? upstream.stream(Self.answer, pieces: 4) : upstream.body(Self.answer)
                let output = transform.run(bytes).output
                #expect(output.contains("call_1") && output.contains("call_2"), "\(client.name) \(upstream.name)")
            }
        }
    }

    /// The answer with this id for every call; messages of Amazon's event stream are written anew, since their checksums change.
    private static func renamed(_ bytes: ByteBuffer, to id: String, _ upstream: StepUpstream) -> ByteBuffer {
        func renamed(_ text: String) -> String { text.replacing(#/"call_\d"/#, with: "\"\(id)\"") }
        guard upstream.client == nil else { return ByteBuffer(string: renamed(String(buffer: bytes))) }
        var framer = EventStreamFramer()
        var messages: [ByteBuffer] = []
        guard (try? framer.consume(bytes, into: &messages)) != nil, !messages.isEmpty else {
            return ByteBuffer(string: renamed(String(buffer: bytes)))
        }
        var output = ByteBuffer()
        for bytes in messages {
            guard let message = try? EventStreamMessage(bytes), let type = message.text(":event-type") else { continue }
            EventStreamMessage.write(
                headers: [":message-type": "event", ":event-type": String(decoding: type, as: UTF8.self)],
                payload: ByteBuffer(string: renamed(String(buffer: message.payload))),
                into: &output
            )
        }
        return output
    }

    @Test("tools-15: an answer's id is unique in a conversation, and a vendor's random one stays", arguments: clients)
    func answers(_ client: StepClient) throws {
        for upstream in StepUpstream.all where upstream.client != nil && upstream.name != "completions" {
            for isStreaming in [false, true] {
                for (id, isKept) in [("same", false), ("chatcmpl-123", false), ("x-01XFDUDYJgAACzvnptvVoYEL", true)] {
                    guard let transform = try Self.transform(client, upstream, isStreaming: isStreaming) else {
                        continue
                    }
                    let bytes = isStreaming ? upstream.stream(Self.answer, pieces: 4) : upstream.body(Self.answer)
                    let text = String(buffer: bytes).replacing("resp_1", with: id)
                    let response = try client.response(
                        transform.run(ByteBuffer(string: text)).output,
                        isStreaming: isStreaming
                    )
                    let given = try #require(response.id?.string)
                    // Ids of Responses are all of one form, and made of the request's.
                    guard client.name != "responses" else { continue }
                    #expect(given.hasSuffix(id) == isKept, "\(client.name) \(upstream.name) \(given)")
                    #expect(given.contains(id))
                }
            }
        }
    }

    // MARK: Relays

    /// Streams and answers of small servers, in which each id is one that the conversation has, or that comes twice.
    private static let relayed: [(client: String, body: String, events: [String])] = [
        (
            "chat",
            #"{"id":"chatcmpl-1","choices":[{"index":0,"message":{"content":"call_0","tool_calls":[{"id":"call_0","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"call_0","type":"function","function":{"name":"g","arguments":"{}"}},{"id":"call_9","type":"function","function":{"name":"h","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#,
            [
                #"{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"call_0"}}]}"#,
                #"{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_0","function":{"name":"f","arguments":""}}]}}]}"#,
                #"{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_0","function":{"arguments":"{}"}}]}}]}"#,
                #"{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_0","function":{"name":"g","arguments":"{}"}},{"index":2,"id":"call_9","function":{"name":"h","arguments":"{}"}}]}}]}"#,
                #"{"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#, "[DONE]",
            ]
        ),
        (
            "messages",
            #"{"id":"msg_0","type":"message","content":[{"type":"text","text":"call_0"},{"type":"tool_use","id":"call_0","name":"f","input":{"q":"call_0"}},{"type":"server_tool_use","id":"call_0","name":"g","input":{}},{"type":"web_search_tool_result","tool_use_id":"call_0","content":[]},{"type":"tool_use","id":"call_9","name":"h","input":{}}],"stop_reason":"tool_use"}"#,
            [
                #"{"type":"message_start","message":{"id":"msg_0","type":"message","content":[],"usage":{}}}"#,
                #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"call_0"}}"#,
                #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"call_0","name":"f","input":{}}}"#,
                #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"q\":\"call_0\"}"}}"#,
                #"{"type":"content_block_start","index":2,"content_block":{"type":"server_tool_use","id":"call_0","name":"g","input":{}}}"#,
                #"{"type":"content_block_start","content_block":{"type":"web_search_tool_result","tool_use_id":"call_0","content":[]},"index":3}"#,
                #"{"type":"content_block_start","index":4,"content_block":{"type":"tool_use","id":"call_9","name":"h","input":{}}}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"#, #"{"type":"message_stop"}"#,
            ]
        ),
        (
            "responses",
            #"{"id":"resp_0","output":[{"id":"fc_1","type":"function_call","call_id":"call_0","name":"f","arguments":"{}"},{"type":"function_call","call_id":"call_0","name":"g","arguments":"{}","id":"fc_1"},{"id":"fc_9","type":"function_call","call_id":"call_9","name":"h","arguments":"{}"}]}"#,
            [
                #"{"type":"response.created","response":{"id":"resp_0","output":[]}}"#,
                #"{"type":"response.output_item.added","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"call_0","name":"f","arguments":""}}"#,
                #"{"type":"response.output_item.added","item":{"type":"function_call","call_id":"call_0","name":"g","arguments":"","id":"fc_1"},"output_index":1}"#,
                #"{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,"delta":"{}"}"#,
                #"{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":0,"delta":"{}"}"#,
                #"{"type":"response.output_item.added","output_index":2,"item":{"id":"fc_9","type":"function_call","call_id":"call_9","name":"h","arguments":""}}"#,
                #"{"type":"response.completed","response":{"id":"resp_0","output":[{"id":"fc_1","call_id":"call_0"},{"id":"fc_1","call_id":"call_0"},{"id":"fc_9","call_id":"call_9"}]}}"#,
            ]
        ),
    ]

    private static let suffix = String(Calls.identity.requestID.filter { $0 != "-" }.prefix(16))

    @Test(
        "tools-15: relayed ids are unique too, the same in each event, and every other byte stays",
        arguments: relayed.map(\.client)
    )
    func relays(_ name: String) throws {
        let subject = try #require(Self.relayed.first { $0.client == name })
        let client = try #require(Self.clients.first { $0.name == name })
        let format = try client.envelope(isStreaming: false).apiType.wireFormat
        let upstream = try #require(StepUpstream.all.first { $0.format == format })
        let stream = ByteBuffer(string: subject.events.map { "data: \($0)\n\n" }.joined())
        for (isStreaming, bytes) in [(false, ByteBuffer(string: subject.body)), (true, stream)] {
            let transform = try #require(try Self.transform(client, upstream, isStreaming: isStreaming))
            let expected = transform.run(bytes)
            #expect(expected.error == nil)
            for cut in Cut.all(of: bytes) { #expect(transform.run(bytes, cut) == expected, "\(cut)") }
            // Without what makes them unique it is what the upstream sent.
            let plain = expected.output.replacing(try Regex("(_|-)\(Self.suffix)(_[0-9])?"), with: "")
            #expect(plain == String(buffer: bytes))
            let calls = expected.output.matches(of: /"(?:call_id|tool_use_id|id)":"(call_[^"]*)"/).map {
                String($0.output.1)
            }
            #expect(Set(calls).count == 3 && !calls.contains("call_0") && calls.contains("call_9"), "\(calls)")
            #expect(calls.allSatisfy { $0.utf8.count <= 40 })
            let answers = expected.output.matches(of: /"id":"((?:chatcmpl|msg|resp)[^"]*)"/).map { $0.output.1 }
            #expect(Set(answers).count == 1 && answers[0].hasSuffix(Self.suffix), "\(answers)")
            // What the content quotes is no id.
            #expect(name == "responses" || expected.output.contains(#":"call_0""#))
        }
    }

    @Test("tools-15: what an item of a response is called belongs to its place", arguments: [false, true])
    func items(_ isStreaming: Bool) throws {
        let subject = try #require(Self.relayed.first { $0.client == "responses" })
        let client = try #require(Self.clients.first { $0.name == "responses" })
        let upstream = try #require(StepUpstream.all.first { $0.name == "responses" })
        let text = isStreaming ? subject.events.map { "data: \($0)\n\n" }.joined() : subject.body
        let output = try #require(try Self.transform(client, upstream, isStreaming: isStreaming)).run(
            ByteBuffer(string: text)
        ).output
        let second = "fc_1_\(Self.suffix)"
        let items = output.matches(of: /"(?:item_id|id)":"(fc_[^"]*)"/).map { String($0.output.1) }
        let expected = ["fc_1", second, "fc_9"]
        #expect(items == (isStreaming ? ["fc_1", second, second, "fc_1", "fc_9"] + expected : expected))
    }

    @Test("tools-15: calls of a stream without indices, and of several choices, are told apart")
    func places() throws {
        let client = try #require(Self.clients.first { $0.name == "chat" })
        let upstream = try #require(StepUpstream.all.first { $0.name == "chat" })
        func call(_ choice: Int, _ name: String, _ index: String = "") -> String {
            #"data: {"id":"x","choices":[{"delta":{"tool_calls":[{\#(index)"id":"c","function":{"name":"\#(name)","arguments":"{}"}}]},"index":\#(choice)}]}"#
                + "\n\n"
        }
        let end =
            #"data: {"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#
            + "\n\ndata: [DONE]\n\n"
        for (stream, expected) in [
            (call(0, "f") + call(0, "g") + call(0, "h"), ["c", "c_\(Self.suffix)", "c_\(Self.suffix)_2"]),
            (call(0, "f", #""index":0,"#) + call(1, "f", #""index":0,"#), ["c", "c"]),
            (call(0, "f", #""index":0,"#) + call(0, "", #""index":0,"#), ["c", "c"]),
        ] {
            let transform = try #require(try Self.transform(client, upstream, isStreaming: true))
            let output = transform.run(ByteBuffer(string: stream + end)).output
            #expect(output.matches(of: /"id":"(c[^"]*)"/).map { String($0.output.1) } == expected)
        }
    }

    @Test(
        "tools-15: ids that are unique keep every byte, and so do those of the vendors themselves",
        arguments: clients
    )
    func untouched(_ client: StepClient) throws {
        let envelope = try client.envelope(isStreaming: false)
        for upstream in StepUpstream.all where upstream.format == envelope.apiType.wireFormat {
            for isStreaming in [false, true] {
                for (isVendor, call) in [(true, "call_0"), (false, "call_7")] {
                    guard
                        let transform = try Self.transform(
                            client,
                            upstream,
                            isStreaming: isStreaming,
                            repeatsIDs: !isVendor
                        )
                    else { continue }
                    var answer = SteppedAnswer.full
                    answer.calls = [("f", "{}")]
                    let bytes = isStreaming ? upstream.stream(answer, pieces: 4) : upstream.body(answer)
                    let text = String(buffer: bytes).replacing("call_0", with: call)
                        .replacing("resp_1", with: "x-01XFDUDYJgAACzvnptvVoYEL")
                    for cut in [Cut.whole, .every(1), .every(50)] {
                        #expect(transform.run(ByteBuffer(string: text), cut).output == text, "\(upstream.name)")
                    }
                }
            }
        }
    }

    @Test("Anything at all can be fed to what makes ids unique", arguments: relayed.map(\.client))
    func broken(_ name: String) throws {
        let subject = try #require(Self.relayed.first { $0.client == name })
        let client = try #require(Self.clients.first { $0.name == name })
        let format = try client.envelope(isStreaming: false).apiType.wireFormat
        let upstream = try #require(StepUpstream.all.first { $0.format == format })
        let alphabet = Array(#"{}[]",:\u0123456789 idcalloutputchoices"#.utf8) + [0x0A, 0x0D, 0xFF]
        var generator = SplitMix(seed: 11)
        for (isStreaming, text) in [(false, subject.body), (true, subject.events.map { "data: \($0)\n\n" }.joined())] {
            let transform = try #require(try Self.transform(client, upstream, isStreaming: isStreaming))
            for _ in 0..<300 {
                var bytes = Array(text.utf8)
                for _ in 0..<Int.random(in: 1...30, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
                        alphabet.randomElement(using: &generator) ?? 0
                }
                let whole = transform.run(ByteBuffer(bytes: bytes))
                let cut = transform.run(ByteBuffer(bytes: bytes), .every(7))
                #expect(whole.output.utf8.count <= 2 * bytes.count + 100)
                if whole.error == nil { #expect(cut == whole) }
            }
        }
    }

    @Test("tools-15: any number of calls with one id get as many ids")
    func manyCalls() throws {
        let client = try #require(Self.clients.first { $0.name == "chat" })
        let upstream = try #require(StepUpstream.all.first { $0.name == "chat" })
        let calls = (0..<3000).map { #"{"index":\#($0),"id":"call_0","function":{"name":"f","arguments":"{}"}}"# }
        let list = calls.joined(separator: ",")
        let whole = #"{"choices":[{"message":{"tool_calls":[\#(list)]},"finish_reason":"tool_calls"}]}"#
        let stream = #"data: {"choices":[{"index":0,"delta":{"tool_calls":[\#(list)]}}]}"# + "\n\ndata: [DONE]\n\n"
        for (isStreaming, text) in [(false, whole), (true, stream)] {
            let transform = try #require(try Self.transform(client, upstream, isStreaming: isStreaming))
            let ids = transform.run(ByteBuffer(string: text)).output.matches(of: /"id":"([^"]*)"/).map { $0.output.1 }
            #expect(ids.count == 3000 && Set(ids).count == 3000)
            #expect(ids.allSatisfy { $0.utf8.count <= 40 })
        }
    }

    @Test("A whole answer without tools and without earlier turns flows as it comes")
    func flows() throws {
        for (path, body, flows) in [
            (Calls.chatPath, #"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#, true),
            (Calls.chatPath, #"{"model":"m","tools":[],"messages":[{"role":"user","content":"Hi"}]}"#, false),
            (Calls.chatPath, #"{"model":"m","messages":[{"role":"assistant","content":"Hi"}]}"#, false),
        ] {
            var target = TranslationTarget(
                format: .openAIChat,
                model: "m",
                capabilities: ModelCapabilities(),
                defaultMaximumOutput: 9
            )
            target.traits.repeatsIDs = true
            let envelope = try Calls.envelope(path, ByteBuffer(string: body))
            let relay = try Dialects().translate(envelope, to: target, answer: Calls.identity).response
            #expect(relay.keepsLength == flows)
        }
    }
}
