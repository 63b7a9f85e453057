// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import NIOCore
import NIOHTTP1
import Testing

@Suite("What users can tell the simulator to do")
struct InstructionTests {
    @Test(
        "A status comes with each vendor's error type",
        arguments: [
            (429, "requests", "rate_limit_error", "RESOURCE_EXHAUSTED"), (500, "server_error", "api_error", "INTERNAL"),
            (503, "server_error", "api_error", "UNAVAILABLE"), (529, "server_error", "overloaded_error", "INTERNAL"),
            (403, "invalid_request_error", "permission_error", "PERMISSION_DENIED"),
            (504, "server_error", "timeout_error", "DEADLINE_EXCEEDED"),
        ]
    )
    func statuses(_ status: Int, _ openAI: String, _ anthropic: String, _ gemini: String) {
        let text = "Hello [[simulate: status=\(status) retry_after=7]]"
        let calls = [
            SimulatedCall.chat(Sample.user(text)), .messages(Sample.user(text)), .gemini(Sample.geminiUser(text)),
        ]
        #expect(calls.map(\.status) == [status, status, status])
        #expect(calls.allSatisfy { $0.headers.first(name: "retry-after") == "7" })
        #expect(calls[0].json[path: "error.type"]?.string == openAI)
        #expect(calls[1].json[path: "error.type"]?.string == anthropic)
        #expect(calls[2].json[path: "error.status"]?.string == gemini)
        #expect(calls[2].json[path: "error.details.0.retryDelay"]?.string == "7s")
        let responses = SimulatedCall.responses("[\(Sample.user(text))]")
        #expect(responses.status == status)
    }

