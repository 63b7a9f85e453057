// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore
package import NIOHTTP1

/// The dialects as the pipeline sees them: pure functions from bytes to bytes.
///
/// The one implementation is `Dialects` in `GatewayDialects`; the executable hands it to the pipeline, so that neither knows the other.
package protocol Translator: ContinuationCodec {
    /// Every API that clients may call.
    var apiTypes: [APIType] { get }

    /// The lists of models, for the clients of each API.
    var modelLists: [any ModelListFormat] { get }

    /// The inference route that a request target (path and query) names; nil if it is none. The method is the caller's to check.
    func route(_ target: String) -> InferenceRoute?

    /// The path of a vendor's API that a request target names and that is none of the gateway's; nil if it is none, or not safe to pass on.
    func unmanagedPath(_ target: String) -> UnmanagedPath?

    /// What can be said of a request target that names no inference route: whose clients call there, and which route is near.
    func unknownRoute(_ target: String) -> UnknownRoute

    /// Reads what the gateway must know of a body.
    ///
    /// - Parameters:
    ///   - route: What the path already said.
    ///   - body: The whole body; an empty one is refused.
    /// - Returns: The envelope, which shares the body's memory.
    /// - Throws: ``GatewayError/Code/invalidRequest`` if the body is not a JSON object, names no model, or repeats a member that the gateway acts on.
    func envelope(of route: InferenceRoute, body: ByteBuffer) throws(GatewayError) -> RequestEnvelope

    /// Whether a request of this API can be served by an upstream of this format; true for the API's own format.
    func canServe(_ apiType: APIType, with format: WireFormat) -> Bool

    /// What is to be known of an API beside its bytes.
    func traits(of apiType: APIType) -> ClientTraits

    /// Makes the upstream's request body and what turns its answer into the client's.
    ///
    /// Where the formats are equal nothing is rebuilt: the client's bytes go on with only the model replaced (and usage asked for). Asked once for each attempt
    /// of a call; what an attempt decodes is kept in the request, so that nothing is decoded twice.
    /// - Parameters:
    ///   - request: The client's request.
    ///   - target: Who will serve it.
    ///   - answer: What a rebuilt answer says about itself where the upstream says nothing.
    /// - Returns: The upstream's body and the transform of its answer.
    /// - Throws: ``GatewayError/Code/invalidRequest`` if the body does not follow its dialect or asks for what the target cannot do.
    func prepare(
        _ request: inout OpenedRequest,
        for target: TranslationTarget,
        answer: AnswerIdentity
    ) throws(GatewayError) -> Translation

    /// What a request tells the model, in the order of its body; empty where its API has no content.
    func content(of request: OpenedRequest) -> [ContentSpan]

    /// Puts other texts in place of some of the content, for every target.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if the body would be larger than may be read.
    func replace(_ edits: [ContentEdit], in request: inout OpenedRequest) throws(GatewayError)

    /// About how many tokens the model reads of a request, for calls whose upstream does not tell.
    func estimatedInput(of request: RequestEnvelope) -> Int

    /// The most tokens that the answer to a request may have; nil where it does not say.
    func maximumOutput(of request: RequestEnvelope) -> Int?

    /// The answer to a count of tokens (``APIType/Operation/countTokens``) that nobody but the gateway can give: an estimate.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if the body does not follow its dialect.
    func estimatedCount(of request: inout OpenedRequest) throws(GatewayError) -> ByteBuffer

    /// Reads an upstream's error answer, whatever its body is.
    ///
    /// 401 and 403 become 502 and do not repeat the upstream's words; 429 and "overloaded" keep what lets clients back off.
    /// - Parameters:
    ///   - format: What the upstream speaks.
    ///   - status: 400 to 599.
    ///   - body: As much of its body as was read.
    ///   - retryAfter: Its `retry-after` header.
    ///   - provider: The provider service's name, for messages that are the gateway's own.
    /// - Returns: The error for the client.
    func upstreamError(
        _ format: WireFormat,
        status: Int,
        body: ByteBuffer,
        retryAfter: String?,
        provider: String
    ) -> GatewayError

    /// Whether an upstream's error says that it does not know opaque state which the request replays: a signature, an encrypted thought.
    func refusesState(_ error: GatewayError, from format: WireFormat) -> Bool

    /// An upstream's error in the words, and with the status, by which clients of this API know what it means; one of an upstream of the same format is unchanged.
    func rephrased(_ error: GatewayError, for apiType: APIType) -> GatewayError

    /// The stream that tells an error of a call of which nothing has been sent, where clients of its API know the error only from within one; nil elsewhere.
    func failedStream(
        _ error: GatewayError,
        of envelope: RequestEnvelope,
        answer: AnswerIdentity
    ) -> (contentType: String, body: ByteBuffer)?

    /// Writes an error as clients of this API expect it, with `error_code` and `message` at the top level as well.
    func errorBody(_ error: GatewayError, for apiType: APIType?, requestID: String) -> ByteBuffer
}

extension Translator {
    /// Opens a request: once for each call, whatever happens to it.
    package func open(_ envelope: RequestEnvelope) -> OpenedRequest { OpenedRequest(envelope) }

