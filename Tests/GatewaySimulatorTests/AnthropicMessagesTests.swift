// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import NIOHTTP1
import Testing

@Suite("Anthropic messages")
struct AnthropicMessagesTests {
    @Test("An answer has every member that Anthropic's has")
    func answers() {
        let call = SimulatedCall.messages(
            #"{"role":"user","content":"Hello!"},{"role":"assistant","content":"Hi."},"# + Sample.user,
            more: #""max_tokens":64,"system":"Be brief.","#
        )
        #expect(call.status == 200)
        #expect(
            call.json[path: "content.0.text"]?.string
                == #"You said: "What is Databricks?". That was message 3. My instructions have 9 bytes. I am claude-sonnet-4-5, simulated by Gatehouse."#
        )
        #expect(call.json["type"]?.string == "message")
        #expect(call.json["role"]?.string == "assistant")
        #expect(call.json["id"]?.string?.hasPrefix("msg_01") == true)
        #expect(call.json["stop_reason"]?.string == "end_turn")
        #expect(call.json["stop_sequence"]?.isNull == true)
        #expect(call.json[path: "usage.cache_read_input_tokens"]?.int == 0)
        #expect(call.json[path: "usage.cache_creation_input_tokens"]?.int == 0)
        #expect(call.json[path: "usage.input_tokens"]?.int == 3 * 3 + 2 + 2 + 4 + 3)
        #expect(call.headers.first(name: "request-id")?.hasPrefix("req_") == true)
    }

    @Test("A stream has the vendor's events in their order and the same text")
    func streams() {
        let whole = SimulatedCall.messages(Sample.user)
        let stream = SimulatedCall.messages(Sample.user, more: #""max_tokens":1024,"stream":true,"#)
        let names = stream.eventNames
        #expect(names.prefix(3) == ["message_start", "content_block_start", "ping"])
        #expect(names.suffix(3) == ["content_block_stop", "message_delta", "message_stop"])
        #expect(zip(names, stream.events).allSatisfy { $0 == $1["type"]?.string })
        let text = stream.events.compactMap { $0[path: "delta.text"]?.string }.joined()
        #expect(text == whole.json[path: "content.0.text"]?.string)
        #expect(stream.events.first?[path: "message.usage.input_tokens"] == whole.json[path: "usage.input_tokens"])
        #expect(stream.events.first?[path: "message.usage.output_tokens"]?.int == 1)
        let last = stream.events[stream.events.count - 2]
        #expect(last[path: "delta.stop_reason"]?.string == "end_turn")
        #expect(last[path: "usage.output_tokens"] == whole.json[path: "usage.output_tokens"])
        #expect(last[path: "usage.input_tokens"] == whole.json[path: "usage.input_tokens"])
    }

    @Test("max_tokens and stop sequences end the answer with their own reasons")
    func ends() {
        let short = SimulatedCall.messages(Sample.user, more: #""max_tokens":2,"#)
        #expect(short.json["stop_reason"]?.string == "max_tokens")
        #expect(short.json[path: "usage.output_tokens"]?.int == 2)
        let stopped = SimulatedCall.messages(Sample.user, more: #""max_tokens":99,"stop_sequences":["That"],"#)
        #expect(stopped.json["stop_reason"]?.string == "stop_sequence")
        #expect(stopped.json["stop_sequence"]?.string == "That")
        #expect(SimulatedCall.messages(Sample.user, more: #""max_tokens":0,"#).json["content"]?.array?.isEmpty == true)
        let refused = SimulatedCall.messages(Sample.user("[[simulate: refusal]]"))
        #expect(refused.json["stop_reason"]?.string == "refusal")
    }

    @Test("Tools are announced and called, whole and in a stream")
    func tools() {
        let whole = SimulatedCall.messages(Sample.user("call all tools"), more: Sample.claudeTools)
        #expect(whole.json["content"]?.array?.compactMap { $0["type"]?.string } == ["text", "tool_use", "tool_use"])
        #expect(whole.json[path: "content.0.text"]?.string == "I will call get_weather and get_time.")
        #expect(whole.json[path: "content.1.input"]?.written == #"{"location":"location"}"#)
        #expect(whole.json[path: "content.1.id"] != whole.json[path: "content.2.id"])
        #expect(whole.json["stop_reason"]?.string == "tool_use")
        let stream = SimulatedCall.messages(
            Sample.user("call all tools"),
            more: Sample.claudeTools + #""stream":true,"#
        )
        let starts = stream.events.filter { $0["type"]?.string == "content_block_start" }
        #expect(starts.compactMap { $0["index"]?.int } == [0, 1, 2])
        let arguments = stream.events.filter { $0["index"]?.int == 1 }.compactMap {
            $0[path: "delta.partial_json"]?.string
        }
        #expect(arguments.joined() == #"{"location":"location"}"#)
        let forced = SimulatedCall.messages(
            Sample.user("Hi"),
            more: Sample.claudeTools + #""tool_choice":{"type":"any"},"#
        )
        #expect(forced.json["content"]?.array?.compactMap { $0["type"]?.string } == ["tool_use"])
        let single = SimulatedCall.messages(
            Sample.user("call all tools"),
            more: Sample.claudeTools + #""tool_choice":{"type":"auto","disable_parallel_tool_use":true},"#
        )
        #expect(single.json["content"]?.array?.count == 2)
    }

    static let calls =
        #"{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"get_weather","input":{}},{"type":"tool_use","id":"b","name":"get_time","input":{}}]}"#

    @Test("Results are answered; a note beside them is no new question")
    func results() {
        let results =
            #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"15 degrees"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},{"type":"tool_result","tool_use_id":"b","is_error":true,"content":"broken"},{"type":"text","text":"<note>get_time</note>"}]}"#
        let call = SimulatedCall.messages(
            [Sample.user("call all tools"), Self.calls, results].joined(separator: ","),
            more: Sample.claudeTools
        )
        let text = call.json[path: "content.0.text"]?.string
        #expect(
            text?.hasPrefix(#"The tool get_weather returned: "15 degrees". The tool get_time failed with: "broken"."#)
                == true
        )
        #expect(text?.contains("I was shown 1 image.") == true)
    }

    @Test("Breakpoints count as written by the first turn and as read by later ones")
    func caches() {
        let system =
            #""system":[{"type":"text","text":"One two three four.","cache_control":{"type":"ephemeral","ttl":"1h"}}],"max_tokens":9,"#
        let first = SimulatedCall.messages(Sample.user, more: system).json["usage"]
        #expect(first?["cache_creation_input_tokens"]?.int == 5)
        #expect(first?[path: "cache_creation.ephemeral_1h_input_tokens"]?.int == 5)
        #expect(first?["input_tokens"]?.int == 7)
        let later = SimulatedCall.messages(
            Sample.user + #",{"role":"assistant","content":"Hi"},"# + Sample.user,
            more: system
        ).json["usage"]
        #expect(later?["cache_read_input_tokens"]?.int == 5)
        #expect(later?["cache_creation_input_tokens"]?.int == 0)
    }

    @Test("count_tokens counts what an answer reports as input")
    func counts() {
        let body = #"{"model":"claude-sonnet-4-5","messages":[\#(Sample.user)]}"#
        let count = SimulatedCall("/v1/messages/count_tokens", body, headers: SimulatedCall.anthropicHeaders)
        #expect(count.json["input_tokens"]?.int == 7)
        #expect(SimulatedCall.messages(Sample.user).json[path: "usage.input_tokens"]?.int == 7)
    }

    @Test("A schema in output_config is answered with an instance of it")
    func structured() {
        let format =
            #""max_tokens":99,"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}}},"#
        #expect(SimulatedCall.messages(Sample.user, more: format).json[path: "content.0.text"]?.string == #"{"n":1}"#)
    }
}
