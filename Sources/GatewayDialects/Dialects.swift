// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

/// Every wire format that the gateway knows, and the one implementation of ``Translator``.
///
/// A new dialect is a folder and a line in ``all``. At a path that several share, the first whose field the body has serves the request. Which pairs can be translated follows from what the dialects are: any ``ClientDialect`` to any
/// ``UpstreamDialect``.
package struct Dialects: Translator {
    /// Every dialect.
    package static let all: [any Dialect] = [
        OpenAIChat(),
        OpenAIEmbeddings(),
        OpenAICompletions(),
        OpenAIResponses(),
        AnthropicMessages(),
        Gemini(),
        GeminiBatchEmbedContents(),
        GeminiEmbedContent(),
        BedrockConverse(),
        TitanEmbeddings(),
        CohereEmbeddings(),
        VertexPredictEmbeddings(),
    ]

    /// The paths of all clients.
    package let routes: InferenceRoutes
    package let apiTypes: [APIType]
    private let dialects: [any Dialect]
    private let relayed: [any RelayedDialect]
    private let clients: [any ClientDialect]
    private let upstreams: [any UpstreamDialect]
    let embeddingsClients: [any EmbeddingsClientDialect]
    let embeddingsUpstreams: [any EmbeddingsUpstreamDialect]
    private let vocabulary: ErrorVocabulary
    let promptFields: PromptFields

    package init(_ dialects: [any Dialect] = Dialects.all) {
        self.dialects = dialects
        vocabulary = ErrorVocabulary(dialects)
        promptFields = PromptFields(of: dialects)
        relayed = dialects.compactMap { $0 as? any RelayedDialect }
        let endpoints = relayed.flatMap(\.endpoints)
        routes = InferenceRoutes(endpoints)
        var types: [APIType] = []
        for endpoint in endpoints where !types.contains(endpoint.apiType) { types.append(endpoint.apiType) }
        apiTypes = types
        clients = dialects.compactMap { $0 as? any ClientDialect }
        upstreams = dialects.compactMap { $0 as? any UpstreamDialect }
        embeddingsClients = dialects.compactMap { $0 as? any EmbeddingsClientDialect }
        embeddingsUpstreams = dialects.compactMap { $0 as? any EmbeddingsUpstreamDialect }
    }

    /// The dialect of a format that clients speak.
    func dialect(_ format: WireFormat) -> (any RelayedDialect)? {
        relayed.first { $0.format == format }
    }

    package func route(_ target: String) -> InferenceRoute? { routes.match(target) }

    package var modelLists: [any ModelListFormat] { relayed.flatMap(\.modelLists) }

    package func unmanagedPath(_ target: String) -> UnmanagedPath? {
        routes.unmanaged(target, lists: modelLists.flatMap(\.paths))
    }

    package func unknownRoute(_ target: String) -> UnknownRoute {
        routes.unknown(target, lists: modelLists.flatMap(\.paths))
    }

    package func traits(of apiType: APIType) -> ClientTraits {
        dialect(apiType.wireFormat)?.clientTraits ?? ClientTraits()
    }

    package func canServe(_ apiType: APIType, with format: WireFormat) -> Bool {
        apiType.wireFormat == format || pair(apiType.wireFormat, format) != nil
            || canEmbed(apiType.wireFormat, with: format)
    }

    /// The codecs for clients of one format and an upstream of another, where both directions exist.
    func pair(_ client: WireFormat, _ upstream: WireFormat) -> (any ClientDialect, any UpstreamDialect)? {
        guard let client = clients.first(where: { $0.format == client }),
            let upstream = upstreams.first(where: { $0.format == upstream })
        else { return nil }
        return (client, upstream)
    }

    package func upstreamError(
        _ format: WireFormat,
        status: Int,
        body: ByteBuffer,
        retryAfter: String?,
        provider: String
    ) -> GatewayError {
        var error = ErrorReader.error(
            status: status,
            body: body,
            retryAfter: retryAfter,
            provider: "The provider '\(provider)'",
            vocabulary: vocabulary
        )
        error.vendorFormat = format
        return error
    }

    package func rephrased(_ error: GatewayError, for apiType: APIType) -> GatewayError {
        dialect(apiType.wireFormat)?.rephrased(error) ?? error
    }

    package func failedStream(
        _ error: GatewayError,
        of envelope: RequestEnvelope,
        answer: AnswerIdentity
    ) -> (contentType: String, body: ByteBuffer)? {
        let apiType = envelope.apiType
        guard envelope.isStreaming, apiType.operation == .generate, error.vendorFormat != apiType.wireFormat,
            let client = clients.first(where: { $0.format == apiType.wireFormat }), client.tellsInStream(error)
        else { return nil }
        var context = AnswerContext(apiType: apiType, identity: answer, model: envelope.model)
        context.wantsServerSentEvents = envelope.wantsServerSentEvents
        context.request = envelope.scan
        context.previousResponseID = envelope.previousResponseID
        var encoder = client.makeStreamEncoder(for: context)
        var body = ByteBuffer()
        guard encoder.encodeFailure(error, into: &body) else { return nil }
        return (client.streamContentType(for: context), body)
    }

    package func refusesState(_ error: GatewayError, from format: WireFormat) -> Bool {
        error.code == .upstreamRefused && dialects.contains { $0.format == format && $0.refusesState(error) }
    }

    package func errorBody(_ error: GatewayError, for apiType: APIType?, requestID: String) -> ByteBuffer {
        guard let apiType, let dialect = dialect(apiType.wireFormat) else {
            return ErrorWriter.body(error) { _ in }
        }
        return dialect.encodeError(error, requestID: requestID)
    }
}
