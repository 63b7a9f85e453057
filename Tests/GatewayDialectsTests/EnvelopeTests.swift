// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import NIOCore
import Testing

@Suite("Envelopes")
struct EnvelopeTests {
    private func envelope(_ path: String, _ body: String) throws(GatewayError) -> RequestEnvelope {
        try Calls.envelope(path, ByteBuffer(string: body))
    }

    @Test("The body names the model and whether it streams")
    func bodyMembers() throws {
        let envelope = try envelope(Calls.chatPath, #"{"stream" : true, "model":"system.ai.gpt\u002d5"}"#)
        #expect(envelope.apiType == .openAIChat)
        #expect(envelope.model == "system.ai.gpt-5")
        #expect(envelope.isStreaming)
        #expect(try !self.envelope(Calls.chatPath, #"{"model":"m","stream":null}"#).isStreaming)
    }

    @Test("Gemini's path names both")
    func geminiPath() throws {
        let envelope = try envelope("/gemini/v1/models/g:streamGenerateContent", #"{"contents":[],"stream":false}"#)
        #expect(envelope.model == "g")
        #expect(envelope.modelValue == nil)
        #expect(envelope.isStreaming)
        #expect(!envelope.wantsServerSentEvents)
    }

    @Test("An invocation is a chat, a completion or embeddings by its members, and its path wins over the body's model")
    func invocations() throws {
        let chat = try envelope("/serving-endpoints/e/invocations", #"{"messages":[],"model":"other"}"#)
        #expect(chat.apiType == .mlflowChat)
        #expect(chat.model == "e")
        let embeddings = try envelope("/serving-endpoints/e/invocations", #"{"input":"x"}"#)
        #expect(embeddings.apiType == .mlflowEmbeddings)
        let completion = try envelope("/serving-endpoints/e/invocations", #"{"prompt":"x"}"#)
        #expect(completion.apiType == .openAICompletions)
        let error = #expect(throws: GatewayError.self) {
            try self.envelope("/serving-endpoints/e/invocations", #"{"inputs":"x"}"#)
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test(
        "A body that cannot be served is a 400 that says why",
        arguments: [
            ("", "empty"), ("[]", "an object"), ("{", "not valid JSON"), (#"{"messages":[]}"#, "'model'"),
            (#"{"model":7}"#, "model"), (#"{"model":""}"#, "model"), (#"{"model":null}"#, "model"),
            (#"{"model":"a","model":"b"}"#, "more than one 'model'"),
            (#"{"model":"a","mod\u0065l":"b"}"#, "more than one 'model'"),
            (#"{"model":"a","stream":"yes"}"#, "stream"),
            (#"{"model":"a","stream":true,"stream":false}"#, "more than one 'stream'"),
            ("{\"model\":\"\u{FFFD}\"} trailing", "not valid JSON"),
        ]
    )
    func refusals(body: String, words: String) {
        let error = #expect(throws: GatewayError.self) { try self.envelope(Calls.chatPath, body) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.status == 400)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test("Nesting beyond the bound is refused")
    func deepNesting() {
        let body = #"{"model":"m","messages":"# + String(repeating: "[", count: 100_000)
        let error = #expect(throws: GatewayError.self) { try self.envelope(Calls.chatPath, body) }
        #expect(error?.code == .invalidRequest)
    }
}
