// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Synchronization
import Testing

@Suite("A request that is opened once")
struct OpenedRequestTests {
    private static let chat = #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"temperature":0.5}"#

    private static func target(_ format: WireFormat, model: String = "up") -> TranslationTarget {
        TranslationTarget(format: format, model: model, limits: ModelLimits(), defaultMaximumOutput: 8192)
    }

    @Test("Fallback and a repeated attempt decode nothing a second time")
    func decodedOnce() throws {
        let counting = CountingChat()
        let dialects = Dialects(Dialects.all.filter { $0.format != .openAIChat } + [counting])
        var request = dialects.open(try Calls.envelope(Calls.chatPath, ByteBuffer(string: Self.chat)))
        #expect(counting.count == 0)
        for format in [WireFormat.anthropicMessages, .geminiGenerateContent, .bedrockConverse, .anthropicMessages] {
            _ = try dialects.prepare(&request, for: Self.target(format), answer: Calls.identity)
        }
        var repaired = Self.target(.anthropicMessages)
        repaired.withholdsState = true
        _ = try dialects.prepare(&request, for: repaired, answer: Calls.identity)
        #expect(counting.count == 1)
    }

    @Test("A relayed request is not decoded at all")
    func relayedUndecoded() throws {
        let counting = CountingChat()
        let dialects = Dialects([counting])
        var request = dialects.open(try Calls.envelope(Calls.chatPath, ByteBuffer(string: Self.chat)))
        _ = try dialects.prepare(&request, for: Self.target(.openAIChat), answer: Calls.identity)
        #expect(counting.count == 0)
        #expect(request.model.known == nil)
    }

    @Test("What one destination cannot express does not show in the answer of the next")
    func destinationsDoNotMix() throws {
        let body = #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"logit_bias":{"1":2},"n":1,"stop":["x"]}"#
        var request = Dialects().open(try Calls.envelope(Calls.chatPath, ByteBuffer(string: body)))
        for _ in 0..<2 {
            for format in [WireFormat.anthropicMessages, .openAIResponses, .geminiGenerateContent] {
                let target = Self.target(format, model: "x")
                let again = try Dialects().prepare(&request, for: target, answer: Calls.identity)
                let alone = try Calls.translate(Calls.chatPath, body, to: format, model: "x")
                #expect(again.joinedBody == alone.joinedBody)
                #expect(again.dropped == alone.dropped)
            }
        }
    }

    @Test("Counting tokens and estimating the count decode the request once")
    func countedOnce() throws {
        let path = "/anthropic/v1/messages/count_tokens"
        let body = #"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#
        let dialects = Dialects()
        var request = dialects.open(try Calls.envelope(path, ByteBuffer(string: body)))
        let first = try dialects.prepare(&request, for: Self.target(.bedrockConverse), answer: Calls.identity)
        let estimate = try dialects.estimatedCount(of: &request)
        let again = try dialects.prepare(&request, for: Self.target(.bedrockConverse), answer: Calls.identity)
        #expect(first.joinedBody == again.joinedBody)
        #expect(try JSONValue(validating: estimate)["input_tokens"]?.int == 1)
    }
}

/// OpenAI's chat, which counts how often a request is decoded.
private final class CountingChat: ClientDialect, UpstreamDialect {
    private let chat = OpenAIChat()
    private let decoded = Atomic(0)

    var count: Int { decoded.load(ordering: .relaxed) }
    var format: WireFormat { .openAIChat }
    var endpoints: [Endpoint] { chat.endpoints }

    func decodeRequest(
        _ envelope: RequestEnvelope,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ModelRequest {
        decoded.add(1, ordering: .relaxed)
        return try chat.decodeRequest(envelope, dropped: &dropped)
    }

    func writeResponse(_ response: ModelResponse, for answer: AnswerContext, into writer: inout JSONWriter) {
        chat.writeResponse(response, for: answer, into: &writer)
    }

    func makeStreamEncoder(for answer: AnswerContext) -> any StreamEncoder { chat.makeStreamEncoder(for: answer) }
    func makeRelay(for relay: RelayContext) -> any ResponseTransform { chat.makeRelay(for: relay) }
    func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        chat.encodeError(error, requestID: requestID)
    }
    func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        chat.encodeStreamError(error, requestID: requestID)
    }

    func features(of target: TranslationTarget) -> UpstreamFeatures { chat.features(of: target) }
    func writeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        try chat.writeRequest(request, to: target, into: &writer, dropped: &dropped)
    }
    func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder { chat.makeStreamDecoder(for: answer) }
}