    /// The streams of all dialects for one instruction.
    private func streams(_ instruction: String) -> [SimulatedCall] {
        let text = "Hello [[simulate: \(instruction)]]"
        return [
            .chat(Sample.user(text), more: #""stream":true,"#),
            .responses("[\(Sample.user(text))]", more: #""stream":true,"#),
            .messages(Sample.user(text), more: #""max_tokens":99,"stream":true,"#),
            .gemini(Sample.geminiUser(text), method: "streamGenerateContent?alt=sse"),
            .gemini(Sample.geminiUser(text), method: "streamGenerateContent"),
        ]
    }

    private static let pieces = ["choices.0.delta.content", "delta", "delta.text", "candidates.0.content.parts.0.text"]

    private func tokens(_ call: SimulatedCall) -> Int {
        var events = call.events
        if events.isEmpty {
            // The array of a stream that broke off has no end.
            let closed = call.text.hasSuffix("]\r\n") ? call.text : call.text + "]"
            events = (try? JSONValue(validating: ByteBuffer(string: closed)))?.array.map(Array.init) ?? []
        }
        return events.count { event in Self.pieces.contains { event[path: $0]?.string?.isEmpty == false } }
    }

    @Test("error_after ends a stream with an error in the vendor's shape, after that many tokens")
    func errorAfter() {
        let streams = streams("error_after=3 status=529")
        #expect(streams.map(\.status) == [200, 200, 200, 200, 200])
        #expect(streams.map(tokens) == [3, 3, 3, 3, 3])
        #expect(streams.allSatisfy { $0.script.ending == .complete })
        #expect(streams[0].events.last?[path: "error.type"]?.string == "server_error")
        #expect(!streams[0].text.contains("[DONE]"))
        #expect(streams[1].eventNames.last == "response.failed")
        #expect(streams[1].events.last?[path: "response.error.code"]?.string == "server_error")
        #expect(streams[2].eventNames.last == "error")
        #expect(streams[2].events.last?[path: "error.type"]?.string == "overloaded_error")
        #expect(streams[3].events.last?[path: "error.code"]?.int == 529)
        #expect(streams[4].json.array.map(Array.init)?.last?[path: "error.code"]?.int == 529)
    }

    @Test("error_after=0 makes the error the first event")
    func errorAtOnce() {
        let streams = streams("error_after=0")
        #expect(streams.map { $0.script.steps.count } == [1, 1, 1, 1, 1])
        #expect(streams[2].eventNames == ["error"])
        #expect(streams[4].json[path: "0.error.code"]?.int == 500)
    }

    @Test("end_after breaks the connection off, without a last event", arguments: [2, 10_000])
    func endAfter(_ count: Int) {
        for call in streams("end_after=\(count)") {
            #expect(call.script.ending == .broken)
            #expect(tokens(call) == 2 || count > 2)
            for ending in ["[DONE]", "response.completed", "message_stop", "finishReason\":\"STOP"] {
                #expect(!call.text.contains(ending))
            }
        }
    }

    @Test("silence_after stops without closing; silence never begins")
    func silence() {
        for call in streams("silence_after=1") {
            #expect(call.script.ending == .silent)
            #expect(tokens(call) <= 1)
        }
        for call in streams("silence") {
            #expect(call.script.ending == .silent)
            #expect(call.script.steps.isEmpty)
        }
    }

    @Test("An answer in one piece breaks off in the middle, though its length is promised")
    func brokenWhole() {
        let whole = SimulatedCall.chat(Sample.user("[[simulate: end_after=1]]"))
        #expect(whole.script.ending == .broken)
        #expect(whole.headers.first(name: "content-length") != nil)
        #expect(
            (whole.headers.first(name: "content-length").flatMap { Int($0) } ?? 0) > whole.script.body.readableBytes
        )
        #expect(SimulatedCall.chat(Sample.user("[[simulate: error_after=5 status=502]]")).status == 502)
    }

    @Test("The pace of a stream stands in its steps: one delay before the first token, one between two")
    func pace() {
        let call = SimulatedCall.chat(
            Sample.user("[[simulate: first_token=200ms inter_token=1.5s tokens=3]]"),
            more: #""stream":true,"#
        )
        #expect(
            call.script.steps.map(\.delay) == [
                .zero, .milliseconds(200), .milliseconds(1_500), .milliseconds(1_500), .zero, .zero,
            ]
        )
        let settings = SimulatorSettings(pace: Pace(firstToken: .milliseconds(5), interToken: .milliseconds(1)))
        let body = #"{"model":"gpt-5","max_tokens":3,"messages":[\#(Sample.user)]}"#
        let whole = SimulatedCall(
            "/v1/chat/completions",
            body,
            headers: SimulatedCall.openAIHeaders,
            settings: settings
        )
        #expect(whole.script.steps.map(\.delay) == [.milliseconds(7)])
    }

    @Test("tokens asks for an answer of that length, cut by the limit as any other")
    func length() {
        let call = SimulatedCall.chat(Sample.user("[[simulate: tokens=500]]"))
        #expect(call.json[path: "usage.completion_tokens"]?.int == 500)
        let cut = SimulatedCall.chat(Sample.user("[[simulate: tokens=500]]"), more: #""max_tokens":20,"#)
        #expect(cut.json[path: "usage.completion_tokens"]?.int == 20)
        #expect(cut.json[path: "choices.0.finish_reason"]?.string == "length")
    }

    @Test("cached_tokens and no_usage change what is reported")
    func usage() {
        let cached = "one two three four [[simulate: cached_tokens=5]]"
        #expect(
            SimulatedCall.chat(Sample.user(cached)).json[path: "usage.prompt_tokens_details.cached_tokens"]?.int == 5
        )
        #expect(
            SimulatedCall.responses("[\(Sample.user(cached))]").json[path: "usage.input_tokens_details.cached_tokens"]?
                .int == 5
        )
        #expect(
            SimulatedCall.gemini(Sample.geminiUser(cached)).json[path: "usageMetadata.cachedContentTokenCount"]?.int
                == 5
        )
        let anthropic = SimulatedCall.messages(Sample.user(cached)).json["usage"]
        let all = SimulatedCall.chat(Sample.user(cached)).json[path: "usage.prompt_tokens"]?.int ?? 0
        #expect(anthropic?["cache_read_input_tokens"]?.int == 5)
        #expect(anthropic?["input_tokens"]?.int == all - 5)
        #expect(SimulatedCall.chat(Sample.user("[[simulate: no_usage]]")).json["usage"] == nil)
        let asked = #""stream":true,"stream_options":{"include_usage":true},"#
        let stream = SimulatedCall.chat(Sample.user("[[simulate: no_usage]]"), more: asked)
        #expect(stream.events.allSatisfy { $0["usage"] == nil })
        #expect(SimulatedCall.gemini(Sample.geminiUser("[[simulate: no_usage]]")).json["usageMetadata"] == nil)
    }

    @Test("Instructions may stand in a header or behind the model's name")
    func places() {
        #expect(SimulatedCall.chat(Sample.user, headers: [("x-simulator", "status=503")]).status == 503)
        let model = SimulatedCall.chat(Sample.user, model: "gpt-5 [[simulate: tokens=2]]")
        #expect(model.json[path: "usage.completion_tokens"]?.int == 2)
        #expect(model.json["model"]?.string == "gpt-5")
        #expect(
            SimulatedCall.gemini(Sample.geminiUser("x"), model: "gemini-3-1-pro%20[[simulate:status=503]]").status
                == 503
        )
    }

    @Test("An instruction can be meant for one model alone, so that another may step in")
    func oneModel() {
        let text = Sample.user("[[simulate: status=503 model=gpt-5]]")
        #expect(SimulatedCall.chat(text).status == 503)
        #expect(SimulatedCall.chat(text, model: "gpt-5-mini").status == 200)
    }

    @Test("Only the last user message counts")
    func lastMessage() {
        let messages = [
            Sample.user("[[simulate: status=503]]"), #"{"role":"assistant","content":"x"}"#, Sample.user("again"),
        ]
        #expect(SimulatedCall.chat(messages.joined(separator: ",")).status == 200)
        #expect(
            SimulatedCall.chat(#"{"role":"system","content":"[[simulate: status=503]]"},"# + Sample.user).status == 200
        )
        let parts =
            #"{"role":"user","content":[{"type":"text","text":"[[simulate: status=503]]"},{"type":"text","text":"later"}]}"#
        #expect(SimulatedCall.chat(parts).status == 503)
    }

    @Test(
        "An instruction that does not exist, or a value that it cannot have, is refused by name",
        arguments: [
            "fly", "status=200", "status=abc", "retry_after=-1", "first_token=5", "first_token=2h", "tokens=0",
            "tokens=99999999", "call=", "call=get_weather args=[1]",
            "args={}", "=", "error_after",
        ]
    )
    func mistakes(_ instruction: String) {
        let call = SimulatedCall.chat(Sample.user("[[simulate: \(instruction)]]"), more: Sample.chatTools)
        #expect(call.status == 400)
        #expect(call.json[path: "error.message"]?.string?.contains("imulator") == true)
    }
}
