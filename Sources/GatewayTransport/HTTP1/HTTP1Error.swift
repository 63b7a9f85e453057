// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What is wrong with an HTTP/1.1 message.
///
/// The connection cannot be used any further.
package enum HTTP1Error: Error, Sendable, Equatable {
    case headTooLarge
    case tooManyFields
    case badStartLine
    /// A client speaks TLS to a port that does not.
    case tlsHandshake
    case badHeaderLine
    case badHost
    case badContentLength
    case badTransferEncoding
    case unsupportedTransferEncoding
    case unsupportedVersion
    case badChunk
    /// An upstream announced its answer again and again.
    case tooManyInterimHeads
    /// A client took too long to send its head.
    case slowHead
    /// Clients are sending more large heads than the gateway has room for.
    case tooManyHeads
    /// An upstream ended its connection before its message was complete.
    case endedEarly

    /// The status for a client whose request is wrong in this way.
    package var status: Int {
        switch self {
        case .headTooLarge, .tooManyFields: 431
        case .slowHead: 408
        case .tooManyHeads: 503
        case .unsupportedTransferEncoding: 501
        case .unsupportedVersion: 505
        default: 400
        }
    }

    /// What is wrong, in words.
    package var message: String {
        switch self {
        case .headTooLarge: "The request head is too large. Send fewer or shorter headers."
        case .tooManyFields:
            "There are more than \(HTTP1HeadReader.maximumFields) header or trailer fields. Send fewer."
        case .tlsHandshake:
            "This port speaks plain HTTP, and the client began with TLS. Use http:// in the URL, or set `server.tls`."
        case .badStartLine: "The start line is not valid HTTP/1.1, or does not end with CRLF."
        case .badHeaderLine: "A header line is not valid HTTP/1.1, or does not end with CRLF."
        case .badHost: "The request needs exactly one valid Host header."
        case .badContentLength: "The Content-Length header is not valid."
        case .badTransferEncoding: "A message has either Content-Length or a chunked Transfer-Encoding, not both."
        case .unsupportedTransferEncoding: "The only transfer coding that is supported is chunked."
        case .unsupportedVersion: "The only versions that are supported are HTTP/1.1 and HTTP/1.0."
        case .badChunk: "A chunk of the body is not valid HTTP/1.1."
        case .tooManyInterimHeads: "There are too many interim responses (1xx) before the response."
        case .slowHead: "The request head did not arrive in time."
        case .tooManyHeads: "Too many large request heads are arriving at once. Try again in a moment."
        case .endedEarly: "The message ended before it was complete."
        }
    }
}
