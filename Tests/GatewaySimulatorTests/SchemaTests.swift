// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import Testing

@Suite("Instances of JSON Schemas")
struct SchemaTests {
    /// What the model answers to a prompt that asks for this schema.
    private func instance(_ schema: String) -> String? {
        let more = #""response_format":{"type":"json_schema","json_schema":{"name":"x","schema":\#(schema)}},"#
        return SimulatedCall.chat(Sample.user, more: more).json[path: "choices.0.message.content"]?.string
    }

    @Test(
        "Every keyword is obeyed",
        arguments: [
            ("{}", #""value""#),
            (#"{"type":"object"}"#, "{}"),
            (#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"null"}}}"#, #"{"a":"a","b":null}"#),
            (
                #"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"null"}},"required":["b"]}"#,
                #"{"b":null}"#
            ),
            (#"{"type":"boolean"}"#, "true"),
            (#"{"type":"integer"}"#, "1"),
            (#"{"type":"integer","minimum":5}"#, "5"),
            (#"{"type":"integer","exclusiveMinimum":5}"#, "6"),
            (#"{"type":"integer","maximum":-2}"#, "-2"),
            (#"{"type":"integer","minimum":7,"multipleOf":5}"#, "10"),
            (#"{"type":"number","minimum":0.5,"maximum":0.75}"#, "0.75"),
            (#"{"type":"number","maximum":0.25}"#, "0.25"),
            (#"{"enum":["red","blue"]}"#, #""red""#),
            (#"{"const":{"a":1}}"#, #"{"a":1}"#),
            (#"{"type":"string","default":"d"}"#, #""d""#),
            (#"{"type":"string","format":"date"}"#, #""2026-11-02""#),
            (#"{"type":"string","minLength":8}"#, #""valuexxx""#),
            (#"{"type":"string","maxLength":2}"#, #""va""#),
            (#"{"type":["null","string"]}"#, #""value""#),
            (#"{"type":"array","items":{"type":"integer"}}"#, "[1]"),
            (#"{"type":"array","items":{"type":"integer"},"minItems":3}"#, "[1,1,1]"),
            (#"{"type":"array","items":{"type":"integer"},"maxItems":0}"#, "[]"),
            (#"{"type":"array","prefixItems":[{"type":"integer"},{"type":"boolean"}]}"#, "[1,true]"),
            (#"{"anyOf":[{"type":"null"},{"type":"integer"}]}"#, "1"),
            (#"{"oneOf":[{"type":"boolean"},{"type":"integer"}]}"#, "true"),
            (
                #"{"allOf":[{"properties":{"a":{"type":"integer"}}},{"properties":{"b":{"type":"boolean"}}}]}"#,
                #"{"a":1,"b":true}"#
            ),
            (
                ##"{"type":"object","properties":{"p":{"$ref":"#/$defs/Pet"}},"$defs":{"Pet":{"type":"object","properties":{"name":{"type":"string"}}}}}"##,
                #"{"p":{"name":"name"}}"#
            ),
        ]
    )
    func keywords(_ schema: String, _ expected: String) {
        #expect(instance(schema) == expected)
    }

    @Test("A schema that refers to itself ends")
    func recursion() throws {
        let schema = ##"{"type":"object","properties":{"child":{"$ref":"#"}},"required":["child"]}"##
        let text = try #require(instance(schema))
        #expect(text.hasPrefix(#"{"child":{"child":"#))
        let loop = ##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}"##
        #expect(instance(loop) != nil)
    }

    @Test("A reference through more than it keeps names nothing, and one before does")
    func wideContainers() {
        let elements = String(repeating: "{},", count: 65_600) + "{}"
        let answer = { (index: Int) in
            let schema = ##"{"type":"object","properties":{"a":{"$ref":"#/x/\##(index)"}},"x":[\##(elements)]}"##
            let more = #""response_format":{"type":"json_schema","json_schema":{"name":"x","schema":\#(schema)}},"#
            return SimulatedCall.chat(Sample.user, more: more).status
        }
        #expect(answer(65_590) == 400)
        #expect(answer(7) == 200)
    }

    @Test("A schema that asks for too much gives a bounded answer")
    func bounded() throws {
        let text = try #require(
            instance(
                #"{"type":"array","minItems":999999999,"items":{"type":"array","minItems":999999999,"items":{"type":"integer"}}}"#
            )
        )
        #expect(text.utf8.count < 100_000)
        #expect((instance(#"{"type":"string","minLength":999999999}"#)?.utf8.count ?? .max) < 100_000)
    }

    @Test(
        "A schema that is none is refused",
        arguments: [
            #"{"type":"objekt"}"#, #"{"type":5}"#, #"{"type":[]}"#, #"{"required":"a"}"#, #"{"enum":[]}"#,
            #"{"properties":[]}"#,
            #"{"properties":{"a":5}}"#, #"{"anyOf":[]}"#, #"{"items":"x"}"#, ##"{"$ref":"#/$defs/none"}"##,
        ]
    )
    func invalid(_ schema: String) {
        let more = #""response_format":{"type":"json_schema","json_schema":{"name":"x","schema":\#(schema)}},"#
        #expect(SimulatedCall.chat(Sample.user, more: more).status == 400)
        let tool =
            #""max_tokens":9,"tools":[{"name":"t","input_schema":{"type":"object","properties":{"p":\#(schema)}}}],"#
        let isReference = schema.contains("$ref")
        #expect(isReference || SimulatedCall.messages(Sample.user, more: tool).status == 400)
    }
}
