// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import NIOHTTP1
import Testing

@Suite("OpenAI chat completions")
struct OpenAIChatTests {
    @Test("An answer speaks of the prompt and has every member that OpenAI's has")
    func answers() {
        let call = SimulatedCall.chat(#"{"role":"system","content":"Be brief."},"# + Sample.user)
        #expect(call.status == 200)
        #expect(
            call.json[path: "choices.0.message.content"]?.string
                == #"You said: "What is Databricks?". That was message 1. My instructions have 9 bytes. I am gpt-5, simulated by Gatehouse."#
        )
        #expect(call.json["object"]?.string == "chat.completion")
        #expect(call.json["id"]?.string?.hasPrefix("chatcmpl-") == true)
        #expect(call.json["model"]?.string == "gpt-5")
        #expect(call.json[path: "choices.0.finish_reason"]?.string == "stop")
        #expect(call.json[path: "choices.0.message.refusal"]?.isNull == true)
        #expect(call.json[path: "usage.prompt_tokens_details.cached_tokens"]?.int == 0)
        // Three tokens for each message; "Be brief." is 3 tokens and "What is Databricks?" is 4.
        #expect(call.json[path: "usage.prompt_tokens"]?.int == 13)
        let output = call.json[path: "usage.completion_tokens"]?.int ?? 0
        #expect(call.json[path: "usage.total_tokens"]?.int == 13 + output)
    }

