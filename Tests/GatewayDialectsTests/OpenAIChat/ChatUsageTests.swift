// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import Testing

@Suite("Token usage of chat's servers")
struct ChatUsageTests {
    @Test(
        "usage-13: Token usage counts in every spelling that servers of OpenAI's API have",
        arguments: [
            #""prompt_tokens_details":{"cached_tokens":800}"#,
            #""prompt_cache_hit_tokens":800,"prompt_cache_miss_tokens":200"#, #""cached_tokens":800"#,
            #""cache_read_input_tokens":800,"cache_creation_input_tokens":0"#,
        ]
    )
    func usageSpellings(_ caches: String) throws {
        let usage = #""usage":{"prompt_tokens":1000,"completion_tokens":5,"reasoning_tokens":3,\#(caches)}"#
        let whole =
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],\#(usage)}"#
        let stream =
            #"data: {"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"# + "\n\n"
            + #"data: {"choices":[],\#(usage)}"# + "\n\n" + "data: [DONE]\n\n"
        for (path, isRelayed) in [(Calls.chatPath, true), ("/openai/v1/responses", false)] {
            for isStreaming in [false, true] {
                let field = isRelayed ? #""messages":[{"role":"user","content":"x"}]"# : #""input":"x""#
                let body = #"{"model":"m",\#(field),"stream":\#(isStreaming)}"#
                var transform = try Calls.translate(path, body, to: .openAIChat).response
                _ = try transform.consume(ByteBuffer(string: isStreaming ? stream : whole))
                _ = try transform.finish()
                let observed = transform.observation.usage
                #expect(observed.cacheRead == 800 && observed.uncachedInput == 200, "\(path)")
                #expect(observed.reasoning == 3 && observed.output == 5)
            }
        }
    }
    private func observed(_ path: String, _ body: String, to format: WireFormat, _ answer: String) throws -> TokenUsage
    {
        var transform = try Calls.translate(path, body, to: format).response
        _ = try transform.consume(ByteBuffer(string: answer))
        _ = try transform.finish()
        return transform.observation.usage
    }

    @Test(
        "usage-14: Reasoning that a server counts in the total alone is output",
        arguments: [
            (#""completion_tokens":9,"total_tokens":135,"completion_tokens_details":{"reasoning_tokens":94}"#, 103, 94),
            (#""completion_tokens":9,"total_tokens":135"#, 103, 94),
            (#""completion_tokens":99,"total_tokens":131,"completion_tokens_details":{"reasoning_tokens":94}"#, 99, 94),
            (#""completion_tokens":9,"total_tokens":135,"completion_tokens_details":{"reasoning_tokens":4}"#, 9, 4),
            (#""completion_tokens":9,"total_tokens":135,"cache_read_input_tokens":94"#, 9, nil),
            (#""completion_tokens":9,"total_tokens":0"#, 9, nil),
        ] as [(String, Int, Int?)]
    )
    func uncountedReasoning(_ members: String, _ output: Int, _ reasoning: Int?) throws {
        let answer =
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":32,\#(members)}}"#
        let usage = try observed(
            Calls.chatPath,
            #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#,
            to: .openAIChat,
            answer
        )
        #expect(usage.output == output && usage.reasoning == reasoning)
    }

    @Test(
        "usage-14: The total is the input where a server of embeddings tells no more",
        arguments: ["float", "base64"]
    )
    func totalAlone(_ encoding: String) throws {
        let usage = try observed(
            "/openai/v1/embeddings",
            #"{"model":"m","input":"x","encoding_format":"\#(encoding)"}"#,
            to: .openAIEmbeddings,
            #"{"data":[{"index":0,"embedding":[0.5]}],"usage":{"total_tokens":7}}"#
        )
        #expect(usage.uncachedInput == 7 && usage.output == nil)
    }
}
