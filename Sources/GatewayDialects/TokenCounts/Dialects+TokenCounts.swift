// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

extension Dialects {
    package func estimatedInput(of envelope: RequestEnvelope) -> Int {
        InputEstimate.tokens(of: envelope, by: promptFields)
    }

    package func maximumOutput(of envelope: RequestEnvelope) -> Int? {
        dialect(envelope.apiType.wireFormat)?.maximumOutput(of: envelope.scan)
    }

    package func estimatedCount(of opened: inout OpenedRequest) throws(GatewayError) -> ByteBuffer {
        let client = try countDialect(opened.envelope.apiType)
        let counted = try self.counted(&opened, by: client)
        // What a request for an answer could not say is refused here as well.
        if let client = client as? any ClientDialect { _ = try decode(&opened, from: client) }
        return Self.answer(InputEstimate.tokens(of: counted, by: promptFields), for: client)
    }

    /// The request that a client wants counted.
    private func counted(
        _ opened: inout OpenedRequest,
        by client: any TokenCountDialect
    ) throws(GatewayError) -> RequestEnvelope {
        let envelope = opened.envelope
        return try opened.counted.get { () throws(GatewayError) in try client.countedRequest(of: envelope) }
    }

    /// Makes the count for the upstream: the client's own in the same format, else one of the translated request.
    func prepareCount(
        _ opened: inout OpenedRequest,
        for target: TranslationTarget
    ) throws(GatewayError) -> Translation {
        let envelope = opened.envelope
        let client = try countDialect(envelope.apiType)
        if client.format == target.format {
            let body: [ByteBuffer]
            if try client.canRelayCount(envelope, to: target) {
                var changes = RelayEdits()
                changes.edits = client.countEdits(for: envelope, to: target)
                body = Self.body(of: envelope, model: client.namesModelInBody ? target.model : nil, changes)
            } else {
                body = [try Self.count(of: counted(&opened, by: client).scan.value, by: client, to: target)]
            }
            return Translation(
                body: body,
                isStreaming: false,
                response: WholeRelay(usageMember: "usage") { _ in TokenUsage() }
            )
        }
        guard let (decoder, encoder) = pair(client.format, target.format),
            let upstream = encoder as? any TokenCountUpstreamDialect
        else {
            throw .unsupportedAPI(of: envelope)
        }
        _ = try counted(&opened, by: client)
        var (request, dropped) = try decode(&opened, from: decoder)
        // What the answer may cost is not counted, and a client need not say it.
        request.maximumOutput = nil
        _ = try adapt(&request, to: encoder, target, dropped: &dropped)
        let body = try encoder.encodeRequest(request, to: target, dropped: &dropped)
        guard let value = try? JSONValue(validating: body, maximumDepth: JSONWriter.maximumWrittenDepth) else {
            throw GatewayError(.internalFailure, "The request could not be translated.", cause: "encoded no JSON")
        }
        return Translation(
            body: [try Self.count(of: value, by: upstream, to: target)],
            isStreaming: false,
            response: TokenCountTranslation(from: upstream, to: client),
            dropped: dropped.names
        )
    }

    /// The body of a count of a request that is in the upstream's format.
    private static func count(
        of request: JSONValue,
        by upstream: any TokenCountUpstreamDialect,
        to target: TranslationTarget
    ) throws(GatewayError) -> ByteBuffer {
        let members = try request.requestObject("The request")
        var writer = JSONWriter(capacity: request.bytes.readableBytes + 64)
        writer.beginObject()
        upstream.encodeCount(of: members, to: target, into: &writer)
        writer.endObject()
        return writer.buffer
    }

    private func countDialect(_ apiType: APIType) throws(GatewayError) -> any TokenCountDialect {
        guard let dialect = dialect(apiType.wireFormat) as? any TokenCountDialect else {
            throw GatewayError(
                .internalFailure,
                "The gateway cannot count tokens for this API.",
                cause: apiType.name
            )
        }
        return dialect
    }

    fileprivate static func answer(_ count: Int, for client: any TokenCountDialect) -> ByteBuffer {
        var writer = JSONWriter(capacity: 64)
        writer.beginObject()
        client.encodeCount(count, into: &writer)
        writer.endObject()
        return writer.buffer
    }
}

/// Rewrites a vendor's count for another vendor's client.
private struct TokenCountTranslation: ResponseTransform {
    private let upstream: any TokenCountUpstreamDialect
    private let client: any TokenCountDialect
    private var body = ByteBuffer()
    private(set) var observation = ResponseObservation()

    var contentType: String? { "application/json" }
    var keepsLength: Bool { false }

    /// More bytes than any count has.
    private static let maximumBody = 1 << 20

    init(from upstream: any TokenCountUpstreamDialect, to client: any TokenCountDialect) {
        self.upstream = upstream
        self.client = client
    }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        body.writeImmutableBuffer(bytes)
        guard body.readableBytes <= Self.maximumBody else {
            throw .unreadableAnswer("the token count response is too long")
        }
        return ByteBuffer()
    }

    mutating func finish() throws(GatewayError) -> ByteBuffer {
        guard let value = try? JSONValue(answer: body), let count = upstream.decodeCount(value) else {
            throw .unreadableAnswer("the response is not a token count")
        }
        observation.isComplete = true
        return Dialects.answer(count, for: client)
    }

    mutating func fail(_ error: GatewayError) -> ByteBuffer { ByteBuffer() }
}
