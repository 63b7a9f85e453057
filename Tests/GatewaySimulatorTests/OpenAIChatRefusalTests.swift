// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import Testing

@Suite("What OpenAI chat completions refuses")
struct OpenAIChatRefusalTests {
    /// Further members or messages, and the `param` and `code` of the error.
    struct Case: Sendable, CustomTestStringConvertible {
        var more = ""
        var messages = Sample.user
        var parameter: String?
        var code: String?
        var testDescription: String { more.isEmpty ? messages : more }
    }

    @Test(
        "A member that breaks a rule is named",
        arguments: [
            Case(more: #""foo":1,"#, parameter: "foo", code: "unknown_parameter"),
            Case(more: #""temperature":2.5,"#, parameter: "temperature", code: "decimal_above_max_value"),
            Case(more: #""top_p":-1,"#, parameter: "top_p", code: "decimal_below_min_value"),
            Case(more: #""max_tokens":0,"#, parameter: "max_tokens", code: "integer_below_min_value"),
            Case(more: #""max_tokens":1.5,"#, parameter: "max_tokens", code: "invalid_type"),
            Case(more: #""max_tokens":"5","#, parameter: "max_tokens", code: "invalid_type"),
            Case(more: #""max_tokens":999999999,"#, parameter: "max_tokens", code: "invalid_value"),
            Case(more: #""max_tokens":5,"max_completion_tokens":5,"#, parameter: "max_tokens"),
            Case(more: #""stop":["a","b","c","d","e"],"#, parameter: "stop", code: "array_above_max_length"),
            Case(more: #""n":0,"#, parameter: "n", code: "integer_below_min_value"),
            Case(more: #""stream_options":{"include_usage":true},"#, parameter: "stream_options"),
            Case(more: #""top_logprobs":2,"#, parameter: "top_logprobs"),
            Case(more: #""reasoning_effort":"huge","#, parameter: "reasoning_effort", code: "invalid_value"),
            Case(more: #""top_k":5,"#, parameter: "top_k", code: "unknown_parameter"),
            Case(more: #""response_format":{"type":"xml"},"#, parameter: "response_format.type", code: "invalid_value"),
            Case(more: #""response_format":{"type":"json_object"},"#, parameter: "messages"),
            Case(
                more:
                    #""response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}}}}},"#,
                parameter: "response_format"
            ),
            Case(more: #""tools":[],"#, parameter: "tools", code: "empty_array"),
            Case(more: #""tool_choice":"auto","#, parameter: "tool_choice"),
            Case(more: #""parallel_tool_calls":true,"#, parameter: "parallel_tool_calls"),
            Case(
                more: #""tools":[{"type":"function"}],"#,
                parameter: "tools[0].function",
                code: "missing_required_parameter"
            ),
            Case(
                more: #""tools":[{"type":"function","function":{"name":"no spaces"}}],"#,
                parameter: "tools[0].function.name",
                code: "invalid_value"
            ),
            Case(
                more:
                    #""tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"a"}}],"#,
                parameter: "tools",
                code: "invalid_value"
            ),
            Case(
                more: #""tools":[{"type":"function","function":{"name":"a","parameters":{"type":"objekt"}}}],"#,
                parameter: "tools[0].function.parameters",
                code: "invalid_function_parameters"
            ),
            Case(
                more:
                    #""tools":[{"type":"function","function":{"name":"a","strict":true,"parameters":{"type":"object","properties":{}}}}],"#,
                parameter: "tools[0].function.parameters",
                code: "invalid_function_parameters"
            ),
            Case(
                more: Sample.chatTools + #""tool_choice":{"type":"function","function":{"name":"other"}},"#,
                parameter: "tool_choice"
            ),
        ]
    )
    func members(_ sample: Case) {
        expect(sample)
    }

    static let assistant =
        #"{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]}"#

    @Test(
        "Messages that break a rule are named",
        arguments: [
            Case(messages: "", parameter: "messages", code: "empty_array"),
            Case(messages: #"{"role":"robot","content":"x"}"#, parameter: "messages[0].role", code: "invalid_value"),
            Case(messages: #"{"content":"x"}"#, parameter: "messages[0].role", code: "missing_required_parameter"),
            Case(messages: #"{"role":"user"}"#, parameter: "messages[0].content", code: "missing_required_parameter"),
            Case(messages: #"{"role":"user","content":1}"#, parameter: "messages[0].content", code: "invalid_type"),
            Case(messages: #"{"role":"user","content":[]}"#, parameter: "messages[0].content", code: "empty_array"),
            Case(
                messages:
                    #"{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}"#,
                parameter: "messages[0].content[0].cache_control",
                code: "unknown_parameter"
            ),
            Case(
                messages:
                    #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/bmp;base64,AAAA"}}]}"#,
                parameter: "messages[0].content[0].image_url.url",
                code: "invalid_image_format"
            ),
            Case(
                messages:
                    #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,<here>"}}]}"#,
                parameter: "messages[0].content[0].image_url.url",
                code: "invalid_base64"
            ),
            Case(
                messages: #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"ftp://x/y.png"}}]}"#,
                parameter: "messages[0].content[0].image_url.url",
                code: "invalid_image_url"
            ),
            Case(
                messages:
                    #"{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}"#,
                parameter: "messages[0].content[0]"
            ),
            Case(messages: #"{"role":"assistant","content":null}"#, parameter: "messages.[0].content"),
            Case(messages: #"{"role":"tool","tool_call_id":"a","content":"x"}"#, parameter: "messages.[0].role"),
            Case(messages: "\(Sample.user),\(assistant)", parameter: "messages.[2].role"),
            Case(
                messages:
                    #"\#(Sample.user),\#(assistant),{"role":"tool","tool_call_id":"a","content":"x"},\#(Sample.user)"#,
                parameter: "messages.[3].role"
            ),
            Case(
                messages:
                    #"\#(Sample.user),\#(assistant),{"role":"tool","tool_call_id":"a","content":"x"},{"role":"tool","tool_call_id":"a","content":"x"}"#,
                parameter: "messages.[3].role"
            ),
            Case(
                messages: #"\#(Sample.user),\#(assistant),{"role":"tool","tool_call_id":"c","content":"x"}"#,
                parameter: "messages.[2].role"
            ),
        ]
    )
    func messages(_ sample: Case) {
        expect(sample)
    }

    private func expect(_ sample: Case) {
        let call = SimulatedCall.chat(sample.messages, more: sample.more)
        #expect(call.status == 400)
        let error = call.json["error"]
        #expect(error?["type"]?.string == "invalid_request_error")
        #expect(error?["message"]?.string?.isEmpty == false)
        #expect(error?["param"]?.string == sample.parameter)
        #expect(error?["code"]?.string == sample.code)
    }

    @Test(
        "A model of another API does not exist here",
        arguments: ["nothing", "claude-sonnet-4-5", "gemini-3-1-pro", "gpt-5-3-codex", "gte-large-en"]
    )
    func otherModels(_ name: String) {
        let call = SimulatedCall.chat(Sample.user, model: name)
        #expect(call.status == 404)
        #expect(call.json[path: "error.type"]?.string == "invalid_request_error")
    }

    @Test("A prompt longer than the model's context gets context_length_exceeded")
    func tooLong() {
        let text = String(repeating: "word ", count: 128_001)
        let call = SimulatedCall.chat(Sample.user(text), model: "llama-4-maverick")
        #expect(call.status == 400)
        #expect(call.json[path: "error.code"]?.string == "context_length_exceeded")
    }

    @Test("Open models take the sampling parameters of their servers, sound and film by URL where they hear and see")
    func openModels() {
        #expect(
            SimulatedCall.chat(Sample.user, model: "llama-4-maverick", more: #""top_k":5,"min_p":0.1,"#).status == 200
        )
        let video = #"{"role":"user","content":[{"type":"video_url","video_url":{"url":"https://example.com/v.mp4"}}]}"#
        #expect(SimulatedCall.chat(video, model: "llama-4-maverick").status == 400)
        #expect(SimulatedCall.chat(video).json[path: "error.code"]?.string == "invalid_value")
    }

    @Test("A body that is no JSON object is refused", arguments: ["", "[]", "{", "\"x\"", "{\"model\":\"gpt-5\"} x"])
    func notJSON(_ body: String) {
        let call = SimulatedCall("/v1/chat/completions", body, headers: SimulatedCall.openAIHeaders)
        #expect(call.status == 400)
        #expect(call.json[path: "error.type"]?.string == "invalid_request_error")
    }
}
