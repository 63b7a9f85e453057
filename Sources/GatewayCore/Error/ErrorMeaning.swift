// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What an upstream's error means, whatever words the vendor has for it.
///
/// Each dialect reads its vendor's words into one of these and has words of its own for it: so an agent that recognises an error of its own vendor recognises it
/// from every other one.
package enum ErrorMeaning: Sendable, CaseIterable {
    /// The prompt, with the output that was asked for, is longer than the model's context.
    case contextTooLong
    /// The prompt or the answer is against a policy of the vendor.
    case contentPolicy
    /// An image cannot be read.
    case imageUnreadable
    /// The body is larger than the vendor takes.
    case requestTooLarge
    /// The vendor has no such model.
    case modelNotFound
    /// The account has no money or no quota left; waiting does not help.
    case quotaExhausted
    /// Too many requests or tokens for now.
    case rateLimited
    /// The vendor is too busy.
    case overloaded
    /// The vendor took too long.
    case timedOut
    /// The vendor does not know the credential.
    case badCredential
    /// The credential may not do this.
    case permissionDenied
    /// Something in the request is wrong, and nothing more is known.
    case invalidRequest
    /// Something that the request names does not exist.
    case notFound
    /// The vendor failed.
    case serverFailure

    /// Whether it says no more than a status does.
    package var isGeneric: Bool {
        switch self {
        case .permissionDenied, .invalidRequest, .notFound, .serverFailure: true
        default: false
        }
    }

    /// The status of an error inside a stream, where no status line says one.
    package var httpStatus: Int {
        switch self {
        case .contextTooLong, .contentPolicy, .imageUnreadable, .invalidRequest: 400
        case .badCredential: 401
        case .permissionDenied: 403
        case .modelNotFound, .notFound: 404
        case .requestTooLarge: 413
        case .quotaExhausted, .rateLimited: 429
        case .serverFailure: 500
        case .overloaded: 503
        case .timedOut: 504
        }
    }

    /// What an error status means by itself.
    package init(status: Int) {
        switch status {
        case 401: self = .badCredential
        case 402: self = .quotaExhausted
        case 403: self = .permissionDenied
        case 404: self = .notFound
        case 408, 504: self = .timedOut
        case 413: self = .requestTooLarge
        // 424 is Bedrock's `ModelErrorException`: the model behind it failed.
        case 424: self = .serverFailure
        case 429: self = .rateLimited
        case 400..<500: self = .invalidRequest
        case 503, 529: self = .overloaded
        default: self = .serverFailure
        }
    }
}
