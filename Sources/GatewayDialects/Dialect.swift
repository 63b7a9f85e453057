// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
package import NIOCore

/// A wire format: how it is relayed unchanged, and how its errors look.
///
/// A dialect is pure: bytes in, values out. It opens no connection and reads no clock, so everything it does can be pinned by a fixture. One that clients may
/// use for models of other vendors is a ``ClientDialect`` too, one that an upstream may be asked in for other clients an ``UpstreamDialect``.
/// The suite `DialectConformance` is what every implementation passes.
package protocol Dialect: Sendable {
    /// The format that this is.
    var format: WireFormat { get }

    /// What to change in a body that stays in this format, the model apart.
    ///
    /// - Returns: Edits in order of position, and whether usage is asked for on the gateway's own behalf and must be hidden from the client.
    /// - Throws: ``GatewayError/Code/invalidRequest`` if a member that the gateway acts on is broken or repeated.
    func relayEdits(for envelope: RequestEnvelope) throws(GatewayError) -> RelayEdits

    /// Whether bodies name the model.
    var namesModelInBody: Bool { get }

    /// What passes an answer on unchanged and notes what it sees.
    func makeRelay(for relay: RelayContext) -> any ResponseTransform

    /// Writes an error answer, with the members that every gateway error has at its top level.
    func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer

    /// Writes the event that ends a stream with an error.
    func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer
}

extension Dialect {
    package var namesModelInBody: Bool { true }

    package func relayEdits(for envelope: RequestEnvelope) throws(GatewayError) -> RelayEdits { RelayEdits() }
}

/// A format whose clients may ask for models that do not speak it.
package protocol ClientDialect: Dialect {
    /// Reads a client's request; `dropped` takes the names of members that no target could serve.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest``, naming the member that is wrong.
    func decodeRequest(
        _ envelope: RequestEnvelope,
        model: String,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ModelRequest

    /// Writes a complete answer.
    func encodeResponse(_ response: ModelResponse, for answer: AnswerContext) -> ByteBuffer

    /// Starts writing one stream.
    func makeStreamEncoder(for answer: AnswerContext) -> any StreamEncoder
}

/// A format in which an upstream may be asked on behalf of clients that do not speak it.
package protocol UpstreamDialect: Dialect {
    /// Writes a request; `dropped` takes the names of members that this format cannot express.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if leaving something out would not do.
    func encodeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ByteBuffer

    /// Reads a complete answer.
    ///
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if it is not one; an error inside it as ``GatewayError`` says.
    func decodeResponse(_ body: JSONValue, for answer: AnswerContext) throws(GatewayError) -> ModelResponse

    /// Starts reading one stream.
    func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder
}

/// Reads the events of one stream.
package protocol StreamDecoder: Sendable {
    /// Reads an event's data and appends what it means, in the order that ``ModelEvent`` promises.
    ///
    /// The name of an event is not needed: where a format has names, the data repeats them.
    mutating func decode(_ data: ByteBuffer, into events: inout [ModelEvent]) throws(StreamFailure)

    /// Takes the end of the body, for formats whose streams simply end; the others do nothing.
    mutating func finish(into events: inout [ModelEvent])

    /// The service tier that the upstream reported.
    var serviceTier: String? { get }
}

/// Why the events of a stream cannot be read on.
package enum StreamFailure: Error {
    /// The upstream says that it failed.
    case reported(GatewayError)
    /// The bytes are not what the format allows.
    case unreadable(cause: String)
}

/// Writes the events of one stream.
package protocol StreamEncoder: Sendable {
    /// Writes what an event means to this format's clients; often nothing.
    mutating func encode(_ event: ModelEvent, into output: inout ByteBuffer)
}

/// What an answer's codecs know of the call.
package struct AnswerContext: Sendable {
    /// Which variant of its wire format the client asked for.
    package var apiType: APIType
    package var identity: AnswerIdentity
    /// The model's name in the vendor's terms, for answers that do not say it.
    package var model: String
    /// Whether a streaming client asked for usage at the end.
    package var includesUsage: Bool
    /// The estimate of the prompt's tokens, where the client gets figures before the upstream reports any.
    package var estimatedInput: Int

    package init(
        apiType: APIType,
        identity: AnswerIdentity,
        model: String,
        includesUsage: Bool = false,
        estimatedInput: Int = 0
    ) {
        self.apiType = apiType
        self.identity = identity
        self.model = model
        self.includesUsage = includesUsage
        self.estimatedInput = estimatedInput
    }
}

/// What a relay's transform knows of the call.
package struct RelayContext: Sendable {
    package var apiType: APIType
    package var isStreaming: Bool
    package var requestID: String
    /// Whether usage was asked for on the gateway's own behalf and must be hidden from the client.
    package var hidesUsage: Bool
    /// For Gemini: whether the client wants server-sent events rather than a JSON array.
    package var wantsServerSentEvents: Bool
    /// The estimate of the prompt's tokens, where the client gets figures before the upstream reports any.
    package var estimatedInput: Int

    package init(
        apiType: APIType,
        isStreaming: Bool,
        requestID: String,
        hidesUsage: Bool,
        wantsServerSentEvents: Bool,
        estimatedInput: Int
    ) {
        self.apiType = apiType
        self.isStreaming = isStreaming
        self.requestID = requestID
        self.hidesUsage = hidesUsage
        self.wantsServerSentEvents = wantsServerSentEvents
        self.estimatedInput = estimatedInput
    }
}

/// How a body changes although it stays in its format.
package struct RelayEdits: Sendable {
    /// Replacements of values.
    package var edits: [JSONSplice.Edit] = []
    /// Members to add to the root, each `"key":value`.
    package var members: [StaticString] = []
    package var hidesUsage = false
    /// The estimate of the prompt's tokens, where the answer needs one.
    package var estimatedInput = 0
}

/// The names of what a target cannot express, for the header `x-gatehouse-dropped`.
package struct DroppedMembers: Sendable {
    package private(set) var names: [String] = []

    package init() {}

    /// Most names that are kept: the header that carries them is for people.
    private static let maximumNames = 32

    /// Notes a name once.
    package mutating func note(_ name: String) {
        guard names.count < Self.maximumNames, !names.contains(name) else { return }
        names.append(name)
    }
}
