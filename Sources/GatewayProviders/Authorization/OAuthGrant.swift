// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// A way to get an access token from an OAuth 2.0 token endpoint.
protocol OAuthGrant: Sendable {
    /// The token endpoint.
    var endpoint: UpstreamAddress { get }

    /// The body of one request for a token, as a form.
    ///
    /// - Parameter now: Seconds since 1970 UTC.
    /// - Returns: The form's fields, in order.
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if the credential cannot be used.
    func form(now: Int64) throws(GatewayError) -> [(name: String, value: String)]
}

/// An access token and its times, in seconds since 1970 UTC.
struct OAuthToken: Sendable, Equatable {
    /// Printable ASCII without spaces.
    var value: String
    /// When it came.
    var start: Int64
    /// When it ends.
    var end: Int64
}
