// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// Chat requests through the hub and back.
@Suite("Chat requests through the hub")
struct ChatRoundTripTests {
    /// A destination and a state that it minted, as a client has it.
    static let origin = StateOrigin(service: "main.providers.x", model: "m")

    static func wrapped(_ kind: OpaqueState.Kind, _ data: String, from origin: StateOrigin = origin) -> String {
        OpaqueState(kind, JSONString(data), from: origin).wrapped
    }

    static func target(
        model: String = "m",
        _ change: (inout UpstreamTraits) -> Void = { _ in }
    ) -> TranslationTarget {
        var traits = UpstreamTraits()
        change(&traits)
        return TranslationTarget(
            format: .openAIChat,
            model: model,
            limits: ModelLimits(),
            defaultMaximumOutput: 1,
            origin: origin,
            traits: traits
        )
    }

    /// The body for an upstream of a request with these members.
    static func encode(
        _ members: String,
        origin: WireFormat? = nil,
        _ change: (inout UpstreamTraits) -> Void = { _ in }
    ) throws -> (body: JSONValue, dropped: [String]) {
        let text =
            #"{"model":"m","#
            + (members.contains(#""messages""#) ? "" : #""messages":[{"role":"user","content":"x"}],"#) + "\(members)}"
        var dropped = DroppedMembers()
        var request = try OpenAIChat().decodeRequest(
            Calls.envelope(Calls.chatPath, ByteBuffer(string: text)),
            dropped: &dropped
        )
        if let origin { request.origin = origin }
        let body = try OpenAIChat().encodeRequest(request, to: target(change), dropped: &dropped)
        return (try JSONValue(validating: body), dropped.names)
    }

    @Test(
        "A member comes out of the hub as it went in",
        arguments: [
            #""messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBOR/+=","detail":"low"},"cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"image_url","image_url":{"url":"https://example.com/a.jpg"}}]}]"#,
            #""messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"UklGR","format":"wav"}},{"type":"input_audio","input_audio":{"data":"SUQz","format":"mp3"}},{"type":"audio_url","audio_url":{"url":"https://example.com/a.mp3"}},{"type":"video_url","video_url":{"url":"data:video/mp4;base64,AAAA"}},{"type":"video_url","video_url":{"url":"https://example.com/v.mp4"}}]}]"#,
            #""messages":[{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}},{"type":"file","file":{"file_id":"file-1"}}]}]"#,
            #""messages":[{"role":"system","content":"s","name":"policy"},{"role":"user","content":"x","name":"Bob"},{"role":"assistant","content":"y","name":"Amy"}]"#,
            #""messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"refusal":"No."},{"role":"user","content":"y"}]"#,
            #""messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\": 1.0}"},"cache_control":{"type":"ephemeral"}},{"id":"b","type":"custom","custom":{"name":"sh","input":"ls\n"}}]},{"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"1"},{"type":"text","text":"2"}],"cache_control":{"type":"ephemeral"}},{"role":"tool","tool_call_id":"b","content":"c"}],"tools":[{"type":"custom","custom":{"name":"sh","description":"d","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"start: /a/"}}}},{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"x":{"type":"number"}},"additionalProperties":false},"strict":true},"cache_control":{"type":"ephemeral"}},{"type":"web_search_preview","search_context_size":"low"}],"tool_choice":{"type":"custom","custom":{"name":"sh"}},"parallel_tool_calls":false"#,
            #""tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}"#,
            #""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}}"#,
            #""reasoning_effort":"none""#, #""reasoning_effort":"minimal""#, #""reasoning_effort":"xhigh""#,
            #""reasoning_effort":"max""#, #""thinking":{"type":"enabled","budget_tokens":10240}"#,
            #""thinking":{"type":"adaptive"},"reasoning_effort":"high""#, #""thinking":{"type":"disabled"}"#,
            #""response_format":{"type":"json_object"}"#,
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"type":"object","properties":{}},"strict":true}}"#,
            #""response_format":{"type":"grammar","grammar":"root ::= 1"}"#,
            #""logprobs":true,"top_logprobs":5,"n":2,"seed":42,"service_tier":"flex","metadata":{"a":"b"},"user":"u""#,
            #""safety_identifier":"s","store":false,"prompt_cache_key":"k","prompt_cache_retention":"24h","verbosity":"low""#,
            #""user":"u","safety_identifier":"s","logit_bias":{"5":-1},"prediction":{"type":"content","content":"x"}"#,
            #""stop":["a","b"],"temperature":0.50,"top_p":1e-1,"top_k":5,"frequency_penalty":0.1,"presence_penalty":-0.1"#,
            #""future_member":{"a":[1,2.50]},"modalities":["text","audio"],"audio":{"voice":"alloy","format":"wav"}"#,
        ]
    )
    func members(members: String) throws {
        let (body, dropped) = try Self.encode(members)
        #expect(dropped.isEmpty)
        let original = try JSONValue(validating: ByteBuffer(string: "{\(members)}"))
        for (key, value) in try #require(original.object) {
            if key == "user", original["safety_identifier"] != nil { continue }
            let kept = try #require(body[key.string], "\(key.string) is missing")
            #expect(try canonical(kept.bytes) == canonical(value.bytes))
        }
    }

    @Test("What both of OpenAI's APIs have in common passes from one to the other")
    func sharedFields() throws {
        let fields =
            #""prompt_cache_options":{"mode":"explicit"},"prompt_cache_retention":"24h","safety_identifier":"s","moderation":{"model":"m"}"#
        let original = try JSONValue(validating: ByteBuffer(string: "{\(fields)}"))
        for (client, upstream) in [(Calls.chatPath, WireFormat.openAIResponses), (Calls.responsesPath, .openAIChat)] {
            for isVendors in [nil, false] where upstream == .openAIChat || isVendors == nil {
                let input = client == Calls.chatPath ? #""messages":[{"role":"user","content":"x"}]"# : #""input":"x""#
                let body = ByteBuffer(string: #"{"model":"m",\#(input),\#(fields)}"#)
                var target = Self.target { $0.takesDeveloperRole = isVendors }
                target.format = upstream
                let translation = try Dialects().translate(
                    Calls.envelope(client, body),
                    to: target,
                    answer: Calls.identity
                )
                let sent = try JSONValue(validating: translation.body[0])
                for (key, value) in try #require(original.object) {
                    #expect(sent[key.string]?.bytes == (isVendors == false ? nil : value.bytes), "\(key) \(upstream)")
                }
                #expect(translation.dropped == (isVendors == false ? ["moderation"] : []))
            }
        }
    }

    @Test("Big data stay where the client wrote them, escapes and all")
    func mediaAreSlices() throws {
        let data = String(repeating: "iVBORw0KGgo", count: 10_000)
        for (written, type) in [("data:image/png;base64,", "image/png"), (#"data:image\/png;base64,"#, "image/png")] {
            let text =
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"\#(written)\#(data)"}}]}]}"#
            var dropped = DroppedMembers()
            let envelope = try Calls.envelope(Calls.chatPath, ByteBuffer(string: text))
            let request = try OpenAIChat().decodeRequest(envelope, dropped: &dropped)
            let media = try #require(request.messages[0].parts[0].media)
            guard case .base64(let mediaType, let kept) = media.source else {
                Issue.record("not base64")
                continue
            }
            #expect(mediaType == JSONString(type))
            #expect(kept == JSONString(data))
            kept.withBytes { bytes, isEscaped in #expect(isEscaped && bytes.count == data.utf8.count) }
        }
    }

    @Test("reasoning-10: Earlier reasoning goes back by the name that the upstream takes, to nobody else")
    func replayedReasoning() throws {
        for member in ["reasoning_content", "reasoning"] {
            let members =
                #""messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"\#(member)":"hm","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"r"},{"role":"assistant","content":"done"}]"#
            func assistants(_ change: (inout UpstreamTraits) -> Void) throws -> [JSONValue] {
                Array(try #require(Self.encode(members, change).body["messages"]?.array)).filter {
                    $0["role"]?.string == "assistant"
                }
            }
            let deepSeek = try assistants { $0.replaysReasoning = .reasoningContent }
            // Refused without the member, even where the model did not think.
            #expect(deepSeek.map { $0["reasoning_content"]?.string } == ["hm", ""])
            let groq = try assistants { $0.replaysReasoning = .reasoning }
            #expect(groq.map { $0["reasoning"]?.string } == ["hm", nil])
            let openAI = try assistants { _ in }
            #expect(openAI.allSatisfy { $0["reasoning_content"] == nil && $0["reasoning"] == nil })
        }
    }

    @Test("reasoning-01 reasoning-04: State goes back to where it came from, in its own place, and nowhere else")
    func state() throws {
        let other = StateOrigin(service: "main.providers.y", model: "m")
        func members(_ origin: StateOrigin) -> String {
            let id = OpaqueState.id("c2", carrying: OpaqueState(.thought, "aWQ=", from: origin)).string
            return #"""
                "messages":[{"role":"user","content":"x"},{"role":"assistant","content":[
                 {"type":"reasoning","summary":[{"type":"summary_text","text":"hm","signature":"\#(Self.wrapped(.signature, "c2ln", from: origin))"},
                  {"type":"summary_encrypted_text","data":"\#(Self.wrapped(.redacted, "cmVk", from: origin))"}]},{"type":"text","text":"y"}],
                 "tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"\#(Self.wrapped(.thought, "Z29v", from: origin))"}}},
                 {"id":"\#(id)","type":"function","function":{"name":"f","arguments":"{}"}}]},
                 {"role":"tool","tool_call_id":"\#(id)","content":"2"},{"role":"tool","tool_call_id":"c1","content":"1"}]
                """#
        }
        let own = try #require(Self.encode(members(Self.origin)).body["messages"]?.array.map(Array.init))
        try expectEqual(
            try #require(own[1]["content"]).bytes,
            #"""
            [{"type":"reasoning","summary":[{"type":"summary_text","text":"hm","signature":"c2ln"}]},
             {"type":"reasoning","summary":[{"type":"summary_encrypted_text","data":"cmVk"}]},{"type":"text","text":"y"}]
            """#
        )
        let calls = Array(try #require(own[1]["tool_calls"]?.array))
        #expect(calls.map { $0["id"]?.string } == ["c1", "c2"])
        #expect(
            calls.map { $0["extra_content"]?["google"]?["thought_signature"]?.string } == ["Z29v", "aWQ="]
        )
        #expect(own[2...].map { $0["tool_call_id"]?.string } == ["c1", "c2"])
        let foreign = try Self.encode(members(other)).body
        let text = String(buffer: foreign.bytes)
        for secret in ["c2ln", "cmVk", "Z29v", "aWQ=", "gatehouse1_"] { #expect(!text.contains(secret)) }
        #expect(text.contains(#""content":"y""#))
    }

    @Test("reasoning-03: What a vendor attached survives OpenAI's clients, text and state together or not at all")
    func extraContent() throws {
        let first = Self.wrapped(.signature, "c2ln")
        let second = Self.wrapped(.redacted, "cmVk")
        func message(_ content: String, _ entries: String) -> String {
            #""messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y","reasoning_content":"\#(content)","extra_content":{"gatehouse":{"reasoning":[\#(entries)]}}}]"#
        }
        func blocks(_ members: String) throws -> String {
            let messages = try #require(Self.encode(members).body["messages"]?.array.map(Array.init))
            return try canonical(#require(messages[1]["content"]).bytes)
        }
        let entries =
            #"{"index":0,"bytes":3,"signature":""},{"index":1,"bytes":5,"signature":"\#(first)"},{"index":2,"data":"\#(second)"}"#
        #expect(
            try blocks(message(#"hé\n\nlater"#, entries))
                == canonical(
                    #"[{"type":"reasoning","summary":[{"type":"summary_text","text":"later","signature":"c2ln"}]},{"type":"reasoning","summary":[{"type":"summary_encrypted_text","data":"cmVk"}]},{"type":"text","text":"y"}]"#
                )
        )
        // Shortened by the client: the lengths tell, and nothing is forged (reasoning-05).
        #expect(try blocks(message("la", entries)) == #""y""#)
        #expect(try blocks(message("later", #"{"index":0,"bytes":9223372036854775807,"signature":"x"}"#)) == #""y""#)
    }

    @Test("The older functions are tools: asked for, called, answered, and answered back in the older form")
    func functions() throws {
        let members = #"""
            "functions":[{"name":"f","parameters":{"type":"object"}}],"function_call":{"name":"f"},
            "messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},{"role":"function","name":"f","content":"r"}]
            """#
        let body = try Self.encode(members).body
        try expectEqual(
            #require(body["tools"]).bytes,
            #"[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#
        )
        try expectEqual(#require(body["tool_choice"]).bytes, #"{"type":"function","function":{"name":"f"}}"#)
        let messages = try #require(body["messages"]?.array.map(Array.init))
        let id = try #require(messages[1]["tool_calls"]?.array?.first?["id"]?.string)
        #expect(messages[2]["tool_call_id"]?.string == id)
        let request = #"{"model":"m",\#(members)}"#
        let answer =
            #"{"content":[{"type":"tool_use","id":"a","name":"f","input":{"a":2}}],"stop_reason":"tool_use","usage":{}}"#
        let whole = try Calls.translate(Calls.chatPath, request, to: .anthropicMessages).response
            .run(ByteBuffer(string: answer))
        let choice = try #require(JSONValue(validating: ByteBuffer(string: whole.output))["choices"]?.array?.first)
        try expectEqual(
            #require(choice["message"]?["function_call"]).bytes,
            #"{"name":"f","arguments":"{\"a\":2}"}"#
        )
        #expect(choice["message"]?["tool_calls"] == nil)
        #expect(choice["finish_reason"]?.string == "function_call")
        let events = [
            #"{"type":"message_start","message":{"id":"m","usage":{}}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"f","input":{}}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#,
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{}}"#, #"{"type":"message_stop"}"#,
        ]
        let stream = try Calls.translate(
            Calls.chatPath,
            request.dropLast() + #","stream":true}"#,
            to: .anthropicMessages
        ).response.run(ByteBuffer(string: events.map { "data: \($0)\n\n" }.joined()))
        #expect(stream.output.contains(#""function_call":{"name":"f","arguments":""}"#))
        #expect(stream.output.contains(#""function_call":{"arguments":"{}"}"#))
        #expect(stream.output.contains(#""finish_reason":"function_call""#))
        #expect(!stream.output.contains("tool_calls"))
    }

    @Test(
        "What is wrong with a part or a control is said with its path",
        arguments: [
            (#"{"type":"image_url","image_url":{"url":"data:image/png,AAAA"}}"#, "image_url.url"),
            (#"{"type":"image_url","image_url":{}}"#, "image_url.url"),
            (#"{"type":"input_audio","input_audio":{"data":"AA"}}"#, "input_audio.format"),
            (#"{"type":"file","file":{}}"#, "file"), (#"{"type":"video_url","video_url":7}"#, "video_url.url"),
        ]
    )
    func brokenParts(part: String, path: String) {
        let error = #expect(throws: GatewayError.self) {
            try Self.encode(#""messages":[{"role":"user","content":[\#(part)]}]"#)
        }
        #expect(error?.parameter == "messages[0].content[0].\(path)")
    }

    @Test(
        "Controls that make no sense are refused",
        arguments: [
            (#""reasoning_effort":"huge""#, "reasoning_effort"), (#""thinking":{"type":"maybe"}"#, "thinking.type"),
            (#""thinking":{"type":"enabled","budget_tokens":0}"#, "thinking.budget_tokens"),
            (#""reasoning":{"effort":1}"#, "reasoning.effort"), (#""response_format":{}"#, "response_format.type"),
            (#""response_format":{"type":"json_schema"}"#, "response_format.json_schema"),
            (
                #""response_format":{"type":"json_schema","json_schema":{"name":"x"}}"#,
                "response_format.json_schema.schema"
            ),
            (#""top_logprobs":-1"#, "top_logprobs"), (#""metadata":[]"#, "metadata"),
            (
                #""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"none","tools":[]}}"#,
                "tool_choice.allowed_tools.mode"
            ),
        ]
    )
    func brokenControls(members: String, path: String) {
        let error = #expect(throws: GatewayError.self) { try Self.encode(members) }
        #expect(error?.parameter == path)
    }
}
