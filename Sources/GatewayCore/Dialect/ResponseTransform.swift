// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// Turns an upstream's successful answer, as its bytes arrive, into the client's, and notes what it saw on the way.
///
/// A value with no I/O: relays and translations, whole answers and streams are all of this shape. Bytes may be cut anywhere; the output does not depend on where.
/// It buffers no more than one event of a stream, or a whole answer of at most ``maximumWholeAnswer`` bytes where it must be rebuilt.
package protocol ResponseTransform: Sendable {
    /// The content type of the output; nil keeps the upstream's.
    var contentType: String? { get }

    /// Whether the length of the output equals the length of the input, so that `content-length` can be kept.
    var keepsLength: Bool { get }

    /// Takes the head of an answer, before its bytes.
    ///
    /// Comes once, or once for each request of a ``Translation`` that asks for an answer in parts; it ends the part before.
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if the part before is not what the format allows.
    mutating func begin(_ head: UpstreamHead) throws(GatewayError)

    /// Takes the next bytes of the answer.
    ///
    /// - Returns: What can go to the client now; often empty. May share memory with `bytes`.
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if the bytes are not what the format allows or are too many.
    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer

    /// Takes the end of the upstream's body.
    ///
    /// - Returns: The rest of the output.
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if the answer is not complete: a stream without its terminal event, a body that is not JSON.
    mutating func finish() throws(GatewayError) -> ByteBuffer

    /// Ends a stream that has begun with an error in the client's dialect, in place of ``finish()``.
    mutating func fail(_ error: GatewayError) -> ByteBuffer

    /// What was seen so far.
    var observation: ResponseObservation { get }

    /// Whether what went out last may hold an error in the upstream's own words; such pieces are looked through for credentials.
    ///
    /// Asked at each piece, so it must take no time.
    var mayQuoteError: Bool { get }

    /// What was recorded for later requests; nil before ``finish()``, or where nothing was to be recorded or can be.
    var recorded: RecordedResponse? { get }
}

extension ResponseTransform {
    /// The largest whole answer that is rebuilt, in bytes.
    package static var maximumWholeAnswer: Int { 64 << 20 }

    package var recorded: RecordedResponse? { nil }

    package var mayQuoteError: Bool { observation.error != nil }

    package mutating func begin(_ head: UpstreamHead) throws(GatewayError) {}
}

/// What a ``ResponseTransform`` has seen of an answer.
package struct ResponseObservation: Sendable, Equatable {
    /// As reported so far.
    package var usage = TokenUsage()
    /// UTF-8 bytes of text, reasoning and tool arguments delivered so far: the basis of an estimate where the upstream reports no usage.
    package var contentBytes = 0
    /// Whether any content has been seen; before it, an error may still lead to another destination.
    package var hasContent = false
    /// Whether the vendor's terminal event (or the end of a whole answer) has been seen.
    package var isComplete = false
    /// An error that the upstream reported inside a successful answer.
    package var error: GatewayError?
    /// The service tier that the upstream reported.
    package var serviceTier: String?

    package init() {}
}
