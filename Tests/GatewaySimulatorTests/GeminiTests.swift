// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("Gemini generateContent")
struct GeminiTests {
    private static let user = Sample.geminiUser("What is Databricks?")

    @Test("An answer has every member that Google's has")
    func answers() {
        let call = SimulatedCall.gemini(Self.user, more: #""systemInstruction":{"parts":[{"text":"Be brief."}]},"#)
        #expect(call.status == 200)
        #expect(
            call.json[path: "candidates.0.content.parts.0.text"]?.string
                == #"You said: "What is Databricks?". That was message 1. My instructions have 9 bytes. I am gemini-3-1-pro, simulated by Gatehouse."#
        )
        #expect(call.json[path: "candidates.0.content.role"]?.string == "model")
        #expect(call.json[path: "candidates.0.finishReason"]?.string == "STOP")
        #expect(call.json["modelVersion"]?.string == "gemini-3-1-pro")
        #expect(call.json[path: "usageMetadata.promptTokenCount"]?.int == 3 + 4 + 3)
        let output = call.json[path: "usageMetadata.candidatesTokenCount"]?.int ?? 0
        #expect(call.json[path: "usageMetadata.totalTokenCount"]?.int == 10 + output)
        #expect(call.json["responseId"]?.string?.isEmpty == false)
    }

