// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// What refers from one request to earlier answers, as pure functions on bytes: ids and stored conversations of the Responses API, opaque state and sessions of
/// every API.
package protocol ContinuationCodec: Sendable {
    /// What a request of the Responses API says about earlier and later ones; nothing for other APIs.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` for what no gateway can keep: `background`, `conversation`.
    func reference(of envelope: RequestEnvelope) throws(GatewayError) -> ResponseReference

    /// The request with an earlier conversation before its own input, and without the id that stood for it.
    func resume(
        _ envelope: RequestEnvelope,
        after exchange: StoredResponse.Exchange
    ) throws(GatewayError) -> RequestEnvelope

    /// The `input` of a request of the Responses API, as one JSON value that shares the body's memory.
    func input(of envelope: RequestEnvelope) throws(GatewayError) -> ByteBuffer

    /// The answer to `GET …/responses/{id}/input_items`.
    ///
    /// - Parameters:
    ///   - exchange: The stored conversation.
    ///   - query: What follows the `?` of the target: `limit`, `order`, `after`.
    /// - Returns: One page of the input's items.
    /// - Throws: ``GatewayError/Code/invalidRequest`` for a parameter that is wrong.
    func inputItems(of exchange: StoredResponse.Exchange, query: Substring) throws(GatewayError) -> ByteBuffer

    /// The answer to `DELETE …/responses/{id}`.
    func deletion(of id: String) -> ByteBuffer

    /// What passes on a provider's answer about an earlier answer.
    ///
    /// - Parameters:
    ///   - origin: Whose state is wrapped in it; nil leaves every byte as it is.
    ///   - isStreaming: Whether the provider answers with events.
    /// - Returns: A transform that counts nothing as usage.
    func makeStoredRelay(wrapping origin: StateOrigin?, isStreaming: Bool) -> any ResponseTransform

    /// What reads a provider's answer about an earlier answer as steps, for an ``AnswerReview``; nil where it has none.
    func makeStoredSteps(isStreaming: Bool) -> (any AnswerStepCodec)?

    /// Whose opaque state a body holds, the one that stands last first.
    func stateOrigins(in envelope: RequestEnvelope) -> [StateOrigin]

    /// The turns of a request that stand in it as somebody compacted them, in order; only who did can read them.
    func compactions(in envelope: RequestEnvelope) -> [CompactedTurns]

    /// What names the session that a request belongs to; nil where the body says nothing of the kind.
    func session(of envelope: RequestEnvelope) -> String?
}

extension ContinuationCodec {
    package func makeStoredSteps(isStreaming: Bool) -> (any AnswerStepCodec)? { nil }

    package func compactions(in envelope: RequestEnvelope) -> [CompactedTurns] { [] }
}

/// Earlier turns of a conversation in the sealed form that a destination made of them, wrapped by the gateway.
package struct CompactedTurns: Sendable, Equatable {
    /// Where they stand in the body.
    package var path: String
    /// Who can read them; nil where the wrapping is damaged, so that nobody can.
    package var origin: StateOrigin?

    package init(path: String, origin: StateOrigin?) {
        self.path = path
        self.origin = origin
    }
}

/// What a request of the Responses API says about earlier and later ones.
package struct ResponseReference: Sendable, Equatable {
    /// `previous_response_id`.
    package var previousID: String?
    /// Whether the answer can be referred to later: `store` is not false.
    package var isStored: Bool

    package init(previousID: String? = nil, isStored: Bool = false) {
        self.previousID = previousID
        self.isStored = isStored
    }
}

/// How much of an answer is recorded while it passes.
package enum ResponseRecording: Sendable, Equatable {
    case none
    /// The id that the vendor gave it.
    case identifier
    /// All of it, up to a number of bytes.
    case whole(maximumBytes: Int)
}

/// What was recorded of a complete answer.
package struct RecordedResponse: Sendable, Equatable {
    package var id: String
    /// The answer as the client got it; nil if it was not to be recorded or is too large.
    package var body: ByteBuffer?
    /// The size of the answer; 0 if it was not to be recorded.
    package var bytes: Int

    package init(id: String, body: ByteBuffer? = nil, bytes: Int = 0) {
        self.id = id
        self.body = body
        self.bytes = bytes
    }
}
