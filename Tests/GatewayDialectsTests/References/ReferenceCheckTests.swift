// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("What a request may not name")
struct ReferenceCheckTests {
    private let dialects = Dialects()

    /// What the upstream would get; nil where the request is refused.
    private func sent(
        _ body: String,
        on path: String,
        to format: WireFormat,
        _ table: [RequestReference] = RequestReference.usual + RequestReference.filesInTexts,
        allowed: Set<RequestReference.Kind> = []
    ) throws -> Result<String, GatewayError> {
        let route = try #require(dialects.route(path))
        var target = TranslationTarget(
            format: format,
            model: "granted",
            limits: ModelLimits(),
            defaultMaximumOutput: 64
        )
        target.references = ReferenceRules(table.filter { $0.formats.contains(format) }, allowed: allowed)
        do throws(GatewayError) {
            let envelope = try dialects.envelope(of: route, body: ByteBuffer(string: body))
            let translation = try dialects.translate(
                envelope,
                to: target,
                answer: AnswerIdentity(requestID: "6f1c2b3a-0000-4000-8000-000000000000", created: 1)
            )
            return .success(translation.body.map { String(buffer: $0) }.joined())
        } catch {
            return .failure(error)
        }
    }

    private static let chat = "/openai/v1/chat/completions"
    private static let responses = "/openai/v1/responses"
    private static let messages = "/anthropic/v1/messages"
    private static let gemini = "/gemini/v1beta/models/m:generateContent"

    /// A field, where clients put it, and its kind.
    struct Case: Sendable, CustomStringConvertible {
        let path: String
        let format: WireFormat
        let body: String
        let kind: RequestReference.Kind
        var description: String { body }

        init(chat members: String, _ kind: RequestReference.Kind) {
            self.init(
                ReferenceCheckTests.chat,
                .openAIChat,
                members.contains("\"messages\"")
                    ? members : #""messages":[{"role":"user","content":"Hi"}],"# + members,
                kind
            )
        }

        init(responses members: String, _ kind: RequestReference.Kind) {
            self.init(
                ReferenceCheckTests.responses,
                .openAIResponses,
                members.contains("\"input\"") ? members : #""input":"Hi","# + members,
                kind
            )
        }

        init(messages members: String, _ kind: RequestReference.Kind) {
            self.init(
                ReferenceCheckTests.messages,
                .anthropicMessages,
                #""max_tokens":9,"#
                    + (members.contains("\"messages\"")
                        ? members : #""messages":[{"role":"user","content":"Hi"}],"# + members),
                kind
            )
        }

        init(gemini members: String, _ kind: RequestReference.Kind) {
            path = ReferenceCheckTests.gemini
            format = .geminiGenerateContent
            body =
                members.contains("\"contents\"")
                ? "{\(members)}" : #"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],\#(members)}"#
            self.kind = kind
        }

        private init(_ path: String, _ format: WireFormat, _ members: String, _ kind: RequestReference.Kind) {
            self.path = path
            self.format = format
            body = #"{"model":"m",\#(members)}"#
            self.kind = kind
        }
    }

