// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON

/// An issuer outside, whose tokens the gateway takes for its own.
package struct TrustedIssuer: Sendable, Equatable {
    /// The longest token, in bytes.
    package static let maximumTokenLength = 16 << 10
    /// The most groups of somebody.
    package static let maximumGroups = 256
    /// By how much its clock and ours may differ, in seconds.
    package static let leeway: Int64 = 60

    /// How a token may be signed; all of them with a key whose other half only the issuer has.
    package enum Algorithm: String, Sendable, CaseIterable {
        case rs256 = "RS256"
        case rs384 = "RS384"
        case rs512 = "RS512"
        case ps256 = "PS256"
        case ps384 = "PS384"
        case ps512 = "PS512"
        case es256 = "ES256"
        case es384 = "ES384"
        case es512 = "ES512"
        case edDSA = "EdDSA"

        /// The kind of key that it takes, as `kty` names it.
        var keyType: String {
            switch self {
            case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: "RSA"
            case .es256, .es384, .es512: "EC"
            case .edDSA: "OKP"
            }
        }
    }

    /// The claim `iss`, exactly.
    package var url: String
    /// Of these the claim `aud` must name one.
    package var audiences: [String]
    /// The claim that says who it is.
    package var subjectClaim: String
    /// What its subjects are.
    package var kind: Caller.Kind
    /// The claim that says in which groups; nil if it says nothing of groups.
    package var groupsClaim: String?
    package var algorithms: Set<Algorithm>

    package init(
        url: String,
        audiences: [String],
        subjectClaim: String = "sub",
        kind: Caller.Kind = .user,
        groupsClaim: String? = nil,
        algorithms: Set<Algorithm> = Set(Algorithm.allCases)
    ) {
        self.url = url
        self.audiences = audiences
        self.subjectClaim = subjectClaim
        self.kind = kind
        self.groupsClaim = groupsClaim
        self.algorithms = algorithms
    }

    /// The issuer that a token names, to know whose keys to fetch; nothing of the token is verified.
    package static func claimedIssuer(of token: String) -> String? {
        JSONWebToken(Array(token.utf8), maximumLength: maximumTokenLength)?.claims["iss"]?.string
    }

    /// The id of the key that a token names; nil if it names none.
    ///
    /// Nothing of the token is verified.
    package static func claimedKeyID(of token: String) -> String? {
        JSONWebToken(Array(token.utf8), maximumLength: maximumTokenLength)?.header["kid"]?.string
    }

    /// Verifies a token of this issuer.
    ///
    /// - Parameters:
    ///   - token: what a client showed.
    ///   - keys: the issuer's keys.
    ///   - now: microseconds since 1970 UTC.
    /// - Returns: whom it speaks for.
    /// - Throws: ``TokenError/Code/invalidGrant``, with nothing of the token but its times.
    package func subject(of token: String, keys: IssuerKeys, now: Int64) async throws(TokenError) -> TokenSubject {
        guard let parsed = JSONWebToken(Array(token.utf8), maximumLength: Self.maximumTokenLength) else {
            throw TokenError(.invalidGrant, "The subject token is not a JSON Web Token.")
        }
        guard let algorithm = parsed.header["alg"]?.string.flatMap(Algorithm.init), algorithms.contains(algorithm)
        else { throw TokenError(.invalidGrant, "The subject token is signed with an algorithm that is not allowed.") }
        guard parsed.claims["iss"]?.string == url else {
            throw TokenError(.invalidGrant, "The subject token is of an issuer that is not trusted.")
        }
        guard await keys.hasSigned(parsed, with: algorithm) else {
            throw TokenError(.invalidGrant, "The signature of the subject token does not fit a key of its issuer.")
        }
        try checkTimes(parsed, now: now / 1_000_000)
        let intended = parsed.claims.strings("aud", maximumCount: 64) ?? []
        guard audiences.contains(where: intended.contains) else {
            throw TokenError(.invalidGrant, "The subject token is not for this audience.")
        }
        return try subject(parsed)
    }

    private func checkTimes(_ token: JSONWebToken, now: Int64) throws(TokenError) {
        guard let expiry = token.claims.seconds("exp") else {
            throw TokenError(.invalidGrant, "The subject token has no `exp`, so that it would never end.")
        }
        guard now < expiry + Self.leeway else { throw TokenError(.invalidGrant, "The subject token has expired.") }
        for (name, value) in [("nbf", token.claims["nbf"]), ("iat", token.claims["iat"])] where value != nil {
            guard let time = token.claims.seconds(name == "nbf" ? "nbf" : "iat"), time <= now + Self.leeway else {
                throw TokenError(.invalidGrant, "The subject token is not valid yet: look at `\(name)` and the clocks.")
            }
        }
    }

    private func subject(_ token: JSONWebToken) throws(TokenError) -> TokenSubject {
        guard let name = token.claims[subjectClaim]?.string.flatMap(Self.name),
            ![PrincipalName.administrators, PrincipalName.everybody].contains(name)
        else {
            throw TokenError(.invalidGrant, "The subject token has no usable claim `\(subjectClaim)`.")
        }
        guard let groupsClaim, token.claims[groupsClaim] != nil else { return TokenSubject(name: name, kind: kind) }
        guard let groups = token.claims.strings(groupsClaim, maximumCount: Self.maximumGroups) else {
            throw TokenError(
                .invalidGrant,
                "The claim `\(groupsClaim)` of the subject token is not a list of at most \(Self.maximumGroups) names."
            )
        }
        // Nobody outside makes administrators.
        let reserved = [PrincipalName.administrators, PrincipalName.everybody]
        let names = Set(groups.compactMap(Self.name)).subtracting(reserved)
        return TokenSubject(name: name, kind: kind, groups: Array(names))
    }

    /// A name as principals have it; nil if it cannot be one.
    private static func name(_ text: String) -> String? {
        guard !text.isEmpty, text.count <= 255, text.utf8.count <= 1024, PrincipalName.isVisible(text) else {
            return nil
        }
        return PrincipalName.normalized(text)
    }
}