    package func unmanagedPath(_ target: String) -> UnmanagedPath? { nil }

    package func unknownRoute(_ target: String) -> UnknownRoute { UnknownRoute() }

    /// What every answer with an error consists of, whoever sends it.
    package func errorAnswer(
        _ error: GatewayError,
        for apiType: APIType?,
        requestID: String
    ) -> (headers: HTTPHeaders, body: ByteBuffer) {
        var headers: HTTPHeaders = ["content-type": "application/json", "x-request-id": requestID]
        for (name, value) in error.headers { headers.add(name: name, value: value) }
        return (headers, errorBody(error, for: apiType, requestID: requestID))
    }

    package var modelLists: [any ModelListFormat] { [] }

    package func rephrased(_ error: GatewayError, for apiType: APIType) -> GatewayError { error }

    package func failedStream(
        _ error: GatewayError,
        of envelope: RequestEnvelope,
        answer: AnswerIdentity
    ) -> (contentType: String, body: ByteBuffer)? { nil }

    package func content(of request: OpenedRequest) -> [ContentSpan] { [] }

    package func maximumOutput(of request: RequestEnvelope) -> Int? { nil }

    package func replace(_ edits: [ContentEdit], in request: inout OpenedRequest) throws(GatewayError) {}
}

/// The upstream's side of a translation.
package struct TranslationTarget: Sendable {
    package var format: WireFormat
    /// The model's name in the vendor's terms.
    package var model: String
    /// What the model can do behind this API; a dialect asks this and not the name.
    package var capabilities: ModelCapabilities
    /// `max_tokens` where the format demands one and the client gave none.
    package var defaultMaximumOutput: Int
    /// Whose opaque state may be sent, and what the answer's state will be tagged with.
    package var origin: StateOrigin
    package var traits: UpstreamTraits
    /// The flags of the body's `anthropic_beta` that may go on.
    package var anthropicBeta: NameFilter
    /// What a request may not name.
    package var references = ReferenceRules.none
    /// Whether state that the upstream minted is wrapped although the answer is relayed, since another destination may get the next request.
    package var wrapsState = false
    package var recording = ResponseRecording.none
    /// Whether all opaque state of earlier turns is left out, since the target refused it.
    package var withholdsState = false
    /// Whether somebody looks at the steps of the answer: ``Translation/steps`` is set then.
    package var wantsSteps = false

    package init(
        format: WireFormat,
        model: String,
        capabilities: ModelCapabilities,
        defaultMaximumOutput: Int,
        origin: StateOrigin = StateOrigin(tag: 0),
        traits: UpstreamTraits = UpstreamTraits(),
        anthropicBeta: NameFilter = .all
    ) {
        self.format = format
        self.model = model
        self.capabilities = capabilities
        self.defaultMaximumOutput = defaultMaximumOutput
        self.origin = origin
        self.traits = traits
        self.anthropicBeta = anthropicBeta
    }

    package var limits: ModelLimits { capabilities.limits }
    package var mediaLimits: MediaLimits { capabilities.mediaLimits }
}

/// What the gateway itself knows of an answer, for formats that demand it where the upstream's has nothing of the kind.
package struct AnswerIdentity: Sendable {
    /// The request's id, a UUID: the root of ids that an upstream did not give.
    package var requestID: String
    /// When the call began, in seconds since 1970 UTC.
    package var created: Int
    private let clock: (@Sendable () -> Int)?

    /// The time of an event of the answer, in seconds since 1970 UTC.
    package var now: Int { clock?() ?? created }

    /// Without a clock, the time stands still, for tests and benchmarks that compare bytes.
    package init(requestID: String, created: Int, clock: (@Sendable () -> Int)? = nil) {
        self.requestID = requestID
        self.created = created
        self.clock = clock
    }
}

/// A request ready to go upstream.
package struct Translation: Sendable {
    /// The bodies of requests that come before ``body``, for an upstream that gives the answer in parts: `response` takes all answers in order, each with its head.
    package var earlierBodies: [[ByteBuffer]] = []
    /// The body in order; large untouched parts are slices of the client's own bytes.
    package var body: [ByteBuffer]
    package var isStreaming: Bool
    package var response: any ResponseTransform
    /// What reads the output of ``response`` as steps, for an ``AnswerReview``; nil where nobody asked for steps.
    package var steps: (any AnswerStepCodec)?
    /// Takes what the client gets of a reviewed answer, for ``ResponseTransform/recorded``: what later requests refer to is what the client has seen.
    package var recorder: (any ResponseTransform)?
    /// What the target cannot express and was left out, one short phrase each, for the header `x-gatehouse-dropped`.
    package var dropped: [String]
    /// Whether the request had opaque state that was left out because of ``TranslationTarget/withholdsState``.
    package var withheldState = false

    package init(body: [ByteBuffer], isStreaming: Bool, response: any ResponseTransform, dropped: [String] = []) {
        self.body = body
        self.isStreaming = isStreaming
        self.response = response
        self.dropped = dropped
    }
}
