// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// What stands in a request or an answer very often means the same as what stands there once.
///
/// `make test-scale` measures what it costs.
@Suite("Repeated elements")
struct RepeatedElementTests {
    private func list(_ count: Int, _ element: (Int) -> String) -> String {
        (0..<count).map(element).joined(separator: ",")
    }

    private func upstreamBody(_ path: String, _ body: String, _ format: WireFormat, _ model: String) throws -> JSONValue
    {
        let pieces = try Calls.translate(path, body, to: format, model: model).body
        return try JSONValue(validating: pieces.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) })
    }

    private func answer(_ path: String, _ request: String, _ format: WireFormat, _ body: String) throws -> JSONValue {
        var translation = try Calls.translate(path, request, to: format)
        var output = try translation.response.consume(ByteBuffer(string: body))
        output.writeImmutableBuffer(try translation.response.finish())
        return try JSONValue(validating: output)
    }

    @Test("Every citation of a text reaches the client, in order")
    func citations() throws {
        let citations = list(300) {
            #"{"type":"web_search_result_location","cited_text":"c","url":"https://a.example/\#($0)","title":"t","encrypted_index":"e"}"#
        }
        let answer = try answer(
            "/openai/v1/responses",
            #"{"model":"m","input":"Hi"}"#,
            .anthropicMessages,
            #"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi","citations":[\#(citations)]}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"#
        )
        let annotations = answer["output"]?.array?.first?["content"]?.array?.first?["annotations"]?.array.map(
            Array.init
        )
        #expect(annotations?.compactMap { $0["url"]?.string } == (0..<300).map { "https://a.example/\($0)" })
    }

    @Test("Documents of one name get numbers, and skip those that are taken")
    func documentNames() throws {
        let titles = ["a", "a (2)", "a", "a", "b", "b", "a"]
        let blocks = titles.map {
            #"{"type":"document","title":"\#($0)","source":{"type":"base64","media_type":"application/pdf","data":"aGVsbG8="}}"#
        }
        let body = try upstreamBody(
            "/anthropic/v1/messages",
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[\#(blocks.joined(separator: ",")),{"type":"text","text":"Hi"}]}]}"#,
            .bedrockConverse,
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
        )
        let content = body["messages"]?.array?.first?["content"]?.array.map(Array.init) ?? []
        #expect(
            content.compactMap { $0["document"]?["name"]?.string }
                == ["a", "a (2)", "a (3)", "a (4)", "b", "b (2)", "a (5)"]
        )
    }

    @Test("Allowed tools are those that are named, however often they are named")
    func allowedTools() throws {
        let tools = list(40) { #"{"type":"function","function":{"name":"f\#($0)","parameters":{"type":"object"}}}"# }
        let allowed = list(60) { #"{"type":"function","function":{"name":"f\#($0 % 3)"}}"# }
        let request =
            #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"tools":[\#(tools)],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[\#(allowed)]}}}"#
        let bedrock = try upstreamBody(Calls.chatPath, request, .bedrockConverse, "amazon.nova-pro-v1:0")
        let offered = bedrock["toolConfig"]?["tools"]?.array?.compactMap { $0["toolSpec"]?["name"]?.string }
        #expect(offered == ["f0", "f1", "f2"])
        let responses = try upstreamBody(Calls.chatPath, request, .openAIResponses, "gpt-5")
        #expect(responses["tools"]?.array?.reduce(0) { count, _ in count + 1 } == 40)
        #expect(responses["tool_choice"]?["tools"]?.array?.allSatisfy { $0["type"]?.string == "function" } == true)
    }

    @Test("Tools of one name in many namespaces are told apart, and their calls go back to their namespaces")
    func namespaces() throws {
        let tools = list(30) {
            #"{"type":"namespace","name":"space \#($0 % 3)","description":"d","tools":[{"type":"function","name":"find\#($0 / 3)","parameters":{"type":"object"}}]}"#
        }
        let request =
            #"{"model":"m","input":"Hi","tools":[\#(tools)],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"find1"},{"type":"function","name":"find1"}]}}"#
        let body = try upstreamBody("/openai/v1/responses", request, .anthropicMessages, "claude-sonnet-4-5")
        let names = body["tools"]?.array?.compactMap { $0["name"]?.string } ?? []
        #expect(Set(names).count == 3)
        let calls = names.map { #"{"type":"tool_use","id":"toolu_\#($0)","name":"\#($0)","input":{}}"# }
        let answer = try answer(
            "/openai/v1/responses",
            request,
            .anthropicMessages,
            #"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[\#(calls.joined(separator: ","))],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}"#
        )
        let output = answer["output"]?.array.map(Array.init) ?? []
        #expect(output.compactMap { $0["name"]?.string } == ["find1", "find1", "find1"])
        #expect(output.compactMap { $0["namespace"]?.string } == ["space 0", "space 1", "space 2"])
    }

    @Test("Results without an id answer the open calls of their name in order, and those with one theirs")
    func openCalls() throws {
        let calls = [("a", "f"), ("b", "g"), ("c", "f"), ("d", "f")].map {
            #"{"functionCall":{"id":"\#($0.0)","name":"\#($0.1)","args":{}}}"#
        }
        let results = [("", "f"), ("d", "f"), ("", "f"), ("", "g")].enumerated().map { place, result in
            let id = result.0.isEmpty ? "" : #""id":"\#(result.0)","#
            return #"{"functionResponse":{\#(id)"name":"\#(result.1)","response":{"output":"r\#(place)"}}}"#
        }
        let body = try upstreamBody(
            "/gemini/v1beta/models/m:generateContent",
            #"{"contents":[{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[\#(calls.joined(separator: ","))]},{"role":"user","parts":[\#(results.joined(separator: ","))]}]}"#,
            .openAIChat,
            "gpt-5"
        )
        // They are sent in the order of the calls.
        let answered = body["messages"]?.array?.filter { $0["tool_call_id"] != nil } ?? []
        #expect(answered.compactMap { $0["tool_call_id"]?.string } == ["a", "b", "c", "d"])
        #expect(answered.compactMap { $0["content"]?.string } == ["r0", "r3", "r2", "r1"])
    }

    @Test("Of more open calls than any vendor makes the oldest are forgotten")
    func forgottenCalls() throws {
        let calls = list(1_030) { _ in #"{"functionCall":{"name":"f","args":{}}}"# }
        let results = list(2) { _ in #"{"functionResponse":{"name":"f","response":{"output":"r"}}}"# }
        let body = try upstreamBody(
            "/gemini/v1beta/models/m:generateContent",
            #"{"contents":[{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[\#(calls)]},{"role":"user","parts":[\#(results)]}]}"#,
            .openAIChat,
            "gpt-5"
        )
        let answered = body["messages"]?.array?.compactMap { $0["tool_call_id"]?.string }
        #expect(answered == ["call_7", "call_8"])
    }

    @Test("Fragments of many calls that overlap come out as whole calls, in the order in which they began")
    func overlappingCalls() throws {
        let begun = (0..<200).map {
            #"{"index":\#($0),"id":"call_\#($0)","type":"function","function":{"name":"f\#($0)","arguments":"{\"n\":"}}"#
        }
        let ended = (0..<200).reversed().map { #"{"index":\#($0),"function":{"arguments":"\#($0)}"}}"# }
        let chunks = (begun + ended).map {
            #"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[\#($0)]},"finish_reason":null}]}"#
        }
        let end =
            #"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#
        var translation = try Calls.translate(
            "/openai/v1/responses",
            #"{"model":"m","input":"Hi","stream":true}"#,
            to: .openAIChat
        )
        var output = ByteBuffer()
        for chunk in chunks + [end, "[DONE]"] {
            output.writeImmutableBuffer(try translation.response.consume(ByteBuffer(string: "data: \(chunk)\n\n")))
        }
        output.writeImmutableBuffer(try translation.response.finish())
        let last = String(buffer: output).split(separator: "\n").last { $0.hasPrefix("data: {") }
        let event = try JSONValue(validating: ByteBuffer(string: String(try #require(last).dropFirst(6))))
        let items = event["response"]?["output"]?.array.map(Array.init) ?? []
        #expect(items.compactMap { $0["call_id"]?.string } == (0..<200).map { "call_\($0)" })
        #expect(items.compactMap { $0["arguments"]?.string } == (0..<200).map { #"{"n":\#($0)}"# })
    }

    @Test("References to many definitions are replaced by what each names")
    func references() throws {
        let properties = list(50) { ##""p\##($0)":{"$ref":"#/definitions/d\##($0)"}"## }
        let definitions = list(50) { #""d\#($0)":{"type":"string","description":"d\#($0)"}"# }
        let body = try upstreamBody(
            Calls.chatPath,
            #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{\#(properties)},"definitions":{\#(definitions)}}}}]}"#,
            .geminiGenerateContent,
            "gemini-2.5-pro"
        )
        let declaration = body["tools"]?.array?.first?["functionDeclarations"]?.array?.first
        let written = declaration?["parametersJsonSchema"]?["properties"]?.object.map { Array($0) } ?? []
        #expect(written.map { $0.value["description"]?.string } == (0..<50).map { "d\($0)" })
    }

    @Test("An embeddings request has room for what upstreams know, and not for any number of members")
    func unknownMembers() throws {
        let body = { (count: Int) in
            #"{"model":"m","input":["a"],\#(self.list(count) { #""x\#($0)":null"# })}"#
        }
        _ = try Calls.translate("/openai/v1/embeddings", body(256), to: .bedrockTitanEmbeddings)
        let error = #expect(throws: GatewayError.self) {
            try Calls.translate("/openai/v1/embeddings", body(257), to: .bedrockTitanEmbeddings)
        }
        #expect(error?.code == .invalidRequest)
    }
}