    @Test("Server-sent events carry the same text, usage in each, the reason of the end with the last words")
    func streams() {
        let whole = SimulatedCall.gemini(Self.user)
        let stream = SimulatedCall.gemini(Self.user, method: "streamGenerateContent?alt=sse")
        #expect(stream.headers.first(name: "content-type") == "text/event-stream")
        let text = stream.events.compactMap { $0[path: "candidates.0.content.parts.0.text"]?.string }
        #expect(text.joined() == whole.json[path: "candidates.0.content.parts.0.text"]?.string)
        #expect(
            stream.events.compactMap { $0[path: "usageMetadata.candidatesTokenCount"]?.int }
                == (1..<text.count + 1).map(\.self)
        )
        #expect(stream.events.last?["usageMetadata"] == whole.json["usageMetadata"])
        #expect(stream.events.compactMap { $0[path: "candidates.0.finishReason"]?.string } == ["STOP"])
        #expect(stream.events.last?[path: "candidates.0.finishReason"]?.string == "STOP")
    }

    @Test("Without alt=sse the stream is one JSON array")
    func array() {
        let events = SimulatedCall.gemini(Self.user, method: "streamGenerateContent?alt=sse").events.count
        let stream = SimulatedCall.gemini(Self.user, method: "streamGenerateContent")
        #expect(stream.headers.first(name: "content-type") == "application/json; charset=UTF-8")
        #expect(stream.json.array?.count == events)
        #expect(stream.script.steps.count == events + 1)
        let failed = SimulatedCall.gemini(
            Sample.geminiUser("[[simulate: error_after=2 status=503]]"),
            method: "streamGenerateContent"
        )
        #expect(failed.json.array?.count == 3)
        #expect(failed.json[path: "2.error.status"]?.string == "UNAVAILABLE")
    }

    @Test("Names in snake case, and the route of version 1, are understood")
    func snakeCase() {
        let body =
            #"{"contents":[\#(Self.user)],"generation_config":{"max_output_tokens":"3"},"system_instruction":{"parts":[{"text":"x"}]}}"#
        let call = SimulatedCall(
            "/v1/models/gemini-3-1-pro:generateContent",
            body,
            headers: SimulatedCall.geminiHeaders
        )
        #expect(call.json[path: "usageMetadata.candidatesTokenCount"]?.int == 3)
        #expect(call.json[path: "candidates.0.finishReason"]?.string == "MAX_TOKENS")
    }

    @Test("Stop sequences, candidates and log probabilities work")
    func options() {
        let stop = SimulatedCall.gemini(Self.user, more: #""generationConfig":{"stopSequences":[" That"]},"#)
        #expect(stop.json[path: "candidates.0.content.parts.0.text"]?.string == #"You said: "What is Databricks?"."#)
        let two = SimulatedCall.gemini(Self.user, more: #""generationConfig":{"candidateCount":2},"#)
        #expect(two.json["candidates"]?.array?.compactMap { $0["index"]?.int } == [0, 1])
        let logprobs = SimulatedCall.gemini(
            Self.user,
            more: #""generationConfig":{"responseLogprobs":true,"logprobs":2},"#
        )
        #expect(logprobs.json[path: "candidates.0.logprobsResult.topCandidates.0.candidates"]?.array?.count == 2)
    }

    @Test("Media of every kind are seen and counted by kind")
    func media() {
        let parts =
            #"{"text":"What?"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"fileData":{"mimeType":"video/mp4","fileUri":"https://example.com/v.mp4"}},{"inline_data":{"mime_type":"audio/mp3","data":"AAAA"}}"#
        let call = SimulatedCall.gemini(#"{"role":"user","parts":[\#(parts)]}"#)
        #expect(
            call.json[path: "candidates.0.content.parts.0.text"]?.string?.contains(
                "I was shown 1 image, 1 audio clip and 1 video."
            ) == true
        )
        #expect(
            call.json[path: "usageMetadata.promptTokensDetails"]?.array?.compactMap { $0["tokenCount"]?.int } == [
                5, 256, 512, 1024,
            ]
        )
    }

    @Test("Schemas of both kinds are answered with an instance")
    func structured() {
        let own =
            #""generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"n":{"type":"INTEGER"}},"required":["n"]}},"#
        let full =
            #""generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"n":{"type":"integer","const":7}},"required":["n"]}},"#
        #expect(
            SimulatedCall.gemini(Self.user, more: own).json[path: "candidates.0.content.parts.0.text"]?.string
                == #"{"n":1}"#
        )
        #expect(
            SimulatedCall.gemini(Self.user, more: full).json[path: "candidates.0.content.parts.0.text"]?.string
                == #"{"n":7}"#
        )
    }

    @Test("Thoughts are shown only on request, and counted apart")
    func thinks() {
        let hidden = SimulatedCall.gemini(
            Self.user,
            more: #""generationConfig":{"thinkingConfig":{"thinkingLevel":"HIGH"}},"#
        )
        #expect(hidden.json[path: "candidates.0.content.parts"]?.array?.count == 1)
        let thoughts = hidden.json[path: "usageMetadata.thoughtsTokenCount"]?.int ?? 0
        #expect(thoughts > 0)
        let shown = SimulatedCall.gemini(
            Self.user,
            more: #""generationConfig":{"thinkingConfig":{"thinkingBudget":4096,"includeThoughts":true}},"#
        )
        #expect(shown.json[path: "candidates.0.content.parts.0.thought"]?.bool == true)
        #expect(shown.json[path: "candidates.0.content.parts.1.thoughtSignature"]?.string?.isEmpty == false)
        let usage = shown.json["usageMetadata"]
        let sum = ["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount"].reduce(0) {
            $0 + (usage?[$1]?.int ?? 0)
        }
        #expect(usage?["totalTokenCount"]?.int == sum)
    }

    @Test("countTokens counts what an answer reports, also inside generateContentRequest")
    func counts() {
        #expect(SimulatedCall.gemini(Self.user, method: "countTokens").json["totalTokens"]?.int == 7)
        let body = #"{"generateContentRequest":{"model":"models/x","contents":[\#(Self.user)]}}"#
        let wrapped = SimulatedCall(
            "/v1beta/models/gemini-3-1-pro:countTokens",
            body,
            headers: SimulatedCall.geminiHeaders
        )
        #expect(wrapped.json["totalTokens"]?.int == 7)
    }

    @Test("A refusal has no content and says SAFETY")
    func refuses() {
        let call = SimulatedCall.gemini(Sample.geminiUser("[[simulate: refusal]]"))
        #expect(call.json[path: "candidates.0.finishReason"]?.string == "SAFETY")
        #expect(call.json[path: "candidates.0.content"] == nil)
    }
}

@Suite("Tools and thought signatures at Gemini")
struct GeminiToolTests {
    private static let user = Sample.geminiUser("call all tools")

