// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
package import NIOCore

/// A wire format.
///
/// A dialect is pure: bytes in, values out. It opens no connection and reads no clock, so everything it does can be pinned by a fixture. One that clients speak
/// is a ``RelayedDialect``, one that they may use for models of other vendors a ``ClientDialect``, one that an upstream may be asked in for other clients an
/// ``UpstreamDialect``. The suite `DialectConformance` is what every implementation passes.
package protocol Dialect: Sendable {
    /// The format that this is.
    var format: WireFormat { get }

    /// Whether an upstream's error says that it does not know opaque state which the request replays; false by default.
    func refusesState(_ error: GatewayError) -> Bool

    /// Which fields of requests hold what the model reads; none by default.
    var promptFields: PromptFields { get }

    /// By which words upstreams of this format say what their errors mean; none by default.
    var errorWords: ErrorWords { get }
}

extension Dialect {
    package var errorWords: ErrorWords { ErrorWords() }

    package var promptFields: PromptFields { .none }

    package func refusesState(_ error: GatewayError) -> Bool { false }
}

/// A format that clients speak: how it is relayed unchanged, and how its errors look.
package protocol RelayedDialect: Dialect {
    /// Where its clients call.
    var endpoints: [Endpoint] { get }

    /// The lists of models that its clients ask for; none by default.
    var modelLists: [any ModelListFormat] { get }

    /// How conversations replay opaque state; nil by default, where they hold none.
    var stateRules: StateRules? { get }

    /// What names the session that a request belongs to; nil by default, where the body says nothing of the kind.
    func session(of envelope: RequestEnvelope) -> String?

    /// What to change in a body that stays in this format, the model apart.
    ///
    /// - Returns: Edits in order of position, and whether usage is asked for on the gateway's own behalf and must be hidden from the client.
    /// - Throws: ``GatewayError/Code/invalidRequest`` if a member that the gateway acts on is broken or repeated.
    func relayEdits(for envelope: RequestEnvelope, to target: TranslationTarget) throws(GatewayError) -> RelayEdits

    /// Whether a request can go on unchanged to a target that speaks this format; false where something of it must be emulated.
    func canRelay(_ envelope: RequestEnvelope, to target: TranslationTarget) throws(GatewayError) -> Bool

    /// Whether bodies name the model.
    var namesModelInBody: Bool { get }

    /// What the pipeline must know of the APIs of this format; nothing by default.
    var clientTraits: ClientTraits { get }

    /// The most tokens that the answer to a request may have; nil where it does not say.
    func maximumOutput(of request: JSONScan) -> Int?

    /// What passes an answer on unchanged and notes what it sees.
    func makeRelay(for relay: RelayContext) -> any ResponseTransform

    /// Where answers have their ids, for upstreams that may give one twice; nil by default, where clients tell nothing apart by them.
    var answerIDs: AnswerIDs? { get }

    /// Where requests have their content; none by default.
    var content: ContentTable { get }

    /// What finds the steps of one answer in this format; by default each event is one step without text.
    func makeOutline() -> any AnswerOutline

    /// Puts this format's own words for what an upstream of another format reported: status, type, code, and what clients look for in the message.
    ///
    /// Nothing changes by default.
    func rephrase(_ error: inout GatewayError, _ meaning: ErrorMeaning)

    /// Writes an error answer, with the members that every gateway error has at its top level.
    func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer

    /// Writes the event that ends a stream with an error.
    func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer
}

extension RelayedDialect {
    package var modelLists: [any ModelListFormat] { [] }

    package var stateRules: StateRules? { nil }

    package func session(of envelope: RequestEnvelope) -> String? { nil }

    package var namesModelInBody: Bool { true }

    package var clientTraits: ClientTraits { ClientTraits() }

    package func maximumOutput(of request: JSONScan) -> Int? {
        for field in maximumOutputFields {
            // Most requests say it in one way, or not at all.
            if let value = try? request.unique(field) { return value.int }
        }
        return nil
    }

    package var answerIDs: AnswerIDs? { nil }

    package var content: ContentTable { .none }

    package func makeOutline() -> any AnswerOutline { OpaqueOutline() }

    package func rephrase(_ error: inout GatewayError, _ meaning: ErrorMeaning) {}

    /// An error as clients of this format know it; one of an upstream of the same format stays as it is.
    package func rephrased(_ error: GatewayError) -> GatewayError {
        guard let meaning = error.meaning, error.vendorFormat != format else { return error }
        var error = error
        rephrase(&error, meaning)
        return error
    }

    package func relayEdits(
        for envelope: RequestEnvelope,
        to target: TranslationTarget
    ) throws(GatewayError) -> RelayEdits { RelayEdits() }

    package func canRelay(_ envelope: RequestEnvelope, to target: TranslationTarget) throws(GatewayError) -> Bool {
        true
    }
}

