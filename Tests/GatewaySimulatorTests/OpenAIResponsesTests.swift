// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import NIOHTTP1
import Testing

@Suite("OpenAI responses")
struct OpenAIResponsesTests {
    private static let input = #"[{"role":"user","content":[{"type":"input_text","text":"What is Databricks?"}]}]"#

    private func text(_ call: SimulatedCall) -> String? {
        call.json["output"]?.array?.compactMap { $0[path: "content.0.text"]?.string }.first
    }

    @Test("An answer has every member that OpenAI's has, for every form of input")
    func answers() {
        let call = SimulatedCall.responses(Self.input, more: #""instructions":"Be brief.","metadata":{"a":"b"},"#)
        #expect(call.status == 200)
        #expect(
            text(call)
                == #"You said: "What is Databricks?". That was message 1. My instructions have 9 bytes. I am gpt-5, simulated by Gatehouse."#
        )
        #expect(call.json["object"]?.string == "response")
        #expect(call.json["status"]?.string == "completed")
        #expect(call.json["instructions"]?.string == "Be brief.")
        #expect(call.json[path: "metadata.a"]?.string == "b")
        #expect(call.json[path: "output.0.content.0.annotations"]?.array?.isEmpty == true)
        #expect(call.json[path: "usage.input_tokens_details.cached_tokens"]?.int == 0)
        #expect((call.json["id"]?.string?.utf8.count ?? 99) <= 64)
        #expect(text(SimulatedCall.responses(#""What is Databricks?""#))?.contains("What is Databricks?") == true)
        let turns =
            #"[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"output_text","text":"Hello"}]},{"type":"message","role":"user","content":"What?"}]"#
        #expect(text(SimulatedCall.responses(turns))?.contains("That was message 3.") == true)
    }

    @Test("A stream opens and closes everything in order, numbered, and ends with the whole response")
    func streams() {
        let whole = SimulatedCall.responses(Self.input)
        let stream = SimulatedCall.responses(Self.input, more: #""stream":true,"#)
        let names = stream.eventNames.filter { $0 != "response.output_text.delta" }
        #expect(
            names == [
                "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
                "response.output_text.done", "response.content_part.done", "response.output_item.done",
                "response.completed",
            ]
        )
        #expect(stream.events.compactMap { $0["sequence_number"]?.int } == Array(0..<stream.events.count))
        #expect(stream.events.compactMap { $0["delta"]?.string }.joined() == text(whole))
        #expect(stream.events.last?[path: "response.output.0.content"] == whole.json[path: "output.0.content"])
        #expect(stream.events.last?[path: "response.usage"] == whole.json["usage"])
        #expect(stream.events.first?[path: "response.status"]?.string == "in_progress")
    }

