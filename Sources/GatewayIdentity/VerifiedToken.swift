// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Whom an access token of the gateway speaks for.
package struct TokenSubject: Sendable, Hashable {
    /// A service principal's application id, or a user's email address.
    package var name: String
    package var kind: Caller.Kind
    /// The groups that an outside issuer says somebody is in, beside those that the gateway knows; sorted.
    package var groups: [String]

    package init(name: String, kind: Caller.Kind, groups: [String] = []) {
        self.name = name
        self.kind = kind
        self.groups = groups.sorted()
    }
}

/// What an access token was issued for, so that it ends with it.
package enum TokenOrigin: Sendable, Hashable {
    /// A secret of a service principal, by its id.
    case secret(String)
    /// A token of a trusted issuer, by the issuer's URL.
    case federation(String)
}

/// What a valid access token of the gateway says.
package struct VerifiedToken: Sendable, Hashable {
    package var subject: TokenSubject
    package var origin: TokenOrigin
    /// Microseconds since 1970 UTC, as every time here.
    package var issuedAt: Int64
    package var expiresAt: Int64

    package init(subject: TokenSubject, origin: TokenOrigin, issuedAt: Int64, expiresAt: Int64) {
        self.subject = subject
        self.origin = origin
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }
}
