// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Estimates of input")
struct InputEstimateTests {
    private static let text = String(repeating: "x", count: 399)
    private static let image = String(repeating: "A", count: 100_000)

    private func estimate(_ path: String, _ body: String) throws -> Int {
        Dialects().estimatedInput(of: try Calls.envelope(path, ByteBuffer(string: body)))
    }

    @Test(
        "usage-12: the same words count the same in every dialect",
        arguments: [
            ("/openai/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"X"}]}"#),
            (
                "/openai/v1/chat/completions",
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"X"}]}]}"#
            ),
            ("/openai/v1/responses", #"{"model":"m","input":"X"}"#),
            (
                "/openai/v1/responses",
                #"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"X"}]}]}"#
            ),
            ("/anthropic/v1/messages", #"{"model":"m","max_tokens":9,"system":"X","messages":[]}"#),
            ("/gemini/v1/models/m:generateContent", #"{"contents":[{"role":"user","parts":[{"text":"X"}]}]}"#),
            (
                "/gemini/v1/models/m:countTokens",
                #"{"generateContentRequest":{"model":"models/m","contents":[{"parts":[{"text":"X"}]}]}}"#
            ),
            ("/openai/v1/completions", #"{"model":"m","prompt":["X"],"user":"nobody counts this"}"#),
            ("/openai/v1/embeddings", #"{"model":"m","input":["X"]}"#),
            ("/gemini/v1/models/m:batchEmbedContents", #"{"requests":[{"content":{"parts":[{"text":"X"}]}}]}"#),
        ]
    )
    func words(path: String, body: String) throws {
        #expect(try estimate(path, body.replacing("X", with: Self.text)) == 100)
        #expect(try estimate(path, body.replacing("X", with: "")) == 0)
    }

    @Test(
        "usage-05: an image counts by a rule, not by its base64",
        arguments: [
            (
                "/openai/v1/chat/completions",
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,X"}}]}]}"#
            ),
            (
                "/openai/v1/responses",
                #"{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,X"}]}]}"#
            ),
            (
                "/anthropic/v1/messages",
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"X"}}]}]}"#
            ),
            (
                "/gemini/v1/models/m:generateContent",
                #"{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"X"}}]}]}"#
            ),
        ]
    )
    func images(path: String, body: String) throws {
        #expect(try estimate(path, body.replacing("X", with: Self.image)) == 1_000)
    }

    @Test("Sounds and documents count by their size, tokens by their number, tools by their text")
    func others() throws {
        let sound =
            #"{"model":"m","messages":[{"content":[{"type":"input_audio","input_audio":{"format":"wav","data":"X"}}]}]}"#
        let chat = "/openai/v1/chat/completions"
        let long = String(repeating: "A", count: 4_000_000)
        #expect(try estimate(chat, sound.replacing("X", with: long)) == 6_000)
        #expect(try estimate(chat, sound.replacing("X", with: "A")) == 1_000)
        #expect(try estimate("/openai/v1/embeddings", #"{"model":"m","input":[[1,2,3],[4]]}"#) == 4)
        #expect(try estimate(chat, #"{"model":"m","messages":[],"tools":[{"type":"function"}]}"#) == 5)
        let call = #"{"model":"m","messages":[{"content":[{"type":"tool_use","id":"i","name":"","input":{"a":1}}]}]}"#
        #expect(try estimate("/anthropic/v1/messages", call) == 2)
    }
}
