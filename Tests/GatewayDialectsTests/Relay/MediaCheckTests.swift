// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("Limits on media")
struct MediaCheckTests {
    private func translate(_ path: String, _ body: String, to format: WireFormat, _ limits: MediaLimits) throws {
        var target = TranslationTarget(format: format, model: "m", limits: ModelLimits(), defaultMaximumOutput: 1)
        target.capabilities.mediaLimits = limits
        _ = try Dialects().translate(
            Calls.envelope(path, ByteBuffer(string: body)),
            to: target,
            answer: Calls.identity
        )
    }

    private static let image =
        #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAAAAAA"}}"#

    private func body(_ blocks: [String]) -> String {
        let result = #"{"type":"tool_result","tool_use_id":"t","content":[\#(blocks.joined(separator: ","))]}"#
        let call = #"{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]}"#
        return #"{"model":"m","max_tokens":9,"messages":[\#(call),{"role":"user","content":[\#(result)]}]}"#
    }

    @Test("Each limit is named, whether the body is translated or relayed")
    func limits() throws {
        var count = MediaLimits()
        count.maximumImages = 2
        var total = MediaLimits()
        total.maximumTotalBytes = 20
        var size = MediaLimits()
        size.maximumImageBytes = 5
        var types = MediaLimits()
        types.imageTypes = ["image/jpeg"]
        for (limits, message) in [
            (count, "messages contain 3 images; this model accepts at most 2 in one request."),
            (total, "messages contain more than 20 bytes of media, the most for this model."),
            (size, "messages contain an image of more than 5 bytes, the most for this model."),
            (types, "messages contain an image of type 'image/png'; this model accepts image/jpeg."),
        ] {
            for format in [WireFormat.anthropicMessages, .geminiGenerateContent] {
                let error = #expect(throws: GatewayError.self) {
                    try translate(
                        "/anthropic/v1/messages",
                        body([Self.image, Self.image, Self.image]),
                        to: format,
                        limits
                    )
                }
                #expect(error?.message == message, "\(format)")
                #expect(error?.status == 400)
            }
        }
        for format in [WireFormat.anthropicMessages, .geminiGenerateContent] {
            try translate("/anthropic/v1/messages", body([Self.image, Self.image]), to: format, count)
        }
    }

    @Test(
        "Images are counted in every format that is relayed",
        arguments: [
            (
                Calls.chatPath, WireFormat.openAIChat,
                #""messages":[{"role":"user","content":[{"type":"text","text":"image_url"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"image_url","image_url":{"url":"https://a/b"}}]}]"#
            ),
            (
                "/openai/v1/responses", .openAIResponses,
                #""input":[{"role":"user","content":[{"type":"input_image","image_url":"https://a"},{"type":"input_image","image_url":"https://b"}]}]"#
            ),
            (
                "/gemini/v1beta/models/g:generateContent", .geminiGenerateContent,
                #""contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"file_data":{"mime_type":"image/png","file_uri":"gs://a"}},{"inline_data":{"mime_type":"audio/wav","data":"AAAA"}}]}]"#
            ),
        ]
    )
    func relayed(path: String, format: WireFormat, members: String) throws {
        var limits = MediaLimits()
        limits.maximumImages = 1
        let error = #expect(throws: GatewayError.self) {
            try translate(path, #"{"model":"m",\#(members)}"#, to: format, limits)
        }
        #expect(error?.message == "messages contain 2 images; this model accepts at most 1 in one request.")
        limits.maximumImages = 2
        try translate(path, #"{"model":"m",\#(members)}"#, to: format, limits)
    }

    @Test("The catalog's limits are those of Databricks' documentation")
    func catalogue() {
        let limits = { (name: String) in BuiltInModels.model(named: name)?.mediaLimits }
        #expect(limits("gpt-5")?.maximumImages == 500)
        #expect(limits("gpt-5")?.maximumTotalBytes == 10 << 20)
        #expect(limits("llama-4-maverick")?.maximumImages == 5)
        #expect(limits("gemma-3-12b")?.maximumTotalBytes == 10 << 20)
        #expect(limits("claude-sonnet-4-5")?.imageTypes.count == 4)
        #expect(limits("claude-sonnet-4-5")?.maximumImages == 100)
        #expect(limits("claude-opus-5-5")?.maximumImages == 600)
        #expect(limits("claude-opus-5-5")?.maximumImageBytes == 3_932_160)
        #expect(limits("gemini-2-5-pro") == MediaLimits())
    }
}