    @Test("max_output_tokens makes the response incomplete")
    func limited() {
        let call = SimulatedCall.responses(Self.input, more: #""max_output_tokens":3,"#)
        #expect(call.json["status"]?.string == "incomplete")
        #expect(call.json[path: "incomplete_details.reason"]?.string == "max_output_tokens")
        #expect(call.json[path: "usage.output_tokens"]?.int == 3)
        #expect(
            SimulatedCall.responses(Self.input, more: #""max_output_tokens":3,"stream":true,"#).eventNames.last
                == "response.incomplete"
        )
    }

    @Test("Functions are called, in a stream with their arguments in pieces, and their outputs read")
    func tools() {
        let ask = #"[{"role":"user","content":"call all tools"}]"#
        let call = SimulatedCall.responses(ask, more: Sample.responseTools)
        #expect(call.json["output"]?.array?.compactMap { $0["name"]?.string } == ["get_weather", "get_time"])
        #expect(call.json[path: "output.0.call_id"] != call.json[path: "output.0.id"])
        let stream = SimulatedCall.responses(ask, more: Sample.responseTools + #""stream":true,"#)
        let pieces = stream.events.filter {
            $0["output_index"]?.int == 0 && $0["type"]?.string == "response.function_call_arguments.delta"
        }
        #expect(pieces.compactMap { $0["delta"]?.string }.joined() == #"{"location":"location"}"#)
        let outputs =
            call.json["output"]?.array?.compactMap { $0["call_id"]?.string }
            .map {
                #"{"type":"function_call_output","call_id":"\#($0)","output":[{"type":"input_text","text":"fine"}]}"#
            } ?? []
        let items = call.json["output"]?.array?.map(\.written) ?? []
        let input =
            "[" + ([#"{"role":"user","content":"call all tools"}"#] + items + outputs).joined(separator: ",") + "]"
        #expect(
            text(SimulatedCall.responses(input, more: Sample.responseTools))?.hasPrefix(
                #"The tool get_weather returned: "fine"."#
            ) == true
        )
    }

    @Test("Custom tools, namespaces and tools in the input are called too")
    func otherTools() {
        let tools =
            #""tools":[{"type":"custom","name":"shout"},{"type":"namespace","name":"fs","description":"Files","tools":[{"type":"function","name":"read_file"}]},{"type":"web_search"}],"#
        let added = #"{"type":"additional_tools","role":"developer","tools":[{"type":"function","name":"extra"}]}"#
        let call = SimulatedCall.responses(
            #"[{"role":"user","content":"call shout, read_file and extra"},\#(added)]"#,
            more: tools
        )
        #expect(
            call.json["output"]?.array?.compactMap { $0["type"]?.string } == [
                "custom_tool_call", "function_call", "function_call",
            ]
        )
        #expect(call.json[path: "output.0.input"]?.string == "Input for shout")
        #expect(call.json[path: "output.1.namespace"]?.string == "fs")
    }

    @Test("Reasoning is an item, summarised and encrypted on request")
    func reasons() {
        let plain = SimulatedCall.responses(Self.input, more: #""reasoning":{"effort":"low"},"#)
        #expect(plain.json[path: "output.0.type"]?.string == "reasoning")
        #expect(plain.json[path: "output.0.summary"]?.array?.isEmpty == true)
        #expect(plain.json[path: "output.0.encrypted_content"] == nil)
        let more = #""reasoning":{"effort":"high","summary":"auto"},"include":["reasoning.encrypted_content"],"#
        let full = SimulatedCall.responses(Self.input, more: more)
        #expect(full.json[path: "output.0.summary.0.text"]?.string?.isEmpty == false)
        #expect(full.json[path: "output.0.encrypted_content"]?.string?.isEmpty == false)
        let stream = SimulatedCall.responses(Self.input, more: more + #""stream":true,"#)
        let summary = stream.events.filter { $0["type"]?.string == "response.reasoning_summary_text.delta" }.compactMap
        { $0["delta"]?.string }
        #expect(summary.joined() == full.json[path: "output.0.summary.0.text"]?.string)
    }

    @Test("A reasoning item comes back unchanged, by its encrypted content or by its id alone")
    func reasoningReturns() {
        let more = #""reasoning":{"effort":"low"},"include":["reasoning.encrypted_content"],"#
        let items = SimulatedCall.responses(Self.input, more: more).json["output"]?.array?.map(\.written) ?? []
        let conversation = { (items: [String]) in
            #"[{"role":"user","content":"a"},\#(items.joined(separator: ",")),{"role":"user","content":"b"}]"#
        }
        #expect(SimulatedCall.responses(conversation(items)).status == 200)
        let altered = items.map { $0.replacing(#""encrypted_content":"gAAAA"#, with: #""encrypted_content":"gAAAAx"#) }
        #expect(
            SimulatedCall.responses(conversation(altered)).json[path: "error.code"]?.string
                == "invalid_encrypted_content"
        )
        let plain =
            SimulatedCall.responses(Self.input, more: #""reasoning":{"effort":"low"},"#).json["output"]?.array?.map(
                \.written
            ) ?? []
        #expect(SimulatedCall.responses(conversation(plain)).status == 200)
        #expect(SimulatedCall.responses(conversation(plain.map { $0.replacing("rs_", with: "rs_0") })).status == 404)
        #expect(
            SimulatedCall.responses("[\(items[0])]").json[path: "error.message"]?.string?.contains(
                "without its required following item"
            ) == true
        )
    }

    @Test("A compaction is taken back as it was made, and no other")
    func compactions() throws {
        func compact(_ input: String) -> SimulatedCall {
            SimulatedCall(
                "/v1/responses/compact",
                #"{"model":"gpt-5","input":\#(input)}"#,
                headers: SimulatedCall.openAIHeaders
            )
        }
        let made = try #require(compact(Self.input).json["output"]?.array.map(Array.init)?.last?.written)
        #expect(SimulatedCall.responses("[\(made),{\"role\":\"user\",\"content\":\"b\"}]").status == 200)
        #expect(compact("[\(made)]").status == 200)
        let thought = try #require(
            SimulatedCall.responses(
                Self.input,
                more: #""reasoning":{"effort":"low"},"include":["reasoning.encrypted_content"],"#
            ).json[path: "output.0.encrypted_content"]?.string
        )
        for (item, code) in [
            (
                made.replacing(#""encrypted_content":"gAAAA"#, with: #""encrypted_content":"gAAAAx"#),
                "invalid_encrypted_content"
            ),
            (#"{"type":"compaction","encrypted_content":"\#(thought)"}"#, "invalid_encrypted_content"),
            (#"{"type":"compaction"}"#, "missing_required_parameter"),
        ] {
            for call in [SimulatedCall.responses("[\(item)]"), compact("[\(item)]")] {
                #expect(call.status == 400)
                #expect(call.json[path: "error.code"]?.string == code)
                #expect(call.json[path: "error.param"]?.string == "input[0].encrypted_content")
            }
        }
    }

    @Test("Structured output, refusals, images and log probabilities work as in chat")
    func others() {
        let format =
            #""text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false},"strict":true}},"#
        #expect(text(SimulatedCall.responses(Self.input, more: format)) == #"{"n":1}"#)
        #expect(
            SimulatedCall.responses(#""[[simulate: refusal]]""#).json[path: "output.0.content.0.type"]?.string
                == "refusal"
        )
        let image =
            #"[{"role":"user","content":[{"type":"input_text","text":"?"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]}]"#
        #expect(text(SimulatedCall.responses(image))?.contains("1 image") == true)
        let logprobs = SimulatedCall.responses(
            Self.input,
            more: #""include":["message.output_text.logprobs"],"top_logprobs":1,"#
        )
        #expect(logprobs.json[path: "output.0.content.0.logprobs.0.top_logprobs"]?.array?.count == 1)
    }

    @Test("The token count is that of the answer's usage")
    func counts() {
        let count = SimulatedCall(
            "/v1/responses/input_tokens",
            #"{"model":"gpt-5","input":\#(Self.input)}"#,
            headers: SimulatedCall.openAIHeaders
        )
        #expect(count.json["input_tokens"] == SimulatedCall.responses(Self.input).json[path: "usage.input_tokens"])
    }

    @Test(
        "What breaks a rule is refused",
        arguments: [
            (#""x""#, #""foo":1,"#, "foo", "unknown_parameter"),
            (#""x""#, #""max_tokens":5,"#, "max_tokens", "unknown_parameter"),
            (#""x""#, #""previous_response_id":"resp_1","#, "previous_response_id", "previous_response_not_found"),
            (
                #""x""#, #""tools":[{"type":"function","function":{"name":"f"}}],"#, "tools[0].function",
                "unknown_parameter"
            ),
            (#""x""#, #""tools":[{"type":"teleport"}],"#, "tools[0].type", "invalid_value"),
            ("null", "", "input", "missing_required_parameter"),
            ("5", "", "input", "invalid_type"),
            (#"[{"type":"nothing"}]"#, "", "input[0].type", "invalid_value"),
            (#"[{"role":"user"}]"#, "", "input[0].content", "missing_required_parameter"),
            (
                #"[{"role":"user","content":[{"type":"output_text","text":"x"}]}]"#, "", "input[0].content[0]",
                "invalid_value"
            ),
            (
                #"[{"role":"assistant","content":[{"type":"input_text","text":"x"}]}]"#, "", "input[0].content[0]",
                "invalid_value"
            ),
            (#"[{"type":"function_call_output","call_id":"c","output":"x"}]"#, "", "input", nil),
            (#"[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]"#, "", "input", nil),
        ] as [(String, String, String, String?)]
    )
    func refuses(_ input: String, _ more: String, _ parameter: String, _ code: String?) {
        let call = SimulatedCall.responses(input, more: more)
        #expect(call.status == 400)
        #expect(call.json[path: "error.param"]?.string == parameter)
        #expect(call.json[path: "error.code"]?.string == code)
    }

    @Test("Nothing is stored: an id is never found")
    func storesNothing() {
        let call = SimulatedCall("/v1/responses/resp_1", method: .GET, headers: SimulatedCall.openAIHeaders)
        #expect(call.status == 404)
    }

    @Test("Events repeat a request of many lines on one")
    func manyLines() {
        let tools = #"""
            "stream": true,
            "metadata": {
              "a": "b"
            },
            "tool_choice": {
              "type": "function",
              "name": "f"
            },
            "tools": [
              {"type": "function", "name": "f",
               "parameters": {}}
            ],
            """#
        let lines = SimulatedCall.responses(Self.input, more: tools).text.split(separator: "\n")
        #expect(lines.count > 6)
        #expect(lines.allSatisfy { $0.hasPrefix("data: ") || $0.hasPrefix("event: ") })
    }
}
