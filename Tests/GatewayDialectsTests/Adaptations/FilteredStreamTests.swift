// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// Adaptations change streams event by event: what they are not about must come through.
@Suite("Calls of tools in streams that are filtered")
struct FilteredStreamTests {
    private static let tools =
        #""tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}],"stream":true"#

    private struct Answer: Equatable {
        var text = ""
        var calls: [String] = []
        var finish: String?
    }

    /// What a chat client gets of a stream, however it is cut.
    private func answer(_ members: String, from format: WireFormat, _ events: [String]) throws -> Answer {
        let body = #"{"model":"m","messages":[{"role":"user","content":"Hi"}],\#(members),\#(Self.tools)}"#
        let translation = try Calls.translate(Calls.chatPath, body, to: format, model: "gemini-3.1-pro")
        let bytes = ByteBuffer(string: events.map { "data: \($0)\n\n" }.joined())
        let result = translation.response.run(bytes)
        #expect(result.error == nil)
        #expect(result == translation.response.run(bytes, .every(1)))
        var answer = Answer()
        for line in result.output.split(separator: "\n") where line.hasPrefix("data: {") {
            let chunk = try JSONValue(validating: ByteBuffer(string: String(line.dropFirst(6))))
            let choice = chunk["choices"]?.array?.first
            answer.text += choice?["delta"]?["content"]?.string ?? ""
            answer.finish = choice?["finish_reason"]?.string ?? answer.finish
            for call in choice?["delta"]?["tool_calls"]?.array.map(Array.init) ?? [] {
                if let name = call["function"]?["name"]?.string { answer.calls.append(name) }
                let index = try #require(call["index"]?.int)
                answer.calls[index] += call["function"]?["arguments"]?.string ?? ""
            }
        }
        return answer
    }

    @Test("stream-19: Calls of Gemini's come through where thoughts are hidden")
    func hiddenThoughts() throws {
        let events = [
            #"{"candidates":[{"content":{"role":"model","parts":[{"text":"plan","thought":true}]}}]}"#,
            #"{"candidates":[{"content":{"role":"model","parts":[{"text":"Let me look."}]}}]}"#,
            #"{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"c2ln"},{"functionCall":{"name":"g","args":{}}}]}}]}"#,
            #"{"candidates":[{"content":{"role":"model","parts":[]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":9,"totalTokenCount":12}}"#,
        ]
        let answer = try answer(#""reasoning":{"exclude":true}"#, from: .geminiGenerateContent, events)
        #expect(answer == Answer(text: "Let me look.", calls: [#"f{"a":1}"#, "g{}"], finish: "tool_calls"))
    }

    @Test("stream-19: Calls of OpenAI's come through where stop sequences are looked for")
    func stopSequences() throws {
        let call = #""type":"function_call","id":"fc_1","call_id":"call_1","name":"f""#
        let events = [
            #"{"type":"response.created","response":{"id":"resp_1","model":"g"}}"#,
            #"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_1","role":"assistant","content":[]}}"#,
            #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"item_id":"msg_1","delta":"Let me E"}"#,
            #"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"Let me E","annotations":[]}]}}"#,
            #"{"type":"response.output_item.added","output_index":1,"item":{\#(call),"arguments":""}}"#,
            #"{"type":"response.function_call_arguments.delta","output_index":1,"item_id":"fc_1","delta":"{\"a\":\"END\"}"}"#,
            #"{"type":"response.output_item.done","output_index":1,"item":{\#(call),"arguments":"{\"a\":\"END\"}"}}"#,
            #"{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[],"usage":{"input_tokens":3,"output_tokens":9,"total_tokens":12}}}"#,
        ]
        let answer = try answer(#""stop":["END"]"#, from: .openAIResponses, events)
        #expect(answer == Answer(text: "Let me E", calls: [#"f{"a":"END"}"#], finish: "tool_calls"))
    }
}
