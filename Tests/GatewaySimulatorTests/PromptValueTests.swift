// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import Testing

@Suite("Values that a prompt names")
struct PromptValueTests {
    /// What the model answers to a prompt that asks for this schema.
    private func instance(_ text: String, _ schema: String) -> String? {
        let more = #""response_format":{"type":"json_schema","json_schema":{"name":"x","schema":\#(schema)}},"#
        return SimulatedCall.chat(Sample.user(text), more: more).json[path: "choices.0.message.content"]?.string
    }

    private static let pair =
        #"{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"required":["a","b"]}"#

    @Test(
        "Numbers that stand alone go into numbers, in their order and where they fit",
        arguments: [
            ("What is 3 + 4?", pair, #"{"a":3,"b":4}"#),
            ("What is 3+4?", pair, #"{"a":3,"b":4}"#),
            ("The value of magic_function(3), please.", pair, #"{"a":3,"b":1}"#),
            ("Between -5 and 1.5 and 7.", pair, #"{"a":-5,"b":7}"#),
            ("gpt-5 said on 2026-11-02 at 10:30 that v2 has 12 parts.", pair, #"{"a":12,"b":1}"#),
            ("It is 1.5.", #"{"type":"number"}"#, "1.5"),
            ("Take 3, 40 or 15.", #"{"type":"integer","minimum":10,"maximum":20}"#, "15"),
            ("Take 3 or 10.", #"{"type":"integer","multipleOf":5}"#, "10"),
            ("Take 3.", #"{"type":"integer","default":8}"#, "8"),
            ("99999999999999999999", #"{"type":"integer"}"#, "1"),
            ("[[simulate: cached_tokens=3]] Take 7. [[simulate: cached_tokens=4]]", #"{"type":"integer"}"#, "7"),
        ]
    )
    func numbers(_ text: String, _ schema: String, _ expected: String) {
        #expect(instance(text, schema) == expected)
    }

    @Test(
        "Texts between quotation marks go into texts without a form of their own",
        arguments: [
            (#"Greet "Ada""#, #"{"type":"string"}"#, #""Ada""#),
            ("Don't greet '你好' yet", #"{"type":"string"}"#, #""你好""#),
            ("Greet “Ada” or ‘Bob’ or `Eve`", #"{"type":"string","maxLength":3,"minLength":3}"#, #""Ada""#),
            (#"Greet "A" and "Bob""#, #"{"type":"string","minLength":2}"#, #""Bob""#),
            (#"Greet "Ada""#, #"{"type":"string","format":"date"}"#, #""2026-11-02""#),
            (#"Greet "Ada""#, #"{"type":"string","enum":["Bob"]}"#, #""Bob""#),
            (#"It is 5" long"#, #"{"type":"string"}"#, #""value""#),
        ]
    )
    func texts(_ text: String, _ schema: String, _ expected: String) {
        #expect(instance(text, schema) == expected)
    }

    @Test("Values are given to members in the order of `required`")
    func order() {
        let schema =
            #"{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"string"}},"required":["a","b"]}"#
        #expect(instance(#"Name "first" and "second""#, schema) == #"{"a":"first","b":"second"}"#)
    }

    @Test(
        "An object of any shape has the keys that the prompt asks for",
        arguments: [
            ("JSON with 'setup' and 'punchline' keys, please.", #"{"setup":"setup","punchline":"punchline"}"#),
            ("JSON with the keys 'a' and 'b c' and 'a'.", #"{"a":"a"}"#),
        ]
    )
    func keys(_ text: String, _ expected: String) {
        let more = #""response_format":{"type":"json_object"},"#
        let content = SimulatedCall.chat(Sample.user(text), more: more).json[path: "choices.0.message.content"]
        #expect(content?.string == expected)
        #expect(instance(text, #"{"type":"object"}"#) == expected)
        #expect(instance(text, #"{"type":"object","additionalProperties":false}"#) == "{}")
    }

    @Test("Prompts made to be slow are not", .timeLimit(.minutes(1)))
    func slow() {
        for text in ["“", "\"", "' ", "[[simulate:", "1 ", "a-"] {
            _ = SimulatedCall.chat(
                Sample.user(String(repeating: text, count: 100_000)),
                more:
                    #""response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"string"}}},"#
            )
        }
    }
}
