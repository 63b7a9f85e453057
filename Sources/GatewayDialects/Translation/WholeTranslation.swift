// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Rebuilds a whole answer in another format, once all of it is there.
struct WholeTranslation: ResponseTransform {
    private let upstream: any UpstreamDialect
    private let client: any ClientDialect
    private let answer: AnswerContext
    private var adaptations: Adaptations
    private var body = ByteBuffer()
    private(set) var observation = ResponseObservation()
    var mayQuoteError: Bool { observation.error != nil }

    var contentType: String? { "application/json" }
    var keepsLength: Bool { false }

    init(
        from upstream: any UpstreamDialect,
        to client: any ClientDialect,
        answer: AnswerContext,
        adaptations: Adaptations = Adaptations()
    ) {
        self.adaptations = adaptations
        self.upstream = upstream
        self.client = client
        self.answer = answer
    }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        if body.readableBytes == 0 {
            body = bytes
        } else {
            body.writeImmutableBuffer(bytes)
        }
        guard body.readableBytes <= Self.maximumWholeAnswer else {
            throw .unreadableAnswer("the response has more than \(Self.maximumWholeAnswer) bytes")
        }
        return ByteBuffer()
    }

    mutating func finish() throws(GatewayError) -> ByteBuffer {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(answer: body)
        } catch {
            throw .unreadableAnswer("the response is not JSON: \(error)")
        }
        var response: ModelResponse
        do throws(GatewayError) {
            response = try upstream.decodeResponse(value, for: answer)
        } catch {
            observation.error = error
            throw error
        }
        response.id = response.id.map(answer.uniqueID)
        observation.usage = response.usage
        observation.serviceTier = response.serviceTier
        if let reason = response.unknownEndWithoutContent {
            let error = GatewayError.endedWithoutContent(reason)
            observation.error = error
            throw error
        }
        observation.hasContent = true
        // What it cost is known; nobody reads the rest.
        try GatewayError.checkCancellation()
        adaptations.undo(in: &response)
        response.nameRefusals()
        observation.contentBytes = response.contentBytes
        observation.isComplete = true
        return try written(response)
    }

    /// The client's answer, which may repeat what the client asked.
    private func written(_ response: ModelResponse) throws(GatewayError) -> ByteBuffer {
        let read = body.readableBytes + (answer.request?.value.range.count ?? 0)
        var writer = JSONWriter(capacity: 1024, maximumBytes: TranslationBound.bytes(reading: read))
        client.writeResponse(response, for: answer, into: &writer)
        guard writer.excess == nil else { throw .unreadableAnswer("the response grows beyond its limit") }
        return writer.buffer
    }

    mutating func fail(_ error: GatewayError) -> ByteBuffer {
        client.encodeError(client.rephrased(error), requestID: answer.identity.requestID)
    }
}

extension GatewayError {
    /// An answer that says nothing and ended for a reason that the gateway does not know: another destination may do better.
    static func endedWithoutContent(_ reason: String) -> GatewayError {
        GatewayError(
            .upstreamUnavailable,
            "The model ended its response without content, for the reason '\(reason.prefixOfUTF8(64))'.",
            cause: "ended with '\(reason.prefixOfUTF8(64))'"
        )
    }
}

extension ModelResponse {
    /// The reason that the gateway does not know, if all that was said is that.
    fileprivate var unknownEndWithoutContent: String? {
        guard
            candidates.allSatisfy({
                $0.parts.allSatisfy { $0.contentBytes == 0 && $0.toolCall == nil && $0.media == nil }
            }),
            case .other(let reason)? = candidates.first?.finishReason
        else { return nil }
        return reason
    }

    /// Says that a candidate ended with a refusal where it holds one: OpenAI says so in what it writes, not in why it ended.
    fileprivate mutating func nameRefusals() {
        for index in candidates.indices where candidates[index].finishReason == .stop {
            let isRefusal = candidates[index].parts.contains { if case .refusal = $0.content { true } else { false } }
            if isRefusal { candidates[index].finishReason = .refusal }
        }
    }

    /// UTF-8 bytes of text and tool arguments.
    fileprivate var contentBytes: Int {
        candidates.reduce(0) { sum, candidate in candidate.parts.reduce(sum) { $0 + $1.contentBytes } }
    }
}

extension Message.Part {
    /// UTF-8 bytes of text and tool arguments.
    var contentBytes: Int {
        switch content {
        case .text(let text), .refusal(let text): text.utf8Count
        case .reasoning(let reasoning): reasoning.texts.reduce(0) { $0 + $1.utf8Count }
        case .media: 0
        case .toolCall(let call):
            switch call.arguments {
            case .object(let object): object.range.count
            case .text(let text): text.utf8Count
            }
        case .toolResult(let result): result.parts.reduce(0) { $0 + $1.contentBytes }
        }
    }
}
