// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import NIOCore

/// A way to get an access token from an OAuth 2.0 token endpoint.
package protocol OAuthGrant: Sendable {
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
package struct OAuthToken: Sendable, Equatable {
    /// Printable ASCII without spaces.
    package var value: String
    /// When it was received.
    package var start: Int64
    /// When it expires.
    package var end: Int64

    package init(value: String, start: Int64, end: Int64) {
        self.value = value
        self.start = start
        self.end = end
    }
}