/// A format whose clients may ask for models that do not speak it.
package protocol ClientDialect: RelayedDialect {
    /// What this format calls the parts of a request, for errors.
    var fieldNames: ClientFieldNames { get }

    /// Whether clients that asked for a stream know an error only from within one, although nothing has been sent; false by default.
    func tellsInStream(_ error: GatewayError) -> Bool

    /// Whether an answer reports usage whoever asks; true by default.
    func alwaysReportsUsage(_ apiType: APIType) -> Bool

    /// Reads a client's request; `dropped` takes the names of members that no target could serve.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest``, naming the member that is wrong.
    func decodeRequest(
        _ envelope: RequestEnvelope,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ModelRequest

    /// Writes a complete answer.
    ///
    /// The writer stops where the answer grows beyond the bound of the call.
    func writeResponse(_ response: ModelResponse, for answer: AnswerContext, into writer: inout JSONWriter)

    /// Starts writing one stream.
    func makeStreamEncoder(for answer: AnswerContext) -> any StreamEncoder

    /// The content type of a stream.
    func streamContentType(for answer: AnswerContext) -> String
}

extension ClientDialect {
    package var fieldNames: ClientFieldNames { ClientFieldNames() }

    package func tellsInStream(_ error: GatewayError) -> Bool { false }

    package func alwaysReportsUsage(_ apiType: APIType) -> Bool { true }

    /// A complete answer, of any size.
    package func encodeResponse(_ response: ModelResponse, for answer: AnswerContext) -> ByteBuffer {
        var writer = JSONWriter(capacity: 1024)
        writeResponse(response, for: answer, into: &writer)
        return writer.buffer
    }

    package func streamContentType(for answer: AnswerContext) -> String { "text/event-stream" }
}

/// A format in which an upstream may be asked on behalf of clients that do not speak it.
package protocol UpstreamDialect: Dialect {
    /// What this format can say to a target without help; the rest is emulated by ``Adaptations`` before ``encodeRequest(_:to:dropped:)`` sees the request.
    func features(of target: TranslationTarget) -> UpstreamFeatures

    /// Writes a request; `dropped` takes the names of members that this format cannot express.
    ///
    /// The writer stops where the request grows beyond ``ModelRequest/maximumBytes``; ``encodeRequest(_:to:dropped:)`` refuses it then. What is made on the way
    /// and copied into the writer must be bounded by what the writer still takes.
    /// - Throws: ``GatewayError/Code/invalidRequest`` if leaving something out would not do.
    func writeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError)

    /// What cuts one stream into the events that its decoder reads.
    func makeStreamFramer() -> any StreamFramer

    /// Starts reading one answer.
    func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder
}

extension UpstreamDialect {
    /// The body of a request.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` as ``writeRequest(_:to:into:dropped:)`` says, or if the body would have more than
    ///   ``ModelRequest/maximumBytes`` or more than ``JSONWriter/maximumDepth`` levels beside those that are copied.
    package func encodeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ByteBuffer {
        var writer = JSONWriter(capacity: request.estimatedBytes, maximumBytes: request.maximumBytes)
        try writeRequest(request, to: target, into: &writer, dropped: &dropped)
        if let excess = writer.excess { throw .stopped(writer, excess, of: request) }
        return writer.buffer
    }

    package func makeStreamFramer() -> any StreamFramer { EventFramer() }

    /// Reads a complete answer: the fold of its events.
    ///
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if it is not one; an error inside it as ``GatewayError`` says.
    package func decodeResponse(_ body: JSONValue, for answer: AnswerContext) throws(GatewayError) -> ModelResponse {
        var decoder = makeStreamDecoder(for: answer)
        var events: [ModelEvent] = []
        do throws(StreamFailure) {
            try decoder.decode(answer: body, into: &events)
        } catch {
            throw error.error
        }
        let empty = ModelResponse.Candidate(parts: [], finishReason: nil)
        var response = ModelResponse(candidates: [empty], usage: TokenUsage())
        response.fold(events)
        response.serviceTier = decoder.serviceTier
        return response
    }
}

/// What an upstream can do by itself of what clients may ask for.
package struct UpstreamFeatures: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Answers that follow a JSON Schema.
    package static let jsonSchema = UpstreamFeatures(rawValue: 1 << 0)
    /// Answers that are some JSON object.
    package static let jsonObject = UpstreamFeatures(rawValue: 1 << 1)
    /// Tools that are called with free text.
    package static let customTools = UpstreamFeatures(rawValue: 1 << 2)
    /// Tools in namespaces.
    package static let namespaces = UpstreamFeatures(rawValue: 1 << 3)
    /// The hosted tools of OpenAI's Responses.
    package static let responsesTools = UpstreamFeatures(rawValue: 1 << 4)
    /// Texts that end the answer.
    package static let stopSequences = UpstreamFeatures(rawValue: 1 << 5)
    /// Anthropic's marks of what to cache.
    package static let cacheControl = UpstreamFeatures(rawValue: 1 << 6)
    /// Names of tools of up to 128 bytes rather than 64.
    package static let longToolNames = UpstreamFeatures(rawValue: 1 << 7)
    /// Dots and colons in names of tools.
    package static let dottedToolNames = UpstreamFeatures(rawValue: 1 << 8)
}

/// Where the APIs say how long an answer may be.
private let maximumOutputFields: [StaticString] = ["max_completion_tokens", "max_tokens", "max_output_tokens"]
