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
}
