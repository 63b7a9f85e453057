// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension Dialects {
    /// Whether one format of embeddings can be asked for in another.
    func canEmbed(_ client: WireFormat, with upstream: WireFormat) -> Bool {
        embeddingsPair(client, upstream) != nil
    }

    /// Makes the upstream's request for vectors.
    ///
    /// In the same format a request is rebuilt only for an `instruction`, which no vendor's own API knows, and the answer only if its vectors are not written
    /// as the client asked.
    func translateEmbeddings(
        _ envelope: RequestEnvelope,
        to target: TranslationTarget,
        answer: AnswerIdentity
    ) throws(GatewayError) -> Translation {
        guard let (client, upstream) = embeddingsPair(envelope.apiType.wireFormat, target.format) else {
            throw GatewayError(
                .invalidRequest,
                "API type '\(envelope.apiType.rawValue)' is not supported by '\(envelope.model)'."
            )
        }
        let isSame = client.format == target.format
        var changes = RelayEdits()
        if isSame { changes.edits = client.embeddingsEdits(for: envelope, model: target.model) }
        let unchanged = Self.body(of: envelope, model: client.namesModelInBody ? target.model : nil, changes)
        if isSame, try !Self.mayNeedRebuilding(envelope) {
            let relay = RelayContext(
                apiType: envelope.apiType,
                isStreaming: false,
                requestID: answer.requestID,
                hidesUsage: false,
                wantsServerSentEvents: false,
                estimatedInput: 0
            )
            return Translation(body: unchanged, isStreaming: false, response: client.makeRelay(for: relay))
        }
        var dropped = DroppedMembers()
        let request = try client.decodeEmbeddings(envelope, model: target.model, dropped: &dropped)
        let body: [ByteBuffer]
        if isSame, request.instruction == nil {
            dropped = DroppedMembers()
            body = unchanged
        } else {
            body = [try upstream.encodeEmbeddings(request, to: target, dropped: &dropped)]
        }
        return Translation(
            body: body,
            isStreaming: false,
            response: EmbeddingsTranslation(request, from: upstream, to: client, isSame: isSame),
            dropped: dropped.names
        )
    }

    /// Whether the request or its answer may have to change although the format stays: Databricks' members, and a form of vectors that not every server writes.
    private static func mayNeedRebuilding(_ envelope: RequestEnvelope) throws(GatewayError) -> Bool {
        if envelope.apiType == .mlflowEmbeddings { return true }
        if try envelope.member("instruction") != nil { return true }
        return try envelope.member("encoding_format") != nil
    }

    private func embeddingsPair(
        _ client: WireFormat,
        _ upstream: WireFormat
    ) -> (any EmbeddingsClientDialect, any EmbeddingsUpstreamDialect)? {
        guard let client = embeddingsClients.first(where: { $0.format == client }),
            let upstream = embeddingsUpstreams.first(where: { $0.format == upstream })
        else { return nil }
        return (client, upstream)
    }
}

/// Turns an upstream's vectors into what the client asked for, once all of them are there.
private struct EmbeddingsTranslation: ResponseTransform {
    private let request: EmbeddingsRequest
    private let upstream: any EmbeddingsUpstreamDialect
    private let client: any EmbeddingsClientDialect
    private let isSame: Bool
    private var body = ByteBuffer()
    private(set) var observation = ResponseObservation()

    var contentType: String? { "application/json" }
    var keepsLength: Bool { false }

    init(
        _ request: EmbeddingsRequest,
        from upstream: any EmbeddingsUpstreamDialect,
        to client: any EmbeddingsClientDialect,
        isSame: Bool
    ) {
        self.request = request
        self.upstream = upstream
        self.client = client
        self.isSame = isSame
    }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
        guard body.readableBytes <= Self.maximumWholeAnswer else {
            throw .unreadableAnswer("the answer has more than \(Self.maximumWholeAnswer) bytes")
        }
        return ByteBuffer()
    }

    mutating func finish() throws(GatewayError) -> ByteBuffer {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(validating: body)
        } catch {
            throw .unreadableAnswer("the answer is not JSON: \(error)")
        }
        let response = try upstream.decodeEmbeddings(value)
        guard response.vectors.count == request.inputs.count else {
            throw .unreadableAnswer("\(response.vectors.count) vectors for \(request.inputs.count) inputs")
        }
        observation.usage = response.usage
        observation.hasContent = true
        observation.isComplete = true
        if isSame, response.vectors.allSatisfy({ $0.isWritten(as: request.encoding) }) { return body }
        var writer = JSONWriter(capacity: 2 * body.readableBytes + 256)
        try client.encodeEmbeddings(response, to: request, into: &writer)
        return writer.buffer
    }

    mutating func fail(_ error: GatewayError) -> ByteBuffer { ByteBuffer() }
}