    /// The parts that the model answered with, and the call that comes back with results.
    private func loop(
        model: String = "gemini-3-1-pro",
        edit: (String) -> String = { $0 },
        results: Int = 2
    ) -> SimulatedCall {
        let first = SimulatedCall.gemini(Self.user, model: model, more: Sample.geminiTools)
        let parts = edit(first.json[path: "candidates.0.content.parts"]?.written ?? "[]")
        let responses = [
            #"{"functionResponse":{"name":"get_weather","response":{"output":"15 degrees"}}}"#,
            #"{"functionResponse":{"name":"get_time","response":{"now":"noon"}}}"#,
        ]
        let contents = [
            Self.user, #"{"role":"model","parts":\#(parts)}"#,
            #"{"role":"user","parts":[\#(responses.prefix(results).joined(separator: ","))]}"#,
        ]
        return SimulatedCall.gemini(contents.joined(separator: ","), model: model, more: Sample.geminiTools)
    }

    @Test("Functions are called in parallel, the first with a signature, and the answers are read")
    func loops() {
        let first = SimulatedCall.gemini(Self.user, more: Sample.geminiTools)
        let parts = first.json[path: "candidates.0.content.parts"]?.array.map(Array.init) ?? []
        #expect(parts.compactMap { $0[path: "functionCall.name"]?.string } == ["get_weather", "get_time"])
        #expect(parts.map { $0["thoughtSignature"] != nil } == [true, false])
        #expect(parts.first?[path: "functionCall.args"]?.written == #"{"location":"location"}"#)
        let text = loop().json[path: "candidates.0.content.parts.0.text"]?.string
        #expect(
            text?.hasPrefix(
                #"The tool get_weather returned: "15 degrees". The tool get_time returned: "{"now":"noon"}"."#
            ) == true
        )
    }

    @Test("A stream sends each call whole")
    func streams() {
        let stream = SimulatedCall.gemini(Self.user, more: Sample.geminiTools, method: "streamGenerateContent?alt=sse")
        #expect(
            stream.events.compactMap { $0[path: "candidates.0.content.parts.0.functionCall.name"]?.string } == [
                "get_weather", "get_time",
            ]
        )
        #expect(stream.events.last?[path: "candidates.0.finishReason"]?.string == "STOP")
    }

    @Test("A missing or altered signature is refused by Gemini 3, not missed by Gemini 2.5")
    func signatures() {
        let missing = loop(edit: { parts in
            let start = parts.firstRange(of: #","thoughtSignature":""#)?.lowerBound ?? parts.endIndex
            let end = parts[start...].firstRange(of: #""}"#)?.upperBound ?? parts.endIndex
            return String(parts[..<start]) + "}" + String(parts[end...])
        })
        #expect(
            missing.json[path: "error.message"]?.string
                == "Function call `get_weather` in the 2. content block is missing a `thought_signature`."
        )
        let altered = loop(edit: { $0.replacing(#""thoughtSignature":""#, with: #""thoughtSignature":"AAAA"#) })
        #expect(altered.json[path: "error.message"]?.string == "Thought signature is not valid")
        let skipped = loop(edit: { parts in
            let start = parts.firstRange(of: #""thoughtSignature":""#)?.upperBound ?? parts.endIndex
            let end = parts[start...].firstIndex(of: "\"") ?? parts.endIndex
            return String(parts[..<start]) + "skip_thought_signature_validator" + String(parts[end...])
        })
        #expect(skipped.status == 200)
        #expect(loop(model: "gemini-2-5-pro").status == 200)
    }

    @Test("Each call of a turn needs its response")
    func counts() {
        #expect(
            loop(results: 1).json[path: "error.message"]?.string?.contains("number of function response parts is equal")
                == true
        )
    }

    @Test(
        "The mode decides",
        arguments: [
            ("Hello", #"{"mode":"ANY"}"#, ["get_weather"]),
            ("Hello", #"{"mode":"ANY","allowedFunctionNames":["get_time"]}"#, ["get_time"]),
            ("call all tools", #"{"mode":"NONE"}"#, []),
            ("Hello", #"{"mode":"AUTO"}"#, []),
            ("Hello", #"{"mode":2,"allowedFunctionNames":["get_time"]}"#, ["get_time"]),
            ("call all tools", #"{"mode":3}"#, []),
        ] as [(String, String, [String])]
    )
    func modes(_ text: String, _ config: String, _ expected: [String]) {
        let more = Sample.geminiTools + #""toolConfig":{"functionCallingConfig":\#(config)},"#
        let call = SimulatedCall.gemini(Sample.geminiUser(text), more: more)
        let names = call.json[path: "candidates.0.content.parts"]?.array?.compactMap {
            $0[path: "functionCall.name"]?.string
        }
        #expect(names == expected)
    }
}
