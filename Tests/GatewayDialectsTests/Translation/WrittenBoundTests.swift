// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// What a translation writes is bounded by what it read, however often the request shares a text or a schema among its elements.
@Suite("What a translation writes is bounded")
struct WrittenBoundTests {
    private static let contents = "/gemini/v1beta/models/m:generateContent"
    private static let responses = "/openai/v1/responses"
    private static let messages = "/anthropic/v1/messages"

    /// A request that multiplies something of itself in some formats.
    struct Expansion: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let path: String
        let body: String
        let targets: [(format: WireFormat, model: String)]
    }

    private static let gemini: [(format: WireFormat, model: String)] = [
        (.geminiGenerateContent, "gemini-2.0-flash"), (.geminiGenerateContent, "gemini-3-pro-preview"),
    ]
    private static let upstreams: [(format: WireFormat, model: String)] =
        gemini + [
            (.openAIChat, "gpt-5"), (.openAIResponses, "gpt-5"), (.anthropicMessages, "claude-sonnet-4-5"),
            (.bedrockConverse, "anthropic.claude-sonnet-4-5-v1:0"), (.bedrockConverse, "amazon.nova-pro-v1:0"),
        ]

    /// A request with tools or a format of this schema, through each of the four APIs.
    private static func requests(_ schema: String, count: Int = 1) -> [(name: String, path: String, body: String)] {
        func tools(_ tool: String) -> String {
            (0..<count).map { tool.replacing("@", with: String($0)) }.joined(separator: ",")
                .replacing("SCHEMA", with: schema)
        }
        let chat = #"{"model":"m","messages":[{"role":"user","content":"x"}],"#
        return [
            (
                "chat tools", Calls.chatPath,
                chat + #""tools":[\#(tools(#"{"type":"function","function":{"name":"f@","parameters":SCHEMA}}"#))]}"#
            ),
            (
                "response_format", Calls.chatPath,
                chat + #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":\#(schema)}}}"#
            ),
            (
                "Responses tools", responses,
                #"{"model":"m","input":"x","tools":[\#(tools(#"{"type":"function","name":"f@","parameters":SCHEMA}"#))]}"#
            ),
            (
                "Messages tools", messages,
                #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"tools":[\#(tools(#"{"name":"f@","input_schema":SCHEMA}"#))]}"#
            ),
        ]
    }

    // MARK: Depth

    /// A schema in which each of 64 definitions holds 90 levels and the next definition below them.
    static func chainedSchema(_ pointer: String = "#/definitions/d@") -> String {
        let levels = 90
        let definitions = (0..<64).map { index in
            let reference = #"{"$ref":"\#(pointer)"}"#.replacing("@", with: String(index + 1))
            let open = String(repeating: #"{"items":"#, count: levels)
            return #""d\#(index)":\#(open)\#(reference)\#(String(repeating: "}", count: levels))"#
        }
        let head = #"{"type":"object","properties":{"p":{"$ref":"\#(pointer)"}}"#.replacing("@", with: "0")
        return head + #","definitions":{\#(definitions.joined(separator: ",")),"d64":{"type":"string"}}}"#
    }

    @Test("A schema of chained references that would nest too deep is refused, through every API")
    func depth() {
        for (name, path, body) in Self.requests(Self.chainedSchema()) {
            for (format, model) in Self.gemini {
                #expect("\(name) to \(model)") { try Calls.translate(path, body, to: format, model: model) } throws: {
                    let error = $0 as? GatewayError
                    return error?.code == .invalidRequest && error?.message.contains("128 levels") == true
                }
            }
        }
    }

    @Test("A schema that Gemini's clients write does not nest deeper for other vendors than a document may")
    func depthOfClientSchemas() throws {
        let levels = 120
        let open = String(repeating: #"{"nullable":true,"ref":"a","items":"#, count: levels)
        let schema = open + "{}" + String(repeating: "}", count: levels)
        let body =
            #"{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":\#(schema)}]}]}"#
        #expect(throws: GatewayError.self) { try Calls.translate(Self.contents, body, to: .openAIChat) }
    }

    // MARK: Size

    static let expansions: [Expansion] = {
        let shared = String(repeating: "d", count: 100_000)
        let user = #"{"role":"user","content":"x"}"#
        func repeated(_ piece: String, _ count: Int) -> String {
            (0..<count).map { piece.replacing("@", with: String($0)) }.joined(separator: ",")
        }
        let embeddings: [(format: WireFormat, model: String)] = [
            (.openAIEmbeddings, "e"), (.geminiBatchEmbedContents, "e"), (.geminiEmbedContent, "e"),
            (.bedrockCohereEmbeddings, "e"), (.bedrockTitanEmbeddings, "e"), (.vertexPredictEmbeddings, "e"),
        ]
        var expansions = [
            Expansion(
                testDescription: "the description of a namespace, for each of its tools",
                path: responses,
                body:
                    #"{"model":"m","input":"x","tools":[{"type":"namespace","name":"n","description":"\#(shared)","tools":[\#(repeated(#"{"type":"function","name":"f@"}"#, 1_000))]}]}"#,
                targets: upstreams
            ),
            Expansion(
                testDescription: "the names of allowed tools, for each namespace that has them",
                path: responses,
                body:
                    #"{"model":"m","input":"x","tools":[\#(repeated(#"{"type":"namespace","name":"n@","tools":[{"type":"function","name":"f"}]}"#, 1_000))],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[\#(repeated(#"{"type":"function","name":"f"}"#, 4_000))]}}"#,
                targets: upstreams
            ),
            Expansion(
                testDescription: "the name of a call, for each of its results",
                path: Calls.chatPath,
                body:
                    #"{"model":"m","messages":[\#(user),{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"\#(shared)","arguments":"{}"}}]},\#(repeated(#"{"role":"tool","tool_call_id":"c","content":"r"}"#, 1_000))]}"#,
                targets: upstreams
            ),
            Expansion(
                testDescription: "the name of a tool use, for each of its results",
                path: messages,
                body:
                    #"{"model":"m","max_tokens":9,"messages":[\#(user),{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"\#(shared)","input":{}}]},{"role":"user","content":[\#(repeated(#"{"type":"tool_result","tool_use_id":"c","content":"r"}"#, 1_000))]}]}"#,
                targets: upstreams
            ),
            Expansion(
                testDescription: "an embeddings instruction, for each input",
                path: "/openai/v1/embeddings",
                body: #"{"model":"m","instruction":"\#(shared)","input":[\#(repeated(#""i@""#, 250))]}"#,
                targets: embeddings
            ),
            Expansion(
                testDescription: "the instruction of Databricks' embeddings, for each input",
                path: "/mlflow/v1/embeddings",
                body: #"{"model":"m","instruction":"\#(shared)","input":[\#(repeated(#""i@""#, 150))]}"#,
                targets: embeddings
            ),
            Expansion(
                testDescription: "the title of Gemini's embeddings, for each request",
                path: "/gemini/v1beta/models/m:batchEmbedContents",
                body:
                    #"{"requests":[{"title":"\#(shared)","content":{"parts":[{"text":"a"}]}},\#(repeated(#"{"content":{"parts":[{"text":"i@"}]}}"#, 240))]}"#,
                targets: [(.vertexPredictEmbeddings, "e"), (.openAIEmbeddings, "e")]
            ),
            Expansion(
                testDescription: "the user of an embeddings request, for each of the requests that it becomes",
                path: "/openai/v1/embeddings",
                body: #"{"model":"m","input_type":"\#(shared)","input":[\#(repeated(#""i@""#, 2_000))]}"#,
                targets: embeddings
            ),
        ]
        let text = String(repeating: "t", count: 2_000)
        let references = repeated(##""p@":{"$ref":"#/definitions/d","title":"@"}"##, 400)
        let schema =
            #"{"type":"object","properties":{\#(references)},"definitions":{"d":{"type":"string","description":"\#(text)"}}}"#
        for (name, path, body) in requests(schema, count: 12) {
            expansions.append(
                Expansion(
                    testDescription: "what a $ref names, for each reference and tool (\(name))",
                    path: path,
                    body: body,
                    targets: upstreams
                )
            )
        }
        return expansions
    }()

    @Test("A text that elements share is not copied beyond the bound of the call", arguments: expansions)
    func size(_ expansion: Expansion) throws {
        for (format, model) in expansion.targets {
            let translation: Translation
            do throws(GatewayError) {
                translation = try Calls.translate(expansion.path, expansion.body, to: format, model: model)
            } catch {
                #expect(error.code == .invalidRequest, "\(format): \(error)")
                continue
            }
            let written = (translation.earlierBodies + [translation.body]).joined().reduce(0) { $0 + $1.readableBytes }
            #expect(written <= 4 * expansion.body.utf8.count + 1 << 20, "\(format): \(written)")
        }
    }

    @Test("A request that grows too large says what grew and what to do, in the words of its API")
    func words() throws {
        func error(_ expansion: Expansion, _ format: WireFormat, _ model: String) -> GatewayError? {
            do throws(GatewayError) {
                _ = try Calls.translate(expansion.path, expansion.body, to: format, model: model)
                return nil
            } catch {
                return error
            }
        }
        func expansion(_ words: String) throws -> Expansion {
            try #require(Self.expansions.first { $0.testDescription.contains(words) })
        }
        let namespace = try #require(error(expansion("of a namespace"), .openAIChat, "m"))
        #expect(namespace.parameter == "tools")
        #expect(namespace.message.contains("description of a namespace"), "\(namespace.message)")
        let instruction = try #require(error(expansion("embeddings instruction"), .openAIEmbeddings, "e"))
        #expect(instruction.parameter == "instruction")
        let references = try #require(
            error(expansion("(Messages tools)"), .geminiGenerateContent, "gemini-2.0-flash")
        )
        #expect(references.parameter == "tools")
        #expect(references.message.contains("'$ref'"), "\(references.message)")
        #expect(references.message.contains("fewer tools"), "\(references.message)")
        let body = Dialects().errorBody(references, for: .anthropicMessages, requestID: "r")
        #expect(try JSONValue(validating: body)["error"]?["type"]?.string == "invalid_request_error")
    }

    @Test("Results of a call repeat no long name: it is spelled shorter for the target first")
    func results() throws {
        let name = String(repeating: "n", count: 1_000)
        let results = Array(repeating: #"{"role":"tool","tool_call_id":"c","content":"r"}"#, count: 6_000)
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"\#(name)","arguments":"{}"}}]},\#(results.joined(separator: ","))]}"#
        for format in [WireFormat.geminiGenerateContent, .anthropicMessages, .bedrockConverse] {
            let sent = try Calls.translate(Calls.chatPath, body, to: format).joinedBody
            #expect(sent.readableBytes < 4 * body.utf8.count)
        }
    }

    // MARK: Names, ids and descriptions

    @Test(
        "Names, ids and descriptions of any length are refused where a request is translated",
        arguments: [
            #""tools":[{"type":"function","function":{"name":"NAME"}}]"#,
            #""tools":[{"type":"function","function":{"name":"f","description":"TEXT"}}]"#,
            #""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"NAME"}}"#,
            #""response_format":{"type":"json_schema","json_schema":{"name":"NAME","schema":{"type":"object"}}}"#,
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","description":"TEXT","schema":{"type":"object"}}}"#,
            #""messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"NAME","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}]"#,
            #""messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"TEXT","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"TEXT","content":"r"}]"#,
        ]
    )
    func fields(_ member: String) {
        let conversation = member.contains("messages") ? "" : #","messages":[{"role":"user","content":"x"}]"#
        let template = "{\"model\":\"m\"\(conversation),\(member)}"
        // The same API is relayed as it is.
        for target in FieldTarget.all where target.format != .openAIChat {
            func body(_ name: Int, _ text: Int) -> String {
                template.replacing("NAME", with: String(repeating: "n", count: name))
                    .replacing("TEXT", with: String(repeating: "t", count: text))
            }
            #expect(throws: GatewayError.self, "\(target.title)") {
                try Calls.translate(Calls.chatPath, body(1_025, 131_073), to: target.format, model: target.model)
            }
            #expect(throws: Never.self, "\(target.title)") {
                try Calls.translate(Calls.chatPath, body(60, 5_000), to: target.format, model: target.model)
            }
        }
    }

    // MARK: What is allowed

    @Test("Schemas whose references nest and grow within bounds are written out as before")
    func ordinarySchemas() throws {
        let definitions = (0..<20).map { index in
            ##""d\##(index)":{"type":"object","description":"level \##(index)","properties":{"next":{"$ref":"#/definitions/d\##(index + 1)"},"other":{"type":"string"}}}"##
        }
        let schema =
            ##"{"type":"object","properties":{"p":{"$ref":"#/definitions/d0"}},"definitions":{\##(definitions.joined(separator: ",")),"d20":{"type":"string"}}}"##
        for (name, path, body) in Self.requests(schema, count: 30) {
            for (format, model) in Self.gemini {
                let translation = try Calls.translate(path, body, to: format, model: model)
                let written = String(buffer: translation.joinedBody)
                #expect(written.contains("level 19") && !written.contains("$ref"), "\(name) to \(model)")
            }
        }
    }

    // MARK: Answers

    private static let streamedRequest = #"{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true}"#

    @Test("What an upstream calls its answer is not repeated without bound in each event")
    func answerNames() throws {
        let long = String(repeating: "n", count: 200_000)
        var events = [#"{"type":"message_start","message":{"id":"\#(long)","model":"\#(long)"}}"#]
        events.append(#"{"type":"content_block_start","content_block":{"type":"text","text":""}}"#)
        let delta = #"{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}"#
        events += Array(repeating: delta, count: 500)
        events.append(#"{"type":"content_block_stop"}"#)
        events.append(#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#)
        events.append(#"{"type":"message_stop"}"#)
        let stream = ByteBuffer(string: events.map { "data: \($0)\n\n" }.joined())
        for (path, body) in [
            (Calls.chatPath, Self.streamedRequest), (Calls.mlflowPath, Self.streamedRequest),
            (Self.responses, #"{"model":"m","input":"x","stream":true}"#),
            ("/openai/v1/completions", #"{"model":"m","prompt":"x","stream":true}"#),
            ("/gemini/v1beta/models/m:streamGenerateContent?alt=sse", #"{"contents":[{"parts":[{"text":"x"}]}]}"#),
        ] {
            let outcome = try Calls.translate(path, body, to: .anthropicMessages).response.run(stream)
            #expect(outcome.error == nil, "\(path)")
            #expect(outcome.output.utf8.count < 1 << 20, "\(path): \(outcome.output.utf8.count)")
        }
    }

    @Test("A prompt that a completion echoes is not repeated for answers without bound, whole or streamed")
    func echoes() throws {
        let prompt = String(repeating: "p", count: 400_000)
        func body(_ isStreaming: Bool) -> String {
            // The upstream makes more of it than was asked for, which would be refused.
            #"{"model":"m","prompt":"\#(prompt)","echo":true,"stream":\#(isStreaming)}"#
        }
        let choices = (0..<100).map { #"{"index":\#($0),"message":{"role":"assistant","content":"a"}}"# }
        let whole = ByteBuffer(string: "{\"choices\":[\(choices.joined(separator: ","))]}")
        let transform = try Calls.translate("/openai/v1/completions", body(false), to: .openAIChat).response
        #expect(transform.run(whole).error?.code == .upstreamUnavailable)
        let chunks = (0..<100).map { #"data: {"choices":[{"index":\#($0),"delta":{"content":"a"}}]}\#n\#n"# }
        let stream = ByteBuffer(string: chunks.joined() + "data: [DONE]\n\n")
        for cut in [Cut.whole, .every(1_000)] {
            let outcome = try Calls.translate("/openai/v1/completions", body(true), to: .openAIChat).response
                .run(stream, cut)
            #expect(outcome.error?.code == .upstreamUnavailable)
            #expect(outcome.output.utf8.count < 4 * (400_000 + 10_000) + 2 << 20)
        }
    }
}