    @Test("The same request gets the same bytes, another one other ids")
    func isDeterministic() {
        #expect(SimulatedCall.chat(Sample.user).text == SimulatedCall.chat(Sample.user).text)
        let other = SimulatedCall.chat(Sample.user, more: #""seed":1,"#)
        #expect(other.json["id"] != SimulatedCall.chat(Sample.user).json["id"])
    }

    @Test("A stream carries the same text as the whole answer, one token in each chunk")
    func streams() {
        let whole = SimulatedCall.chat(Sample.user)
        let stream = SimulatedCall.chat(Sample.user, more: #""stream":true,"#)
        #expect(stream.headers.first(name: "content-type") == "text/event-stream; charset=utf-8")
        let pieces = stream.events.compactMap { $0[path: "choices.0.delta.content"]?.string }
        #expect(pieces.joined() == whole.json[path: "choices.0.message.content"]?.string)
        #expect(pieces.count == 1 + (whole.json[path: "usage.completion_tokens"]?.int ?? 0))
        #expect(stream.events.first?[path: "choices.0.delta.role"]?.string == "assistant")
        #expect(stream.events.last?[path: "choices.0.finish_reason"]?.string == "stop")
        #expect(stream.events.dropLast().allSatisfy { $0[path: "choices.0.finish_reason"]?.isNull == true })
        #expect(stream.events.allSatisfy { $0["usage"] == nil })
        #expect(stream.text.hasSuffix("data: [DONE]\n\n"))
        #expect(stream.script.steps.count == stream.events.count + 1)
    }

    @Test("What OpenAI takes is taken: null for a field that may be left out, and the name of a tool's message")
    func lenience() {
        let nulls = [
            "user", "tools", "tool_choice", "parallel_tool_calls", "response_format", "functions", "function_call",
            "stop", "stream_options", "metadata", "logit_bias", "web_search_options",
        ]
        .map { "\"\($0)\":null," }.joined()
        #expect(SimulatedCall.chat(Sample.user, more: nulls).status == 200)
        let tool =
            Sample.user
            + #",{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","name":"f","content":"done"}"#
        #expect(SimulatedCall.chat(tool).status == 200)
    }

    @Test("Servers of open models take an empty list of tools")
    func emptyTools() {
        #expect(SimulatedCall.chat(Sample.user, model: "kimi-k3", more: #""tools":[],"#).status == 200)
    }

    @Test("include_usage adds one chunk without choices and a null in every other")
    func includesUsage() {
        let stream = SimulatedCall.chat(Sample.user, more: #""stream":true,"stream_options":{"include_usage":true},"#)
        #expect(stream.events.dropLast().allSatisfy { $0["usage"]?.isNull == true })
        #expect(stream.events.last?["choices"]?.array?.isEmpty == true)
        let whole = SimulatedCall.chat(Sample.user)
        #expect(stream.events.last?["usage"] == whole.json["usage"])
    }

    @Test("max_tokens cuts the answer after that many tokens", arguments: ["max_tokens", "max_completion_tokens"])
    func obeysLimit(_ member: String) {
        let call = SimulatedCall.chat(Sample.user, more: "\"\(member)\":4,")
        #expect(call.json[path: "choices.0.message.content"]?.string == #"You said: ""#)
        #expect(call.json[path: "choices.0.finish_reason"]?.string == "length")
        #expect(call.json[path: "usage.completion_tokens"]?.int == 4)
    }

    @Test("A stop sequence ends the answer before itself, the first in the text wins")
    func obeysStop() {
        let call = SimulatedCall.chat(Sample.user, more: #""stop":["message"," That"],"#)
        #expect(call.json[path: "choices.0.message.content"]?.string == #"You said: "What is Databricks?"."#)
        #expect(call.json[path: "choices.0.finish_reason"]?.string == "stop")
    }

    @Test("n alternatives differ and are counted together")
    func alternatives() {
        let call = SimulatedCall.chat(Sample.user, more: #""n":3,"#)
        let texts = call.json["choices"]?.array?.compactMap { $0[path: "message.content"]?.string } ?? []
        #expect(Set(texts).count == 3)
        let stream = SimulatedCall.chat(Sample.user, more: #""n":3,"stream":true,"#)
        for index in 0..<3 {
            let pieces = stream.events.filter { $0[path: "choices.0.index"]?.int == index }
            #expect(pieces.compactMap { $0[path: "choices.0.delta.content"]?.string }.joined() == texts[index])
        }
    }

    @Test("Log probabilities come for each token, with as many alternatives as asked")
    func logprobs() {
        let call = SimulatedCall.chat(Sample.user, more: #""logprobs":true,"top_logprobs":2,"#)
        let content = call.json[path: "choices.0.logprobs.content"]?.array.map(Array.init) ?? []
        #expect(content.count == call.json[path: "usage.completion_tokens"]?.int)
        #expect(
            content.compactMap { $0["token"]?.string }.joined() == call.json[path: "choices.0.message.content"]?.string
        )
        #expect(content.allSatisfy { $0["top_logprobs"]?.array?.count == 2 && ($0["logprob"]?.double ?? 1) <= 0 })
    }

    @Test("Reasoning is counted and hidden by GPT, shown by open models")
    func reasons() {
        let hidden = SimulatedCall.chat(Sample.user, more: #""reasoning_effort":"high","#)
        #expect((hidden.json[path: "usage.completion_tokens_details.reasoning_tokens"]?.int ?? 0) > 0)
        #expect(hidden.json[path: "choices.0.message.reasoning_content"] == nil)
        let open = SimulatedCall.chat(Sample.user, model: "gpt-oss-120b", more: #""reasoning_effort":"high","#)
        let thoughts = open.json[path: "choices.0.message.reasoning_content"]?.string
        #expect(thoughts?.hasPrefix("The last message is") == true)
        let stream = SimulatedCall.chat(
            Sample.user,
            model: "gpt-oss-120b",
            more: #""stream":true,"reasoning_effort":"high","#
        )
        #expect(stream.events.compactMap { $0[path: "choices.0.delta.reasoning_content"]?.string }.joined() == thoughts)
        #expect(
            SimulatedCall.chat(Sample.user).json[path: "usage.completion_tokens_details.reasoning_tokens"]?.int == 0
        )
    }

    @Test("Images are seen and counted")
    func images() {
        let image = #"{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}"#
        let call = SimulatedCall.chat(
            #"{"role":"user","content":[{"type":"text","text":"What is this?"},\#(image),\#(image)]}"#
        )
        #expect(call.json[path: "choices.0.message.content"]?.string?.contains("I was shown 2 images.") == true)
        #expect(call.json[path: "usage.prompt_tokens"]?.int == 3 + 4 + 512)
    }

    @Test("A JSON schema is answered with an instance of it")
    func structured() {
        let schema =
            #"{"type":"object","properties":{"name":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}},"required":["name","tags"],"additionalProperties":false}"#
        let more =
            #""response_format":{"type":"json_schema","json_schema":{"name":"pet","strict":true,"schema":\#(schema)}},"#
        let call = SimulatedCall.chat(Sample.user, more: more)
        #expect(call.json[path: "choices.0.message.content"]?.string == #"{"name":"name","tags":["tags"]}"#)
        let object = SimulatedCall.chat(
            Sample.user("Answer in JSON"),
            more: #""response_format":{"type":"json_object"},"#
        )
        #expect(
            object.json[path: "choices.0.message.content"]?.string?.hasPrefix(
                #"{"answer":"You said: \"Answer in JSON\""#
            ) == true
        )
    }

    @Test("A refusal stands in its own member, whole and streamed")
    func refuses() {
        let call = SimulatedCall.chat(Sample.user("[[simulate: refusal]]"))
        #expect(call.json[path: "choices.0.message.content"]?.isNull == true)
        let refusal = call.json[path: "choices.0.message.refusal"]?.string
        let stream = SimulatedCall.chat(Sample.user("[[simulate: refusal]]"), more: #""stream":true,"#)
        #expect(refusal?.isEmpty == false)
        #expect(stream.events.compactMap { $0[path: "choices.0.delta.refusal"]?.string }.joined() == refusal)
    }
}