    private static func user(_ part: String) -> String { #""messages":[{"role":"user","content":[\#(part)]}]"# }
    private static func input(_ item: String) -> String { #""input":[{"role":"user","content":"Hi"},\#(item)]"# }
    private static func tool(_ members: String) -> String { #""tools":[{"type":"t",\#(members)}]"# }
    private static func added(_ members: String) -> String {
        input(#"{"type":"additional_tools","tools":[{"type":"t",\#(members)}]}"#)
    }
    private static func part(_ part: String) -> String { #""contents":[{"parts":[{"text":"Hi"},\#(part)]}]"# }

    static let cases: [Case] = [
        Case(chat: #""models":["x"]"#, .models), Case(chat: #""fallbacks":[{"a":["b"]}]"#, .models),
        Case(chat: #""route":"fallback""#, .routing), Case(chat: #""provider":{"order":["x"]}"#, .routing),
        Case(chat: #""plugins":[{"id":"web"}]"#, .routing), Case(chat: #""preset":"x""#, .routing),
        Case(chat: #""lora_path":"x""#, .models), Case(chat: #""adapter_id":"x""#, .models),
        Case(chat: #""lora":[{"id":1,"scale":1}]"#, .models), Case(chat: #""api_base":"http://x""#, .accounts),
        Case(chat: #""api_key":"x""#, .accounts), Case(chat: #""user_config":{"a":1}"#, .accounts),
        Case(chat: #""kv_transfer_params":{"remote_host":"x"}"#, .accounts),
        Case(chat: #""data_sources":[{"type":"azure_search"}]"#, .dataSources),
        Case(chat: #""dataSources":[{"type":"azure_search"}]"#, .dataSources),
        Case(chat: user(#"{"type":"file","file":{"file_id":"file-1"}}"#), .files),
        Case(chat: user(#"{"type":"file","file_id":"file-1"}"#), .files),
        Case(chat: user(#"{"type":"image_url","image_url":{"url":"gs://bucket/a.png"}}"#), .files),
        Case(chat: user(#"{"type":"image_url","image_url":"FILE:///etc/passwd"}"#), .files),
        Case(chat: user(#"{"type":"video_url","video_url":{"url":"fi\u006ce:\/\/\/etc\/passwd"}}"#), .files),
        Case(chat: #""messages":[{"role":"system","content":"fileid://file-1"}]"#, .files),
        Case(chat: #""messages":[{"role":"assistant","audio":{"id":"audio_1"}}]"#, .audio),
        Case(responses: input(#"{"type":"item_reference","id":"msg_1"}"#), .items),
        Case(responses: input(#"{"id":"msg_1"}"#), .items),
        Case(responses: input(#"{"id":"msg_1","type":null}"#), .items),
        Case(responses: input(#"{"role":"user","content":[{"type":"input_file","file_id":"file-1"}]}"#), .files),
        Case(responses: input(#"{"role":"user","content":[{"type":"input_image","file_id":"file-1"}]}"#), .files),
        Case(
            responses: input(
                #"{"type":"function_call_output","call_id":"c","output":[{"type":"input_image","file_id":"file-1"}]}"#
            ),
            .files
        ),
        Case(
            responses: input(
                #"{"type":"computer_call_output","call_id":"c","output":{"type":"computer_screenshot","file_id":"f"}}"#
            ),
            .files
        ),
        Case(responses: tool(#""vector_store_ids":["vs_1"]"#), .vectorStores),
        Case(responses: tool(#""container":"cntr_1""#), .containers),
        Case(responses: tool(#""container":{"type":"auto","file_ids":["file-1"]}"#), .files),
        Case(responses: tool(#""input_image_mask":{"file_id":"file-1"}"#), .files),
        Case(responses: tool(#""environment":{"type":"container_reference","container_id":"c"}"#), .containers),
        Case(responses: tool(#""environment":{"skills":[{"type":"skill_reference","skill_id":"s"}]}"#), .skills),
        Case(responses: tool(#""model":"gpt-image-1""#), .models),
        Case(responses: tool(#""tunnel_id":"t""#), .accounts),
        Case(responses: #""prompt":{"id":"pmpt_1"}"#, .prompts),
        Case(responses: #""prompt_cache_options":{"comparison_response_id":"resp_1"}"#, .items),
        Case(chat: #""prompt_cache_options":{"comparison_response_id":"resp_1"}"#, .items),
        Case(chat: #""messages":[{"role":"user","content":[{"type":"text","text":"ms://fileid-1"}]}]"#, .files),
        Case(responses: added(#""container":"cntr_1""#), .containers),
        Case(responses: added(#""container":{"type":"auto","container_id":"cntr_1"}"#), .containers),
        Case(responses: added(#""container":{"id":"cntr_1"}"#), .containers),
        Case(responses: added(#""container":{"type":"auto","file_ids":["file-1"]}"#), .files),
        Case(
            responses: added(#""environment":{"type":"container_reference","container_id":"cntr_1"}"#),
            .containers
        ),
        Case(responses: added(#""environment":{"file_ids":["file-1"]}"#), .files),
        Case(responses: added(#""environment":{"skills":[{"type":"skill_reference","skill_id":"s"}]}"#), .skills),
        Case(responses: added(#""vector_store_ids":["vs_1"]"#), .vectorStores),
        Case(responses: added(#""collection_ids":["vs_1"]"#), .vectorStores),
        Case(responses: added(#""model":"gpt-image-1""#), .models),
        Case(responses: added(#""tunnel_id":"t""#), .accounts),
        Case(responses: #""models":["x"]"#, .models), Case(messages: #""fallbacks":[{"model":"x"}]"#, .models),
        Case(messages: #""container":"container_1""#, .containers),
        Case(messages: #""container":{"id":"container_1"}"#, .containers),
        Case(messages: #""container":{"skills":[{"type":"custom","skill_id":"s"}]}"#, .skills),
        Case(messages: #""thread":{"type":"continue","previous_message_id":"msg_1"}"#, .conversations),
        Case(messages: #""workspace_id":"w""#, .accounts), Case(messages: #""user_profile_id":"u""#, .accounts),
        Case(messages: #""tools":[{"type":"advisor_20260301","name":"a","model":"x"}]"#, .models),
        Case(messages: user(#"{"type":"image","source":{"type":"file","file_id":"f"}}"#), .files),
        Case(messages: user(#"{"type":"container_upload","file_id":"f"}"#), .files),
        Case(
            messages: user(
                #"{"type":"tool_result","tool_use_id":"t","content":[{"type":"document","source":{"type":"file","file_id":"f"}}]}"#
            ),
            .files
        ),
        Case(messages: #""models":["x"]"#, .models), Case(gemini: #""cachedContent":"cachedContents/1""#, .caches),
        Case(gemini: #""cached_content":"cachedContents/1""#, .caches),
        Case(
            gemini: part(
                #"{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/1"}}"#
            ),
            .files
        ),
        Case(gemini: part(#"{"file_data":{"file_uri":"gs://bucket/a"}}"#), .files),
        Case(
            gemini: part(
                #"{"functionResponse":{"name":"fn","response":{},"parts":[{"fileData":{"fileUri":"gs://b/a"}}]}}"#
            ),
            .files
        ),
        Case(gemini: #""systemInstruction":{"parts":[{"fileData":{"fileUri":"gs://b/a"}}]}"#, .files),
        Case(gemini: #""tools":[{"fileSearch":{"fileSearchStoreNames":["s"]}}]"#, .vectorStores),
        Case(gemini: #""tools":[{"retrieval":{"vertexAiSearch":{"datastore":"d"}}}]"#, .dataSources),
        Case(gemini: #""generationConfig":{"routingConfig":{"manualMode":{"modelName":"x"}}}"#, .models),
        Case(gemini: #""modelArmorConfig":{"promptTemplateName":"t"}"#, .dataSources),
    ]

    @Test(
        "A field that names something else is refused, and the refusal says which setting allows it",
        arguments: cases
    )
    func refused(_ one: Case) throws {
        switch try sent(one.body, on: one.path, to: one.format) {
        case .success(let body): Issue.record("sent \(body)")
        case .failure(let error):
            #expect(error.status == 400)
            #expect(error.message.contains("allow_references: [\(one.kind.rawValue)]"), "\(error.message)")
            #expect(error.parameter?.isEmpty == false)
        }
    }

    @Test("An administrator can allow each kind, and the body goes on as it was", arguments: cases)
    func allowed(_ one: Case) throws {
        let body = try sent(one.body, on: one.path, to: one.format, allowed: [one.kind]).get()
        #expect(body == one.body.replacing(#"{"model":"m","#, with: #"{"model":"granted","#))
        // The others stay refused.
        let others = Set(RequestReference.Kind.allCases).subtracting([one.kind])
        #expect(throws: GatewayError.self) { try sent(one.body, on: one.path, to: one.format, allowed: others).get() }
    }

    @Test(
        "Every spelling of a key counts that some server takes for it, and every one of repeated keys",
        arguments: cases
    )
    func spellings(_ one: Case) throws {
        for spelling in [
            one.body.replacing("model", with: "mod\\u0065l").replacing("id\":", with: "\\u0069d\":")
                .replacing("s\":", with: "\\u0073\":").replacing("r\":", with: "\\u0072\":")
                .replacing("e\":", with: "\\u0065\":").replacing("t\":", with: "\\u0074\":")
        ] {
            let escaped = spelling.replacing("mod\\u0065l\":\"m\"", with: "model\":\"m\"")
            guard case .failure = try sent(escaped, on: one.path, to: one.format) else {
                Issue.record("sent \(escaped)")
                continue
            }
        }
    }

    @Test(
        "Any case of a key counts, since servers in Go take it",
        arguments: [
            #""Models":["x"]"#, #""MODELS":["x"]"#, #""modelſ":["x"]"#, #""models":null,"models":["x"]"#,
            #""models":["x"],"models":null"#, #""messages":[{"role":"user","Content":[{"File":{"FILE_ID":"f"}}]}]"#,
        ]
    )
    func letterCase(members: String) throws {
        let one = Case(chat: members, .models)
        #expect(throws: GatewayError.self) { try sent(one.body, on: one.path, to: one.format).get() }
    }

    @Test(
        "A second model in any spelling is refused, whatever the provider",
        arguments: [#""Model":"x""#, #""MODEL":"x""#, #""m\u004fdel":"x""#]
    )
    func secondModel(member: String) throws {
        let body = #"{"model":"m",\#(member),"messages":[{"role":"user","content":"Hi"}]}"#
        let result = try sent(body, on: Self.chat, to: .openAIChat, [])
        #expect(throws: GatewayError.self) { try result.get() }
    }

    @Test(
        "What names nothing goes on as it is",
        arguments: [
            Case(chat: #""models":null,"fallbacks":[],"provider":{}"#, .models),
            Case(chat: #""store":true,"user":"u","metadata":{"a":"b"},"service_tier":"flex""#, .models),
            Case(chat: user(#"{"type":"image_url","image_url":{"url":"https://example.com/gs://a"}}"#), .models),
            Case(chat: user(#"{"type":"text","text":"\"file_id\": \"f\", models, gs://bucket"}"#), .models),
            Case(chat: #""audio":{"voice":"alloy","format":"wav"}"#, .models),
            Case(chat: #""models":"","preset":false,"api_base":"""#, .models),
            Case(chat: #""messages":[{"role":"user","content":"File: main.swift has a bug"}]"#, .files),
            Case(chat: #""messages":[{"role":"user","content":"files/ holds all, gs://b too"}]"#, .files),
            Case(chat: user(#"{"type":"text","text":"s3://bucket is where it is, not fileid://"}"#), .files),
            Case(
                chat:
                    #""tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"file_id":{},"models":{},"id":{},"model":{}}}}}]"#,
                .models
            ),
            Case(
                chat:
                    #""messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"file_id\":1}"}}]}]"#,
                .models
            ),
            Case(responses: input(#"{"type":"message","id":"msg_1","role":"assistant","content":[]}"#), .models),
            Case(responses: input(#"{"id":"msg_1","role":"assistant","content":"Hi"}"#), .models),
            Case(responses: input(#"{"type":"reasoning","id":"rs_1","summary":[]}"#), .models),
            Case(
                responses: input(
                    #"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"x","annotations":[{"type":"file_citation","file_id":"f"}]}]}"#
                ),
                .models
            ),
            Case(
                responses: input(#"{"type":"code_interpreter_call","id":"ci_1","container_id":"c","code":""}"#),
                .models
            ),
            Case(responses: tool(#""container":{"type":"auto"}"#), .models),
            Case(responses: tool(#""name":"f","parameters":{"properties":{"model":{},"file_ids":{}}}"#), .models),
            Case(messages: #""container":{"skills":[{"type":"anthropic","skill_id":"pptx"}]}"#, .models),
            Case(messages: #""mcp_servers":[{"type":"url","url":"https://example.com","name":"n"}]"#, .models),
            Case(
                messages: #""tools":[{"name":"f","input_schema":{"properties":{"model":{},"container":{},"id":{}}}}]"#,
                .models
            ),
            Case(gemini: part(#"{"fileData":{"fileUri":"https://www.youtube.com/watch?v=1"}}"#), .models),
            Case(gemini: part(#"{"functionCall":{"name":"f","args":{"fileUri":"gs://b/a"}}}"#), .models),
        ]
    )
    func harmless(_ one: Case) throws {
        let body = try sent(one.body, on: one.path, to: one.format).get()
        #expect(body == one.body.replacing(#"{"model":"m","#, with: #"{"model":"granted","#))
    }

    @Test("A request that is rebuilt in the same format does not carry such a field along")
    func rebuilt() throws {
        let one = Case(chat: #""models":["x"],"response_format":{"type":"json_object"}"#, .models)
        var target = TranslationTarget(
            format: .openAIChat,
            model: "granted",
            limits: ModelLimits(),
            defaultMaximumOutput: 64
        )
        target.traits.structuredOutput = .tool
        target.references = ReferenceRules(RequestReference.usual, allowed: [])
        let envelope = try dialects.envelope(
            of: try #require(dialects.route(one.path)),
            body: ByteBuffer(string: one.body)
        )
        #expect(throws: GatewayError.self) {
            try dialects.translate(envelope, to: target, answer: AnswerIdentity(requestID: "r", created: 1))
        }
    }

    @Test(
        "Nothing of another format names an object of the account in what is translated",
        arguments: cases,
        [WireFormat.openAIChat, .openAIResponses, .anthropicMessages, .geminiGenerateContent, .bedrockConverse]
    )
    func translated(_ one: Case, to format: WireFormat) throws {
        guard one.format != format, case .success(let body) = try sent(one.body, on: one.path, to: format) else {
            return
        }
        for name in [
            "file-1", "\"f\"", "gs:", "s3:", "etc", "audio_1", "vs_1", "cntr_1", "container_1", "pmpt_1", "msg_1",
            "\"x\"",
            "cachedContents", "resp_1",
        ] {
            // A call's id is the client's own.
            #expect(!body.contains(name) || body.contains("fileid"), "\(one.body) became \(body)")
        }
    }

    @Test("A file of AWS's storage reaches Bedrock only where an administrator allows files")
    func bedrock() throws {
        let requests = [
            (Self.chat, Self.user(#"{"type":"image_url","image_url":{"url":"s3://bucket/a.png"}}"#), "messages"),
            (
                Self.responses,
                Self.input(
                    #"{"role":"user","content":[{"type":"input_image","image_url":"s3:\/\/bucket/a.png"}]}"#
                ), "input"
            ),
        ]
        for (path, members, parameter) in requests {
            let body = #"{"model":"m",\#(members)}"#
            let refused = try sent(body, on: path, to: .bedrockConverse)
            let error = #expect(throws: GatewayError.self) { try refused.get() }
            #expect(error?.message.contains("allow_references: [files]") == true)
            #expect(error?.parameter == parameter)
            let allowed = try sent(body, on: path, to: .bedrockConverse, allowed: [.files]).get()
            #expect(allowed.contains("s3Location"))
        }
    }

    @Test("A text that is taken for a file is refused from every client")
    func fileTexts() throws {
        let body =
            #"{"model":"m","max_tokens":9,"system":"fileid://file-1","messages":[{"role":"user","content":"Hi"}]}"#
        let refused = try sent(body, on: Self.messages, to: .openAIChat)
        #expect(throws: GatewayError.self) { try refused.get() }
        #expect(try sent(body, on: Self.messages, to: .openAIChat, RequestReference.usual).get().contains("fileid"))
        let text = body.replacing("fileid://file-1", with: "File: a.swift, not fileid://")
        #expect(try sent(text, on: Self.messages, to: .openAIChat).get().contains("a.swift"))
    }

    @Test("An answer that caches are compared with is not carried from chat to Responses")
    func comparedResponse() throws {
        let one = Case(chat: #""prompt_cache_options":{"comparison_response_id":"resp_1"}"#, .items)
        #expect(try !sent(one.body, on: one.path, to: .openAIResponses).get().contains("resp_1"))
    }

    @Test("Ordinary requests are not looked into")
    func ordinary() throws {
        let rules = { (format: WireFormat) in
            ReferenceRules(RequestReference.usual.filter { $0.formats.contains(format) }, allowed: [])
        }
        let schema =
            #"{"type":"object","properties":{"city":{"type":"string","description":"d","enum":["a"]}},"required":["city"],"additionalProperties":false}"#
        let bodies: [(String, WireFormat)] = [
            (
                #"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"t"}]}],"stream":true,"stream_options":{"include_usage":true},"temperature":1,"max_tokens":9,"max_completion_tokens":9,"top_p":1,"n":1,"stop":["a"],"seed":1,"user":"u","tool_choice":"auto","parallel_tool_calls":true,"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":\#(schema)}},"reasoning_effort":"low","tools":[{"type":"function","function":{"name":"f","description":"d","parameters":\#(schema)}}]}"#,
                .openAIChat
            ),
            (
                #"{"model":"m","instructions":"i","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"t"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"o"},{"type":"reasoning","summary":[],"encrypted_content":"e"}],"store":false,"stream":true,"include":["a"],"prompt_cache_key":"k","max_output_tokens":9,"reasoning":{"effort":"low","summary":"auto"},"text":{"verbosity":"low"},"tools":[{"type":"function","name":"f","description":"d","strict":true,"parameters":\#(schema)}],"tool_choice":"auto","parallel_tool_calls":true,"client_metadata":{"a":"b"}}"#,
                .openAIResponses
            ),
            (
                #"{"model":"m","max_tokens":9,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":[{"role":"user","content":[{"type":"text","text":"t"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"tool_use","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r","is_error":false}]}],"metadata":{"user_id":"u"},"thinking":{"type":"enabled","budget_tokens":9},"stream":true,"temperature":1,"tools":[{"name":"f","description":"d","input_schema":\#(schema)}],"context_management":{"edits":[{"type":"a","keep":"all"}]}}"#,
                .anthropicMessages
            ),
            (
                #"{"contents":[{"role":"user","parts":[{"text":"t"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"s"}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"o"}}}]}],"systemInstruction":{"parts":[{"text":"s"}]},"generationConfig":{"temperature":1,"topP":1,"topK":1,"maxOutputTokens":9,"thinkingConfig":{"includeThoughts":true,"thinkingBudget":9}},"tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":\#(schema)}]}],"toolConfig":{"functionCallingConfig":{"mode":"AUTO"}}}"#,
                .geminiGenerateContent
            ),
        ]
        for (body, format) in bodies {
            let keys = try JSONScan(ByteBuffer(string: body), watching: .references).keys
            #expect(rules(format).place(in: keys) != .anywhere, "\(format)")
        }
    }

    @Test("A deep or wide request is looked into in linear time, and what is below any path is left alone")
    func large() throws {
        let items = String(repeating: #"{"id":"a","role":"user","content":[{"file_id":null}]},"#, count: 20_000)
        let body = #"{"model":"m","input":[\#(items){"id":"b"}]}"#
        let result = try sent(body, on: Self.responses, to: .openAIResponses)
        guard case .failure(let error) = result else { throw GatewayError(.internalFailure, "sent") }
        #expect(error.parameter == "input[20000]")
    }
}
