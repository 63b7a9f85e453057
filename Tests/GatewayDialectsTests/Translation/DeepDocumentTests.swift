// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// The deepest documents that are read fit on the smallest stack, also in a debug build.
@Suite("The deepest documents")
struct DeepDocumentTests {
    private static func nested(_ open: String, _ inner: String, _ close: String, _ levels: Int) -> String {
        String(repeating: open, count: levels) + inner + String(repeating: close, count: levels)
    }

    /// Values that nest as deep as a document may at a place that is itself some levels deep.
    private static let values = [
        nested(#"{"a":"#, "1", "}", 115), nested("[", "1", "]", 115),
        nested(#"{"type":"object","properties":{"p":"#, #"{"const":"c"}"#, "}}", 57),
        nested(#"{"items":"#, ##"{"$ref":"#/items"}"##, "}", 115),
        nested(#"{"anyOf":["#, #"{"type":"string","const":"c"}"#, "]}", 57),
        nested(#"{"not":"#, #"{"const":"c"}"#, "}", 115),
        nested(#"{"nullable":true,"ref":"r","items":"#, "{}", "}", 38),
        nested(#"{"type":"object","anyOf":[{"items":"#, ##"{"$ref":"#"}"##, "}]}", 38),
        WrittenBoundTests.chainedSchema(), WrittenBoundTests.chainedSchema("#/$defs/d@"),
        WrittenBoundTests.chainedSchema().replacing(#""$ref""#, with: #""title":"t","$ref""#),
    ]

    /// The values at each place of each client's API where anything may stand.
    private static let requests: [(path: String, body: String)] = {
        let chat = #"{"model":"m","messages":[{"role":"user","content":"x"}MESSAGES]MEMBERS}"#
        func fill(_ template: String, _ messages: String = "", _ members: String = "") -> String {
            template.replacing("MESSAGES", with: messages).replacing("MEMBERS", with: members)
        }
        let responses = #"{"model":"m","input":[{"role":"user","content":"x"}MESSAGES]MEMBERS}"#
        let messages = #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}MESSAGES]MEMBERS}"#
        let contents = #"{"contents":[{"role":"user","parts":[{"text":"x"}]}MESSAGES]MEMBERS}"#
        let contentsPath = "/gemini/v1beta/models/m:generateContent"
        var requests: [(path: String, body: String)] = []
        for value in values {
            let text = String(buffer: JSONValue { $0.string(value) }.bytes)
            for member in [
                #","tools":[{"type":"function","function":{"name":"f","parameters":VALUE}}]"#,
                #","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":VALUE}}"#,
                #","metadata":VALUE"#, #","unknown":VALUE"#,
            ] { requests.append((Calls.chatPath, fill(chat, "", member.replacing("VALUE", with: value)))) }
            for message in [
                #",{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":TEXT}}]},{"role":"tool","tool_call_id":"c","content":TEXT}"#,
                #",{"role":"user","content":[{"type":"text","text":"a","unknown":VALUE}]}"#,
            ] {
                let message = message.replacing("TEXT", with: text).replacing("VALUE", with: value)
                requests.append((Calls.chatPath, fill(chat, message)))
            }
            for member in [
                #","tools":[{"type":"function","name":"f","parameters":VALUE}]"#,
                #","text":{"format":{"type":"json_schema","name":"n","schema":VALUE}}"#,
            ] { requests.append(("/openai/v1/responses", fill(responses, "", member.replacing("VALUE", with: value)))) }
            let tool = #","tools":[{"name":"f","input_schema":VALUE}]"#.replacing("VALUE", with: value)
            requests.append(("/anthropic/v1/messages", fill(messages, "", tool)))
            let use =
                #",{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":VALUE}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"r"}]}]}"#
            requests.append(("/anthropic/v1/messages", fill(messages, use.replacing("VALUE", with: value))))
            for key in ["parameters", "parametersJsonSchema"] {
                let tool = #","tools":[{"functionDeclarations":[{"name":"f","KEY":VALUE}]}]"#
                    .replacing("KEY", with: key).replacing("VALUE", with: value)
                requests.append((contentsPath, fill(contents, "", tool)))
            }
            let call =
                #",{"role":"model","parts":[{"functionCall":{"name":"f","args":VALUE}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":VALUE}}]}"#
            requests.append((contentsPath, fill(contents, call.replacing("VALUE", with: value))))
        }
        // The members that the estimate of tokens goes into.
        let content = nested(#"[{"content":"#, #""x""#, "}]", 60)
        for body in [
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":CONTENT}]}"#,
            #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"content","content":CONTENT}}]}]}"#,
        ] {
            let body = body.replacing("CONTENT", with: content)
            requests.append(("/anthropic/v1/messages", body))
            requests.append(("/anthropic/v1/messages/count_tokens", body))
        }
        let counted = nested(#"{"generateContentRequest":"#, #"{"contents":[]}"#, "}", 120)
        requests.append(("/gemini/v1beta/models/m:countTokens", counted))
        return requests
    }()

    @Test("The deepest requests are translated or refused on a small stack, to every upstream", .timeLimit(.minutes(5)))
    func requests() async {
        let failures = await onSmallStack {
            var failures: [String] = []
            for (path, body) in Self.requests {
                for target in FieldTarget.all + [
                    FieldTarget(title: "Gemini 2.0", format: .geminiGenerateContent, model: "gemini-2.0-flash")
                ] {
                    do throws(GatewayError) {
                        let envelope = try Calls.envelope(path, ByteBuffer(string: body))
                        _ = Dialects().estimatedInput(of: envelope)
                        let translation = try Calls.translate(path, body, to: target.format, model: target.model)
                        if (try? JSONValue(validating: translation.joinedBody, maximumDepth: 256)) == nil {
                            failures.append("\(path) to \(target.title) writes no JSON: \(body.prefix(400))")
                        }
                    } catch {
                        if !(400..<500).contains(error.status) {
                            failures.append("\(path) to \(target.title): \(error)")
                        }
                    }
                }
            }
            return failures
        }
        #expect(failures.isEmpty, "\(failures.prefix(3))")
    }

    @Test("The deepest answers are translated or refused on a small stack, from every upstream")
    func answers() async throws {
        let deep = Self.values.prefix(2)
        let clients: [(path: String, body: String)] = [
            (Calls.chatPath, #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#),
            ("/openai/v1/responses", #"{"model":"m","input":"x"}"#),
            ("/anthropic/v1/messages", #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}"#),
            ("/gemini/v1beta/models/m:generateContent", #"{"contents":[{"parts":[{"text":"x"}]}]}"#),
        ]
        var transforms: [(any ResponseTransform, String)] = []
        for value in deep {
            let text = String(buffer: JSONValue { $0.string(value) }.bytes)
            let answers: [(WireFormat, String)] = [
                (
                    .openAIChat,
                    #"{"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":\#(text)}}]},"logprobs":{"content":\#(value)}}]}"#
                ),
                (
                    .openAIResponses,
                    #"{"output":[{"type":"function_call","call_id":"c","name":"f","arguments":\#(text)},{"type":"message","content":[{"type":"output_text","text":"a","annotations":\#(value)}]}]}"#
                ),
                (
                    .anthropicMessages,
                    #"{"content":[{"type":"tool_use","id":"c","name":"f","input":\#(value)},{"type":"text","text":"a","citations":[\#(value)]}]}"#
                ),
                (
                    .geminiGenerateContent,
                    #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":\#(value)}}]},"groundingMetadata":\#(value)}]}"#
                ),
                (
                    .bedrockConverse,
                    #"{"output":{"message":{"content":[{"toolUse":{"toolUseId":"c","name":"f","input":\#(value)}}]}},"stopReason":"tool_use"}"#
                ),
            ]
            for (format, answer) in answers {
                for (path, body) in clients {
                    transforms.append((try Calls.translate(path, body, to: format).response, answer))
                }
            }
        }
        let runs = transforms
        let outcomes = await onSmallStack { runs.map { $0.run(ByteBuffer(string: $1)) } }
        for outcome in outcomes where outcome.error == nil {
            #expect(throws: Never.self) {
                try JSONValue(validating: ByteBuffer(string: outcome.output), maximumDepth: 256)
            }
        }
    }
}
