// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Media in answers to clients whose API has no place for them")
struct MediaAnswerTests {
    private static func answer(_ part: String) -> String {
        #"{"candidates":[{"content":{"parts":[{"text":"See: "},\#(part)]},"finishReason":"STOP"}]}"#
    }

    @Test(
        "Words stand for what cannot be carried, in whole answers and in streams",
        arguments: [
            (
                "/anthropic/v1/messages", #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]@}"#,
                "image/png"
            ),
            ("/openai/v1/responses", #"{"model":"m","input":"x"@}"#, "audio/wav"),
            ("/openai/v1/responses", #"{"model":"m","input":"x"@}"#, "video/mp4"),
            (Calls.chatPath, #"{"model":"m","messages":[{"role":"user","content":"x"}]@}"#, "video/mp4"),
            (Calls.mlflowPath, #"{"model":"m","messages":[{"role":"user","content":"x"}]@}"#, "video/mp4"),
        ]
    )
    func words(path: String, body: String, type: String) throws {
        let part = #"{"inlineData":{"mimeType":"\#(type)","data":"AAAA"}}"#
        let words = "(\(type)), which this API cannot carry.]"
        let whole = try Calls.translate(path, body.replacing("@", with: ""), to: .geminiGenerateContent)
        let answer = whole.response.run(ByteBuffer(string: Self.answer(part)))
        #expect(answer.output.ranges(of: words).count == 1, "\(answer.output)")
        let streaming = body.replacing("@", with: #","stream":true"#)
        let stream = try Calls.translate(path, streaming, to: .geminiGenerateContent)
        let outcome = stream.response.run(ByteBuffer(string: "data: \(Self.answer(part))\n\n"))
        #expect(outcome.error == nil)
        #expect(outcome.output.contains(words), "\(outcome.output)")
        for data in eventData(outcome.output) { _ = try JSONValue(validating: ByteBuffer(string: data)) }
    }

    @Test("A link stands for media that a URL names")
    func links() throws {
        let body = #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}"#
        let part = #"{"fileData":{"mimeType":"image/png","fileUri":"https://example.com/a.png"}}"#
        let outcome = try Calls.translate("/anthropic/v1/messages", body, to: .geminiGenerateContent).response
            .run(ByteBuffer(string: Self.answer(part)))
        #expect(outcome.output.contains("[The model answered with an image: https://example.com/a.png]"))
    }

    @Test("The state of a picture stands right behind it for Responses clients")
    func stateOfPicture() throws {
        let body = #"{"model":"m","input":"x"}"#
        let parts =
            #"{"inlineData":{"mimeType":"image/png","data":"AAAA"},"thoughtSignature":"Zm9v"},{"text":"Behind"}"#
        let outcome = try Calls.translate("/openai/v1/responses", body, to: .geminiGenerateContent).response
            .run(ByteBuffer(string: Self.answer(parts)))
        let output = try JSONValue(validating: ByteBuffer(string: outcome.output))["output"]?.array.map(Array.init)
        let types = (output ?? []).compactMap { $0["type"]?.string }
        #expect(types == ["message", "image_generation_call", "reasoning", "message"])
    }
}
