// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
package import NIOCore

/// Reads one answer: the events of a stream, or a complete answer as the events that it would be.
package protocol StreamDecoder: Sendable {
    /// Reads an event's data and appends what it means, in the order that ``ModelEvent`` promises.
    ///
    /// The name of an event is not needed: where a format has names, the data repeats them.
    mutating func decode(_ data: ByteBuffer, into events: inout [ModelEvent]) throws(StreamFailure)

    /// Takes the end of the body: the end of the answer, if nothing but its last event is missing.
    mutating func finish(into events: inout [ModelEvent]) throws(StreamFailure)

    /// Reads a complete answer and appends what it means, its end included.
    mutating func decode(answer: JSONValue, into events: inout [ModelEvent]) throws(StreamFailure)

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

extension StreamFailure {
    /// The error that an answer ends with.
    var error: GatewayError {
        switch self {
        case .reported(let error): error
        case .unreadable(let cause): .unreadableAnswer(cause)
        }
    }
}

/// Writes the events of one stream.
package protocol StreamEncoder: Sendable {
    /// Writes what an event means to this format's clients; often nothing.
    mutating func encode(_ event: ModelEvent, into output: inout ByteBuffer)

    /// Writes the end of a stream that fails, for formats that tell then what there was of the answer.
    ///
    /// - Returns: False if the error of the dialect is to be written instead.
    mutating func encodeFailure(_ error: GatewayError, into output: inout ByteBuffer) -> Bool
}

extension StreamEncoder {
    package mutating func encodeFailure(_ error: GatewayError, into output: inout ByteBuffer) -> Bool { false }
}
