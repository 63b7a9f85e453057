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
    /// What a credential is for.
    package enum Purpose: String, Sendable {
        /// Requests carry it.
        case token = "TOKEN"
        /// A service principal gets access tokens for it from the token endpoint; no request may carry it.
        case oauthSecret = "OAUTH_SECRET"
    }

    package var purpose: Purpose
    /// Who made it, by name; nil for a command on the gateway's own machine.
    package var createdBy: String?

    package init(
        id: String,
        hash: [UInt8],
        principal: String,
        kind: Caller.Kind,
        isAdministrator: Bool,
        comment: String? = nil,
        createdAt: Int64,
        expiresAt: Int64? = nil,
        createdBy: String? = nil,
        purpose: Purpose = .token
    ) {
        self.purpose = purpose
        self.id = id
        self.hash = hash
        self.principal = principal
        self.kind = kind
        self.isAdministrator = isAdministrator
        self.comment = comment
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.createdBy = createdBy
    }
}

/// Where access tokens survive.
package protocol AccessTokenStore: Store {
    /// Every token that is not revoked, expired ones included.
    func accessTokens() throws -> [AccessToken]

    /// Adds a token whose secret is shown to somebody first.
    ///
    /// The token is stored if and only if showing did not fail: a secret that nobody has seen would be lost.
    ///
    /// - Parameters:
    ///   - token: The token.
    ///   - record: What the audit log is to say of it, in the same transaction.
    ///   - isFirst: Whether it is wanted only as long as there is no other.
    ///   - show: Shows the secret; other processes wait meanwhile.
    /// - Returns: Whether it was added.
    /// - Throws: ``StorageError``, ``StorageError/Code/duplicate`` when there is one of that id or hash; or what `show` threw.
    func insert(
        _ token: AccessToken,
        record: AuditRecord,
        isFirst: Bool,
        showing show: () throws -> Void
    ) throws -> Bool

    /// Removes a token.
    ///
    /// - Parameters:
    ///   - id: The token's id.
    ///   - record: What the audit log is to say of it, in the same transaction; nothing where there is no such token.
    /// - Returns: Whether there was one.
    /// - Throws: ``StorageError``.
    func revokeAccessToken(id: String, record: AuditRecord) throws -> Bool

    /// A number that changes whenever any process has changed the tokens.
    func accessTokenVersion() throws -> Int
}

extension AccessTokenStore {
    /// Adds a token.
    ///
    /// - Throws: ``StorageError``; ``StorageError/Code/duplicate`` when there is one of that id or hash.
    package func insert(_ token: AccessToken, record: AuditRecord) throws {
        _ = try insert(token, record: record, isFirst: false, showing: {})
    }

    /// Whether somebody of that name has a token already that is of another kind.
    package func hasToken(of principal: String, ofOtherKindThan kind: Caller.Kind) throws -> Bool {
        try accessTokens().contains { token in
            token.kind != kind && PrincipalName.normalized(token.principal) == PrincipalName.normalized(principal)
        }
    }
}
