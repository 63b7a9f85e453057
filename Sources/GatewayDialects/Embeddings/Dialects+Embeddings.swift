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
    func prepareEmbeddings(
        _ opened: inout OpenedRequest,
        for target: TranslationTarget,
        answer: AnswerIdentity
    ) throws(GatewayError) -> Translation {
        let envelope = opened.envelope
        guard let (client, upstream) = embeddingsPair(envelope.apiType.wireFormat, target.format) else {
            throw .unsupportedAPI(of: envelope)
        }
        let isSame = client.format == target.format
        var changes = RelayEdits()
        if isSame { changes.edits = client.embeddingsEdits(for: envelope, to: target) }
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
        let decoded = try opened.embeddings.get { () throws(GatewayError) in
            var dropped = DroppedMembers()
            let request = try client.decodeEmbeddings(envelope, dropped: &dropped)
            return OpenedRequest.Decoded(request, dropped: dropped.names)
        }
        var (request, dropped) = (decoded.value, DroppedMembers(decoded.dropped))
        request.model = target.model
        var bodies: [[ByteBuffer]] = []
        var counts: [Int] = []
        if isSame, request.instruction == nil {
            dropped = DroppedMembers()
            bodies = [unchanged]
            counts = [request.inputs.count]
        } else {
            let maximumBytes = TranslationBound.bytes(reading: envelope.scan.value.range.count)
            try request.checkInstruction(beyond: maximumBytes)
            var remainingBytes = maximumBytes
            for part in try request.parts(for: upstream, inputs: client.inputsName) {
                var writer = JSONWriter(capacity: 1024, maximumBytes: remainingBytes)
                try upstream.writeEmbeddings(part, to: target, into: &writer, dropped: &dropped)
                if let excess = writer.excess {
                    let advice =
                        "Content that all inputs share, such as a title, is repeated for each: shorten it or send fewer inputs."
                    throw excess.error(nil, beyond: maximumBytes, advice)
                }
                remainingBytes = writer.remainingBytes
                bodies.append([writer.buffer])
                counts.append(part.inputs.count)
            }
        }
        guard let last = bodies.popLast() else { throw .invalid("input", "must not be empty.") }
        var translation = Translation(
            body: last,
            isStreaming: false,
            response: EmbeddingsTranslation(request, counts, from: upstream, to: client, isSame: isSame),
            dropped: dropped.names
        )
        translation.earlierBodies = bodies
        return translation
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
