// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import Testing

@Suite("Tools in OpenAI chat completions")
struct OpenAIChatToolTests {
    private func names(_ call: SimulatedCall) -> [String] {
        call.json[path: "choices.0.message.tool_calls"]?.array?.compactMap { $0[path: "function.name"]?.string } ?? []
    }

    @Test("A tool that the text names is called with arguments of its schema")
    func callsNamedTool() {
        let call = SimulatedCall.chat(Sample.user("Ask get_weather, please."), more: Sample.chatTools)
        #expect(names(call) == ["get_weather"])
        #expect(
            call.json[path: "choices.0.message.tool_calls.0.function.arguments"]?.string == #"{"location":"location"}"#
        )
        #expect(call.json[path: "choices.0.message.content"]?.isNull == true)
        #expect(call.json[path: "choices.0.finish_reason"]?.string == "tool_calls")
    }

    @Test(
        "The text and tool_choice decide which tools are called",
        arguments: [
            ("Hello", "", []),
            ("use the tool", "", ["get_weather"]),
            ("get_time, then get_weather", "", ["get_time", "get_weather"]),
            ("call all tools", "", ["get_weather", "get_time"]),
            ("my_get_weather_x is no tool", "", []),
            ("What is the weather, and what the time?", "", ["get_weather", "get_time"]),
            ("Get over the weathering", "", []),
            ("use the tool", #""tool_choice":"none","#, []),
            ("Hello", #""tool_choice":"required","#, ["get_weather"]),
            ("Hello", #""tool_choice":{"type":"function","function":{"name":"get_time"}},"#, ["get_time"]),
            ("call all tools", #""parallel_tool_calls":false,"#, ["get_weather"]),
            (
                "Hello",
                #""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"get_time"}}]}},"#,
                ["get_time"]
            ),
        ] as [(String, String, [String])]
    )
    func chooses(_ text: String, _ choice: String, _ expected: [String]) {
        #expect(names(SimulatedCall.chat(Sample.user(text), more: Sample.chatTools + choice)) == expected)
    }

    @Test("After the results the model answers about them and calls nothing more")
    func answersAboutResults() {
        let assistant =
            #"{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"get_weather","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"get_time","arguments":"{}"}}]}"#
        let results =
            #"{"role":"tool","tool_call_id":"b","content":"noon"},{"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"15 degrees"}]}"#
        let call = SimulatedCall.chat(
            [Sample.user("call all tools"), assistant, results].joined(separator: ","),
            more: Sample.chatTools
        )
        #expect(
            call.json[path: "choices.0.message.content"]?.string?
                .hasPrefix(#"The tool get_time returned: "noon". The tool get_weather returned: "15 degrees"."#) == true
        )
    }

    @Test("A stream opens each call with its id and name, and sends its arguments in pieces")
    func streams() {
        let whole = SimulatedCall.chat(Sample.user("call all tools"), more: Sample.chatTools)
        let stream = SimulatedCall.chat(Sample.user("call all tools"), more: Sample.chatTools + #""stream":true,"#)
        let deltas = stream.events.compactMap { $0[path: "choices.0.delta.tool_calls.0"] }
        #expect(deltas.filter { $0["id"] != nil }.compactMap { $0[path: "function.name"]?.string } == names(whole))
        for index in 0..<2 {
            let arguments = deltas.filter { $0["index"]?.int == index }.compactMap {
                $0[path: "function.arguments"]?.string
            }
            #expect(
                arguments.joined()
                    == whole.json[path: "choices.0.message.tool_calls.\(index).function.arguments"]?.string
            )
            #expect(arguments.count > 1)
        }
        #expect(stream.events.last?[path: "choices.0.finish_reason"]?.string == "tool_calls")
    }

    @Test("A custom tool gets text")
    func customTool() {
        let call = SimulatedCall.chat(
            Sample.user("use the tool"),
            more: #""tools":[{"type":"custom","custom":{"name":"shout"}}],"#
        )
        #expect(call.json[path: "choices.0.message.tool_calls.0.type"]?.string == "custom")
        #expect(call.json[path: "choices.0.message.tool_calls.0.custom.input"]?.string == "Input for shout")
    }

    @Test("Calls that the user writes out are made round by round, then the model answers")
    func scriptedRounds() {
        let user = Sample.user(
            #"Go. [[simulate: call=get_weather args={"location":"a ]] b"}]] [[simulate: call=get_time call=get_weather args={"location":"x"}]]"#
        )
        let first = SimulatedCall.chat(user, more: Sample.chatTools)
        #expect(names(first) == ["get_weather"])
        #expect(
            first.json[path: "choices.0.message.tool_calls.0.function.arguments"]?.string == #"{"location":"a ]] b"}"#
        )
        let round = { (id: String) in
            #"{"role":"assistant","tool_calls":[{"id":"\#(id)","type":"function","function":{"name":"get_weather","arguments":"{}"}}]},{"role":"tool","tool_call_id":"\#(id)","content":"ok"}"#
        }
        let second = SimulatedCall.chat([user, round("1")].joined(separator: ","), more: Sample.chatTools)
        #expect(names(second) == ["get_time", "get_weather"])
        let third = SimulatedCall.chat([user, round("1"), round("2")].joined(separator: ","), more: Sample.chatTools)
        #expect(names(third).isEmpty)
        #expect(
            third.json[path: "choices.0.message.content"]?.string?.hasPrefix("The tool get_weather returned") == true
        )
        let unknown = SimulatedCall.chat(Sample.user("[[simulate: call=nothing]]"), more: Sample.chatTools)
        #expect(unknown.status == 400)
    }

    @Test("A limit that a call does not fit into leaves the call out and ends with length")
    func limited() {
        let call = SimulatedCall.chat(Sample.user("call all tools"), more: Sample.chatTools + #""max_tokens":12,"#)
        #expect(names(call) == ["get_weather"])
        #expect(call.json[path: "choices.0.finish_reason"]?.string == "length")
    }
}
