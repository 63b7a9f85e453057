// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Legacy completions")
struct CompletionTests {
    private static let path = "/openai/v1/completions"
    private static let stream = """
        data: {"id":"c1","model":"up","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

        data: {"id":"c1","model":"up","choices":[{"index":0,"delta":{"content":"on \\u00e9"},"finish_reason":null}]}

        data: {"id":"c1","model":"up","choices":[{"index":0,"delta":{},"finish_reason":"length"}]}

        data: {"id":"c1","model":"up","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}

        data: [DONE]


        """

    private func translate(_ members: String, to format: WireFormat = .openAIChat) throws -> Translation {
        try Calls.translate(Self.path, #"{"model":"m",\#(members)}"#, to: format)
    }

    @Test("client-05: a prompt becomes a turn of the user, with every control that chat has")
    func request() throws {
        let body = try translate(
            #""prompt":["Once"],"max_tokens":5,"temperature":0.5,"n":2,"stop":"x","seed":7,"logprobs":2,"user":"u""#
        ).joinedBody
        let value = try JSONValue(validating: body)
        #expect(value["messages"]?.array?.first?["content"]?.string == "Once")
        #expect(value["n"]?.int == 2 && value["seed"]?.int == 7)
        #expect(value["logprobs"]?.bool == true && value["top_logprobs"]?.int == 2)
        let limit = value["max_tokens"]?.int ?? value["max_completion_tokens"]?.int
        #expect(limit == 5)
    }

    @Test(
        "What a conversation cannot say is refused by its name",
        arguments: [
            (#""input":"x""#, "prompt"), (#""prompt":["a","b"]"#, "prompt"), (#""prompt":[1]"#, "prompt"),
            (#""prompt":"x","suffix":"y""#, "suffix"), (#""prompt":"x","best_of":2"#, "best_of"),
            (#""prompt":"x","logprobs":21"#, "logprobs"), (#""prompt":"x","echo":1"#, "echo"),
        ]
    )
    func refusals(members: String, parameter: String) throws {
        let error = #expect(throws: GatewayError.self) { try self.translate(members) }
        #expect(error?.status == 400 && error?.parameter == parameter)
    }

    @Test("A prompt that the answer could not hold for each candidate is refused before anybody is asked")
    func repeatedEcho() throws {
        let prompt = String(repeating: "a", count: 300_000)
        for count in [30, Int.max] {
            let error = #expect(throws: GatewayError.self) {
                try self.translate(#""prompt":"\#(prompt)","echo":true,"n":\#(count)"#)
            }
            #expect(error?.parameter == "echo")
        }
        _ = try translate(#""prompt":"\#(prompt)","echo":true,"n":5"#)
        _ = try translate(#""prompt":"\#(prompt)","echo":false,"n":30"#)
    }

    @Test("An answer has the legacy shape, echo and log probabilities included")
    func whole() throws {
        let answer = """
            {"id":"c1","model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"on é"},
            "logprobs":{"content":[{"token":"on ","logprob":-1,"top_logprobs":[{"token":"on ","logprob":-1}]},
            {"token":"é","logprob":-2,"top_logprobs":[]}]},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}
            """
        let translation = try translate(#""prompt":"Once ","echo":true,"logprobs":1"#)
        let outcome = translation.response.run(ByteBuffer(string: answer))
        let value = try JSONValue(validating: ByteBuffer(string: outcome.output))
        #expect(value["object"]?.string == "text_completion" && value["id"]?.string == "cmpl-c1")
        let choice = try #require(value["choices"]?.array?.first)
        #expect(choice["text"]?.string == "Once on é" && choice["finish_reason"]?.string == "stop")
        let logprobs = try #require(choice["logprobs"])
        #expect(logprobs["tokens"]?.array?.compactMap(\.string) == ["on ", "é"])
        #expect(logprobs["token_logprobs"]?.array?.compactMap(\.int) == [-1, -2])
        #expect(logprobs["text_offset"]?.array?.compactMap(\.int) == [5, 8])
        #expect(logprobs["top_logprobs"]?.array?.first?["on "]?.int == -1)
        #expect(value["usage"]?["total_tokens"]?.int == 5)
        #expect(outcome.observation.usage.output == 2)
    }

    @Test("usage-05: a stream is the same wherever it is cut, and shows usage to those who ask")
    func stream() throws {
        for asks in [false, true] {
            let options = asks ? #","stream_options":{"include_usage":true}"# : ""
            let translation = try translate(#""prompt":"Once","stream":true,"echo":true\#(options)"#)
            let bytes = ByteBuffer(string: Self.stream)
            let expected = translation.response.run(bytes)
            for cut in Cut.all(of: bytes) { #expect(translation.response.run(bytes, cut) == expected, "\(cut)") }
            #expect(expected.error == nil && expected.output.hasSuffix("data: [DONE]\n\n"))
            let chunks = try eventData(expected.output).map { try JSONValue(validating: ByteBuffer(string: $0)) }
            let choices = chunks.compactMap { $0["choices"]?.array?.first }
            #expect(choices.compactMap { $0["text"]?.string } == ["Once", "on é", ""])
            #expect(choices.last?["finish_reason"]?.string == "length")
            #expect((chunks.last?["usage"]?["prompt_tokens"]?.int == 3) == asks)
            #expect(expected.observation.usage.uncachedInput == 3)
        }
    }
}
