// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A stored access token, without its secret.
package struct AccessToken: Sendable, Equatable {
    /// Public id, a UUID; what `token list` shows and `token revoke` takes.
    package var id: String
    /// SHA-256 of the secret, 32 bytes.
    package var hash: [UInt8]
    /// Whose it is.
    package var principal: String
    package var kind: Caller.Kind
    package var isAdministrator: Bool
    package var comment: String?
    /// Microseconds since 1970 UTC.
    package var createdAt: Int64
    /// Microseconds since 1970 UTC; nil never.
    package var expiresAt: Int64?

    package init(
        id: String,
        hash: [UInt8],
        principal: String,
        kind: Caller.Kind,
        isAdministrator: Bool,
        comment: String? = nil,
        createdAt: Int64,
        expiresAt: Int64? = nil
    ) {
        self.id = id
        self.hash = hash
        self.principal = principal
        self.kind = kind
        self.isAdministrator = isAdministrator
        self.comment = comment
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// Where access tokens survive.
package protocol AccessTokenStore: Sendable {
    /// Every token that is not revoked, expired ones included.
    func accessTokens() throws -> [AccessToken]
    /// Adds a token.
    func insert(_ token: AccessToken) throws
    /// Removes a token.
    ///
    /// - Returns: whether there was one.
    func revokeAccessToken(id: String) throws -> Bool
    /// A number that changes whenever any process has changed the tokens.
    func accessTokenVersion() throws -> Int
}
