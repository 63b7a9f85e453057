// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import Testing

@Suite("What Gemini refuses")
struct GeminiRefusalTests {
    private static let user = Sample.geminiUser("Hello")

    private func expect(_ call: SimulatedCall, _ prefix: String) {
        #expect(call.status == 400)
        #expect(call.json[path: "error.code"]?.int == 400)
        #expect(call.json[path: "error.status"]?.string == "INVALID_ARGUMENT")
        let message = call.json[path: "error.message"]?.string ?? ""
        #expect(message.hasPrefix(prefix), "\(message)")
    }

    @Test(
        "A member that breaks a rule is named",
        arguments: [
            (#""foo":1,"#, "Invalid JSON payload received. Unknown name \"foo\": Cannot find field."),
            (
                #""generationConfig":{"foo":1},"#,
                "Invalid JSON payload received. Unknown name \"foo\" at 'generation_config': Cannot find field."
            ),
            (
                #""generationConfig":{"temperature":"hot"},"#,
                "Invalid value at 'generation_config.temperature' (TYPE_FLOAT), \"hot\""
            ),
            (
                #""generationConfig":{"temperature":3},"#,
                "* GenerateContentRequest.generation_config.temperature: the value 3 is out of range"
            ),
            (
                #""generationConfig":{"maxOutputTokens":99999999},"#,
                "Unable to submit request because it has a maxOutputTokens value of 99999999"
            ),
            (
                #""generationConfig":{"stopSequences":["1","2","3","4","5","6"]},"#,
                "* GenerateContentRequest.generation_config.stop_sequences: has more than 5"
            ),
            (#""generationConfig":{"logprobs":2},"#, "Logprobs may only be set when response_logprobs is true."),
            (
                #""generationConfig":{"thinkingConfig":{"thinkingBudget":5,"thinkingLevel":"LOW"}},"#,
                "You can only set only one of"
            ),
            (
                #""generationConfig":{"responseSchema":{"type":"OBJECT"}},"#,
                "Response schema is only supported with response_mime_type"
            ),
            (
                #""generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT"},"responseJsonSchema":{}},"#,
                "Only one of response_schema and response_json_schema may be set."
            ),
            (
                #""tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":["STRING","NULL"]}}}}]}],"#,
                "Invalid value at 'tools[0].function_declarations[0].parameters.properties.a.type'"
            ),
            (
                #""tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","$schema":"x"}}]}],"#,
                "Invalid JSON payload received. Unknown name \"$schema\" at 'tools[0].function_declarations[0].parameters': Cannot find field."
            ),
            (
                #""tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"oneOf":[]}}}}]}],"#,
                "Invalid JSON payload received. Unknown name \"oneOf\" at 'tools[0].function_declarations[0].parameters.properties.a'"
            ),
            (
                #""tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","required":["a"]}}]}],"#,
                "* GenerateContentRequest.tools[0].function_declarations[0].parameters.required: only allowed for properties"
            ),
            (
                #""tools":[{"functionDeclarations":[{"name":"f"},{"name":"f"}]}],"#,
                "Duplicate function declaration found: f"
            ),
            (
                #""tools":[{"functionDeclarations":[{"name":"1f"}]}],"#,
                "* GenerateContentRequest.tools[0].function_declarations[0].name: Invalid name."
            ),
            (
                #""tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT"},"parametersJsonSchema":{}}]}],"#,
                "Only one of parameters and parameters_json_schema may be set"
            ),
            (
                #""toolConfig":{"functionCallingConfig":{"mode":"ANY"}},"#,
                "Function calling config is set without function_declarations."
            ),
            (
                Sample.geminiTools
                    + #""toolConfig":{"functionCallingConfig":{"mode":"AUTO","allowedFunctionNames":["get_time"]}},"#,
                "Please set allowed_function_names only when function calling mode is ANY."
            ),
            (
                Sample.geminiTools
                    + #""toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["x"]}},"#,
                "The allowed function 'x' is not declared."
            ),
        ]
    )
    func members(_ more: String, _ expected: String) {
        expect(SimulatedCall.gemini(Self.user, more: more), expected)
    }

    private static let call =
        #"{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"}]}"#

    @Test(
        "Contents that break a rule are named",
        arguments: [
            ("", "* GenerateContentRequest.contents: must not be empty."),
            (#"{"role":"assistant","parts":[{"text":"x"}]}"#, "Please use a valid role: user, model."),
            (#"{"role":"user","parts":[]}"#, "* GenerateContentRequest.contents[0].parts: must not be empty."),
            (#"{"role":"user"}"#, "* GenerateContentRequest.contents[0].parts: is not specified"),
            (
                #"{"role":"user","parts":[{}]}"#,
                "* GenerateContentRequest.contents[0].parts[0].data: required oneof field"
            ),
            (
                #"{"role":"user","parts":[{"text":"x","type":"text"}]}"#,
                "Invalid JSON payload received. Unknown name \"type\" at 'contents[0].parts[0]'"
            ),
            (
                #"{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"<no>"}}]}"#,
                "Invalid value at 'contents[0].parts[0].inline_data.data'"
            ),
            (
                #"{"role":"user","parts":[{"inlineData":{"mimeType":"application/x-tar","data":"AAAA"}}]}"#,
                "Unsupported MIME type: application/x-tar"
            ),
            ("\(user),\(call)", "Please ensure that the number of function response parts is equal"),
            ("\(user),\(call),\(user)", "Please ensure that the number of function response parts is equal"),
            (
                #"\#(user),{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}"#,
                "Please ensure that function response turn comes immediately after a function call turn."
            ),
            (
                #"\#(user),\#(call),{"role":"user","parts":[{"functionResponse":{"name":"g","response":{}}}]}"#,
                "The function response for 'g' does not belong to a function call"
            ),
        ]
    )
    func contents(_ contents: String, _ expected: String) {
        expect(SimulatedCall.gemini(contents), expected)
    }

    @Test("A model of another API is not found", arguments: ["nothing", "gpt-5", "claude-sonnet-4-5"])
    func otherModels(_ name: String) {
        let call = SimulatedCall.gemini(Self.user, model: name)
        #expect(call.status == 404)
        #expect(call.json[path: "error.status"]?.string == "NOT_FOUND")
    }

    @Test("A prompt longer than the model's context is refused")
    func tooLong() {
        let call = SimulatedCall.gemini(
            Sample.geminiUser(String(repeating: "word ", count: 65_536)),
            model: "gemini-3-pro-image"
        )
        expect(call, "The input token count (65540) exceeds the maximum number of tokens allowed (65536).")
    }
}
