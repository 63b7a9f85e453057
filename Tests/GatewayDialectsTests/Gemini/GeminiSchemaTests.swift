// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// A tool's schema such as servers of the Model Context Protocol have, with arguments that follow it and some that do not.
struct SchemaSample: Sendable, CustomTestStringConvertible {
    let name: String
    let schema: String
    let valid: [String]
    let invalid: [String]

    var testDescription: String { name }

    static let corpus: [SchemaSample] = [
        SchemaSample(
            name: "a flat tool",
            schema:
                #"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"path":{"type":"string","description":"A path","minLength":1},"limit":{"type":"integer","minimum":1,"maximum":100,"default":20}},"required":["path"],"additionalProperties":false}"#,
            valid: [#"{"path":"a"}"#, #"{"path":"a","limit":100}"#],
            invalid: [#"{}"#, #"{"path":""}"#, #"{"path":"a","limit":0}"#, #"{"path":7}"#]
        ),
        SchemaSample(
            name: "pydantic's $defs",
            schema:
                ##"{"$defs":{"Point":{"properties":{"x":{"type":"number"},"y":{"type":"number"}},"required":["x","y"],"type":"object"}},"properties":{"from":{"$ref":"#/$defs/Point"},"via":{"items":{"$ref":"#/$defs/Point"},"type":"array","maxItems":2}},"required":["from"],"type":"object"}"##,
            valid: [#"{"from":{"x":1,"y":2.5}}"#, #"{"from":{"x":1,"y":2},"via":[{"x":0,"y":0}]}"#],
            invalid: [#"{"from":{"x":1}}"#, #"{"from":{"x":1,"y":2},"via":[{"x":"0","y":0}]}"#, #"{}"#]
        ),
        SchemaSample(
            name: "zod's references to other properties",
            schema:
                ##"{"type":"object","properties":{"headers":{"type":"object","properties":{"k":{"type":"string"}},"required":["k"]},"actions":{"type":"array","items":{"$ref":"#/properties/headers"}}}}"##,
            valid: [#"{"actions":[{"k":"v"}]}"#, #"{}"#],
            invalid: [#"{"actions":[{"k":1}]}"#, #"{"actions":[{}]}"#]
        ),
        SchemaSample(
            name: "draft 7 definitions with words beside the reference",
            schema:
                ##"{"type":"object","definitions":{"id":{"type":"string","minLength":2,"description":"An id"}},"properties":{"a":{"$ref":"#/definitions/id","description":"The first"},"b":{"$ref":"#/definitions/id","maxLength":3}},"required":["a"]}"##,
            valid: [#"{"a":"xy"}"#, #"{"a":"xyzzy","b":"abc"}"#],
            invalid: [#"{"a":"x"}"#, #"{"a":"xy","b":"abcd"}"#, #"{"a":"xy","b":"a"}"#]
        ),
        SchemaSample(
            name: "a union told apart by const",
            schema:
                #"{"type":"object","properties":{"shape":{"anyOf":[{"type":"object","properties":{"kind":{"const":"circle"},"r":{"type":"number"}},"required":["kind","r"]},{"type":"object","properties":{"kind":{"type":"string","const":"square"},"a":{"type":"number"}},"required":["kind","a"]}]}},"required":["shape"]}"#,
            valid: [#"{"shape":{"kind":"circle","r":1}}"#, #"{"shape":{"kind":"square","a":1}}"#],
            invalid: [#"{"shape":{"kind":"circle","a":1}}"#, #"{"shape":{"kind":"disc","r":1}}"#, #"{"shape":1}"#]
        ),
        SchemaSample(
            name: "oneOf and bounds that exclude",
            schema:
                #"{"type":"object","properties":{"v":{"oneOf":[{"type":"string"},{"type":"integer"}]},"p":{"type":"number","exclusiveMinimum":0,"multipleOf":0.5}}}"#,
            valid: [#"{"v":"a","p":0.5}"#, #"{"v":7}"#],
            invalid: [#"{"v":true}"#, #"{"p":0}"#, #"{"p":0.3}"#, #"{"v":1.5}"#]
        ),
        SchemaSample(
            name: "types in lists, and null",
            schema:
                #"{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":["integer","string"]},"c":{"anyOf":[{"type":"number"},{"type":"null"}]}}}"#,
            valid: [#"{"a":null,"b":1,"c":null}"#, #"{"a":"x","b":"y","c":1.5}"#],
            invalid: [#"{"a":1}"#, #"{"b":null}"#, #"{"b":true}"#, #"{"c":"x"}"#]
        ),
        SchemaSample(
            name: "enums of numbers and formats",
            schema:
                #"{"type":"object","properties":{"level":{"type":"integer","enum":[1,2,3]},"when":{"type":"string","format":"date-time"},"mail":{"type":"string","format":"email"},"unit":{"enum":["c","f"]}}}"#,
            valid: [#"{"level":2,"unit":"c"}"#, #"{"when":"2026-11-21T10:00:00Z"}"#],
            invalid: [#"{"level":4}"#, #"{"unit":"k"}"#]
        ),
        SchemaSample(
            name: "arrays in arrays, and a map",
            schema:
                #"{"type":"object","properties":{"grid":{"type":"array","items":{"type":"array","items":{"type":"integer"},"minItems":2}},"env":{"type":"object","additionalProperties":{"type":"string"}},"pair":{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}]},"tags":{"type":"array","items":{"type":"string"},"uniqueItems":true}}}"#,
            valid: [#"{"grid":[[1,2],[3,4]],"env":{"A":"b"},"pair":["a",1],"tags":["a","b"]}"#, #"{}"#],
            invalid: [#"{"grid":[[1]]}"#, #"{"env":{"A":1}}"#, #"{"pair":[1,"a"]}"#, #"{"tags":["a","a"]}"#]
        ),
        SchemaSample(
            name: "a tree",
            schema:
                ##"{"$defs":{"node":{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["name"]}},"type":"object","properties":{"tree":{"$ref":"#/$defs/node"}}}"##,
            valid: [#"{"tree":{"name":"a","children":[{"name":"b","children":[]}]}}"#],
            invalid: [#"{"tree":{"children":[]}}"#, #"{"tree":{"name":"a","children":[{"name":1}]}}"#]
        ),
        SchemaSample(
            name: "all of some, and not one",
            schema:
                ##"{"type":"object","definitions":{"base":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}},"properties":{"o":{"allOf":[{"$ref":"#/definitions/base"},{"properties":{"b":{"type":"integer"}}}]},"n":{"not":{"type":"null"}}}}"##,
            valid: [#"{"o":{"a":"x","b":1},"n":1}"#],
            invalid: [#"{"o":{"b":1}}"#, #"{"o":{"a":"x","b":"y"}}"#, #"{"n":null}"#]
        ),
    ]
}

@Suite("Schemas for Gemini")
struct GeminiSchemaTests {
    private func tools(
        _ schema: String,
        model: String
    ) throws -> (parameters: JSONValue?, name: String, dropped: [String]) {
        let body =
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":\#(schema)}}]}"#
        let translation = try Calls.translate(Calls.chatPath, body, to: .geminiGenerateContent, model: model)
        let tool = try JSONValue(validating: translation.joinedBody)["tools"]?.array?.first?["functionDeclarations"]?
            .array?.first
        let name = tool?["parametersJsonSchema"] == nil ? "parameters" : "parametersJsonSchema"
        return (tool?[name], name, translation.dropped)
    }

    private func value(_ json: String) throws -> JSONValue { try JSONValue(validating: ByteBuffer(string: json)) }

    @Test(
        "tools-05 tools-06: What the sent schema allows is what the client's allows, or a note says which keyword is not followed",
        arguments: SchemaSample.corpus,
        ["gemini-3.5-flash", "gemini-2.0-flash"]
    )
    func differential(sample: SchemaSample, model: String) throws {
        let (sent, name, dropped) = try tools(sample.schema, model: model)
        #expect(name == (model == "gemini-2.0-flash" ? "parameters" : "parametersJsonSchema"))
        // The subset is read back with the conversion for clients, which has a test of its own.
        let schema = name == "parameters" ? try readBack(#require(sent)) : try #require(sent)
        let original = SchemaValidator(root: try value(sample.schema))
        let converted = SchemaValidator(root: schema)
        for instance in sample.valid + sample.invalid {
            let expected = try original.allows(value(instance))
            #expect(expected == sample.valid.contains(instance), "the sample itself: \(instance)")
            let actual = try converted.allows(value(instance))
            // Never stricter; freer only with a note.
            if expected { #expect(actual, "\(instance) is refused") }
            if !expected, actual { #expect(!dropped.isEmpty, "\(instance) is allowed without a note") }
        }
        // The corpus holds keywords that the vendor documents as not followed: each is named.
        for keyword in ["oneOf", "multipleOf", "exclusiveMinimum", "uniqueItems", "allOf", "not"]
        where sample.schema.contains("\"\(keyword)\":") {
            #expect(dropped.contains("tools[].parameters: \(keyword)"), "\(keyword)")
        }
    }

    /// JSON Schema that says what a schema in the vendor's subset says.
    private func readBack(_ subset: JSONValue) throws -> JSONValue {
        let body =
            #"{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":\#(String(buffer: subset.bytes))}]}]}"#
        return try #require(try GeminiClientRequestTests.decode(body).0.tools[0].parameters)
    }

    @Test("A schema without anything to change is sent byte for byte", arguments: [0, 1, 6, 7])
    func unchanged(index: Int) throws {
        let schema = SchemaSample.corpus[index].schema
        let (sent, _, _) = try tools(schema, model: "gemini-2.5-pro")
        #expect(sent.map { String(buffer: $0.bytes) } == schema)
    }

    @Test("tools-05: References are replaced where the vendor does not follow them, definitions then left out")
    func references() throws {
        for index in [2, 3, 10] {
            let text = try String(
                buffer: #require(tools(SchemaSample.corpus[index].schema, model: "m").parameters).bytes
            )
            #expect(!text.contains("$ref"))
            #expect(!text.contains("definitions"))
        }
        // Those that would never end stay.
        let tree = SchemaSample.corpus[9].schema
        #expect(try tools(tree, model: "gemini-3-pro").parameters.map { String(buffer: $0.bytes) } == tree)
        let old = try tools(tree, model: "gemini-2.0-flash")
        #expect(old.dropped.contains("tools[].parameters: $ref that cannot be replaced"))
        let loop =
            ##"{"type":"object","definitions":{"a":{"$ref":"#/definitions/a"}},"properties":{"x":{"$ref":"#/definitions/a"}}}"##
        #expect(try tools(loop, model: "m").dropped.contains("tools[].parameters: $ref that cannot be replaced"))
        let away =
            ##"{"type":"object","properties":{"x":{"$ref":"https://example.com/s.json"},"y":{"$ref":"#/nothing"}}}"##
        #expect(try tools(away, model: "m").dropped.contains("tools[].parameters: $ref that cannot be replaced"))
    }

    @Test("A schema that grows beyond bounds once its references are replaced is refused")
    func explosion() throws {
        var definitions = ##""d0":{"type":"string","description":"a text of some length, to grow with"}"##
        for level in 1...20 {
            let reference = ##"{"$ref":"#/definitions/d\##(level - 1)"}"##
            definitions +=
                ##","d\##(level)":{"type":"object","properties":{"a":\##(reference),"b":\##(reference),"c":\##(reference)}}"##
        }
        let schema =
            ##"{"type":"object","definitions":{\##(definitions)},"properties":{"x":{"$ref":"#/definitions/d20"}}}"##
        for model in ["gemini-3-pro", "gemini-2.0-flash"] {
            let error = #expect(throws: GatewayError.self) { _ = try self.tools(schema, model: model) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains("1048576") == true)
        }
    }

    /// What a tool with this schema is refused for; nil if it is not.
    private func refusal(_ schema: String, model: String) throws -> GatewayError? {
        do {
            _ = try tools(schema, model: model)
            return nil
        } catch let error as GatewayError {
            return error
        }
    }

    private static let models = ["gemini-3-pro", "gemini-2.0-flash"]

    @Test("A reference through a container of too many is refused, and the tool named", arguments: models)
    func wideContainers(model: String) throws {
        let containers = { (count: Int) -> [(String, String)] in
            let members = (0..<count).map { #""k\#($0)":1"# }.joined(separator: ",")
            return [
                ("0", "[" + String(repeating: "1,", count: count - 1) + "1]"), ("k0", "{\(members)}"),
                ("0/0", "[" + String(repeating: "[1],", count: count - 1) + "[1]]"),
            ]
        }
        for (count, isRefused) in [(60_000, false), (66_000, true)] {
            for (pointer, container) in containers(count) {
                let error = try refusal(
                    ##"{"type":"object","properties":{"a":{"$ref":"#/x/\##(pointer)"}},"x":\##(container)}"##,
                    model: model
                )
                #expect((error != nil) == isRefused, "\(count) of \(pointer): \(error?.message ?? "")")
                guard let error else { continue }
                #expect(error.status == 400 && error.parameter == "tools")
                #expect(error.message.contains("tools contain 'f', whose schema takes too much to read"))
            }
        }
        // None is too large, all are.
        let several = (0..<40).map { _ in "[" + String(repeating: "1,", count: 1_999) + "1]" }.joined(separator: ",")
        let properties = (0..<40).map { ##""p\##($0)":{"$ref":"#/x/\##($0)/0"}"## }.joined(separator: ",")
        let schema = ##"{"type":"object","properties":{\##(properties)},"x":[\##(several)]}"##
        #expect(try refusal(schema, model: model)?.message.contains("takes too much to read") == true)
    }

    @Test(
        "A schema that is read again at each of many levels is refused, one of ordinary depth is not",
        arguments: models
    )
    func rereading(model: String) throws {
        let nested = { (levels: Int, bytes: Int) -> String in
            let text = String(repeating: "a", count: bytes)
            return
                ##"{"type":"object","definitions":{"e":{"type":"string"}},"properties":{"r":{"$ref":"#/definitions/e"},"p":"##
                + String(repeating: #"{"type":"object","properties":{"p":"#, count: levels)
                + #"{"type":"string","definitions":{"d":{"description":"\#(text)"}}}"#
                + String(repeating: "}}", count: levels) + "}}"
        }
        #expect(try refusal(nested(16, 4 << 20), model: model) == nil)
        let error = try #require(try refusal(nested(54, 5 << 20), model: model))
        #expect(error.status == 400 && error.message.contains("takes too much to read"))
    }

    @Test("A schema for the answer that is too large is named as its API names it")
    func answerPaths() throws {
        let names = (0..<66_000).map { _ in "1" }.joined(separator: ",")
        let schema = ##"{"type":"object","properties":{"a":{"$ref":"#/x/0"}},"x":[\##(names)]}"##
        let requests = [
            (
                Calls.chatPath,
                #"{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":\#(schema)}}}"#,
                "response_format.json_schema.schema"
            ),
            (
                "/openai/v1/responses",
                #"{"model":"m","input":"x","text":{"format":{"type":"json_schema","name":"n","schema":\#(schema)}}}"#,
                "text.format.schema"
            ),
            (
                "/anthropic/v1/messages",
                #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"output_config":{"format":{"type":"json_schema","schema":\#(schema)}}}"#,
                "output_config.format.schema"
            ),
        ]
        for (path, body, parameter) in requests {
            let error = #expect(throws: GatewayError.self) {
                try Calls.translate(path, body, to: .geminiGenerateContent, model: "gemini-3-pro")
            }
            #expect(error?.parameter == parameter)
        }
    }

    @Test("OpenAPI's subset in both spellings becomes JSON Schema without a loss")
    func subset() throws {
        let schema =
            #"""
            {"type":"OBJECT","nullable":true,"min_properties":"1","properties":{"type":{"type":"STRING","pattern":"^a","maxLength":"9"},
             "nullable":{"any_of":[{"type":"INTEGER","format":"int32"},{"type":"BOOLEAN"}],"nullable":true},
             "items":{"type":"ARRAY","items":{"type":"NUMBER","example":1.5},"minItems":"2"},
             "r":{"ref":"#/$defs/d"},"q":{"ref":"#/$defs/d","nullable":true},"x":{"type":"TYPE_UNSPECIFIED"}},
             "defs":{"d":{"type":"STRING","enum":["a"],"format":"enum"}},"additional_properties":false,"propertyOrdering":["items","type"]}
            """#
        try expectEqual(
            readBack(value(schema)).bytes,
            #"""
            {"type":["object","null"],"minProperties":1,"properties":{"items":{"type":"array","items":{"type":"number","examples":[1.5]},"minItems":2},
             "type":{"type":"string","pattern":"^a","maxLength":9},"nullable":{"anyOf":[{"type":"integer","format":"int32"},{"type":"boolean"},{"type":"null"}]},
             "r":{"$ref":"#/$defs/d"},"q":{"anyOf":[{"$ref":"#/$defs/d"},{"type":"null"}]},"x":{}},"$defs":{"d":{"type":"string","enum":["a"]}},"additionalProperties":false}
            """#
        )
        let names = try readBack(value(schema))["properties"]?.object.map { $0.map(\.key.string) }
        #expect(names == ["items", "type", "nullable", "r", "q", "x"])
    }

    @Test("Types may be the numbers that clients made from protocol buffers send")
    func numberedTypes() throws {
        let schema =
            #"{"type":6,"properties":{"a":{"type":1,"nullable":true},"b":{"type":5,"items":{"type":3}},"c":{"type":0}}}"#
        try expectEqual(
            readBack(value(schema)).bytes,
            #"{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":"array","items":{"type":"integer"}},"c":{}}}"#
        )
    }
}
