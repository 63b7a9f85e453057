// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

@Suite("The content of requests")
struct RequestContentTests {
    /// What a client API's request holds, with the kind of each text: the texts say it themselves.
    static let requests: [(path: String, body: String)] = [
        (
            "/openai/v1/chat/completions",
            #"""
            {"model":"m","messages":[{"role":"developer","content":"system W"},
            {"content":[{"type":"text","text":"user W"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJDRA=="}}],"role":"user"},
            {"role":"assistant","content":"assistant W","reasoning_content":"reasoning W","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"arguments\":\"W\"}"}}]},
            {"role":"tool","tool_call_id":"c","content":"result \u0057"},{"role":"user","content":"user W"}],
            "tools":[{"type":"function","function":{"name":"f","description":"tool W","parameters":{"type":"object","properties":{"a":{"description":"tool W"}}}}}]}
            """#
        ),
        ("/openai/v1/completions", #"{"model":"m","prompt":"user W"}"#),
        (
            "/openai/v1/responses",
            #"""
            {"model":"m","instructions":"system W","input":[{"role":"developer","content":"system W"},
            {"type":"message","role":"user","content":[{"type":"input_text","text":"user W"},{"type":"input_image","image_url":"data:image/png;base64,QUJDRA=="}]},
            {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"reasoning W"}]},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"assistant W"}]},
            {"type":"function_call","call_id":"c","name":"f","arguments":"{\"arguments\":\"W\"}"},
            {"type":"function_call_output","call_id":"c","output":"result W"}],
            "tools":[{"type":"function","name":"f","description":"tool W","parameters":{"type":"object","properties":{"a":{"description":"tool W"}}}}]}
            """#
        ),
        ("/openai/v1/responses", #"{"model":"m","input":"user W"}"#),
        (
            "/anthropic/v1/messages",
            #"""
            {"model":"m","max_tokens":9,"system":[{"type":"text","text":"system W"}],"messages":[
            {"role":"user","content":[{"type":"text","text":"user W"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJDRA=="}}]},
            {"role":"assistant","content":[{"type":"text","text":"assistant W"},{"type":"tool_use","id":"c","name":"f","input":{"a":["arguments W"]}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"result W"}]},{"type":"text","text":"user W"}]}],
            "tools":[{"name":"f","description":"tool W","input_schema":{"type":"object","properties":{"a":{"description":"tool W"}}}}]}
            """#
        ),
        (
            "/anthropic/v1/messages",
            #"{"model":"m","max_tokens":9,"system":"system W","messages":[{"role":"user","content":"user W"}]}"#
        ),
        (
            "/gemini/v1beta/models/m:generateContent",
            #"""
            {"systemInstruction":{"parts":[{"text":"system W"}]},"contents":[
            {"role":"user","parts":[{"text":"user W"},{"inlineData":{"mimeType":"image/png","data":"QUJDRA=="}}]},
            {"role":"model","parts":[{"text":"reasoning W","thought":true},{"text":"assistant W"},{"functionCall":{"name":"f","args":{"a":"arguments W"}}}]},
            {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":"result W"}}}]}],
            "tools":[{"functionDeclarations":[{"name":"f","description":"tool W","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING","description":"tool W"}}}}]}]}
            """#
        ),
        ("/openai/v1/embeddings", #"{"model":"m","input":["embedding W","embedding W"]}"#),
        ("/gemini/v1beta/models/m:embedContent", #"{"content":{"parts":[{"text":"embedding W"}]}}"#),
        (
            "/gemini/v1beta/models/m:batchEmbedContents",
            #"{"requests":[{"model":"models/m","content":{"parts":[{"text":"embedding W"}]}}]}"#
        ),
    ]

    private static let targets: [WireFormat] = [
        .openAIChat, .openAICompletions, .openAIResponses, .anthropicMessages, .geminiGenerateContent,
        .bedrockConverse, .openAIEmbeddings, .geminiEmbedContent, .geminiBatchEmbedContents, .bedrockTitanEmbeddings,
    ]

    private static func kind(_ span: ContentSpan) -> String {
        switch span.kind {
        case .systemText: "system"
        case .userText: "user"
        case .assistantText: "assistant"
        case .reasoning: "reasoning"
        case .toolDefinition: "tool"
        case .toolArguments: "arguments"
        case .toolResult: "result"
        case .embeddingInput: "embedding"
        case .media: "media"
        }
    }

    private func opened(_ request: (path: String, body: String)) throws -> OpenedRequest {
        Dialects().open(try Calls.envelope(request.path, ByteBuffer(string: request.body)))
    }

    @Test("Every text of a request is found once, with what it is", arguments: 0..<requests.count)
    func spans(_ index: Int) throws {
        let request = Self.requests[index]
        let spans = Dialects().content(of: try opened(request))
        let texts = spans.filter { $0.text.string.contains("W") }
        #expect(texts.count == request.body.replacing(#"\u0057"#, with: "W").filter { $0 == "W" }.count)
        for span in texts {
            #expect(span.text.string.contains(Self.kind(span)), "\(span.text.string) is \(span.kind)")
        }
        let media = spans.filter { $0.kind == .media }
        #expect(media.count == (request.body.contains("QUJDRA==") ? 1 : 0))
        #expect(media.allSatisfy { $0.media?.kind == .image && $0.media?.type == "image/png" && $0.media?.bytes == 6 })
    }

    @Test("A text that is replaced is another for every target, relayed or translated", arguments: 0..<requests.count)
    func replaced(_ index: Int) throws {
        let request = Self.requests[index]
        let dialects = Dialects()
        var edited = try opened(request)
        let edits = dialects.content(of: edited).filter { $0.kind != .media }.map { span in
            ContentEdit(span, text: span.text.string.replacing("W", with: "\u{1F326} V"))
        }
        try dialects.replace(edits.filter { $0.text.contains("V") }, in: &edited)
        // What a client would have sent that had written the other words itself; twice, as after a fallback.
        let written = request.body.replacing(#"\u0057"#, with: "W").replacing("W", with: "\u{1F326} V")
        var count = 0
        for format in Self.targets + Self.targets {
            let type = edited.envelope.apiType
            guard dialects.canServe(type, with: format) else { continue }
            count += 1
            let target = TranslationTarget(format: format, model: "x", limits: ModelLimits(), defaultMaximumOutput: 9)
            let body = try dialects.prepare(&edited, for: target, answer: Calls.identity).joinedBody
            let expected = try dialects.translate(
                Calls.envelope(request.path, ByteBuffer(string: written)),
                to: target,
                answer: Calls.identity
            ).joinedBody
            #expect(try canonical(body) == canonical(expected), "\(format)")
        }
        #expect(count > 1)
    }

    @Test("A body that repeats a field or nests deeply is read without harm")
    func hostile() throws {
        let deep = String(repeating: "[", count: 100) + "\"W\"" + String(repeating: "]", count: 100)
        let body = #"{"model":"m","messages":[{"role":"user","content":"a","content":"W"}],"messages":\#(deep)}"#
        let request = try opened(("/openai/v1/chat/completions", body))
        #expect(Dialects().content(of: request).map(\.text.string) == ["a", "W"])
    }
}
