// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
import GatewayCore
import GatewayIdentity
import GatewayJSON
import NIOCore
import Testing

@Suite("Tokens of trusted issuers")
struct TrustedIssuerTests {
    private static let seconds: Int64 = 1_700_000_000
    private let now = seconds * 1_000_000
    private let key = P256.Signing.PrivateKey()
    private let issuer = TrustedIssuer(
        url: "https://idp.example",
        audiences: ["gatehouse", "other"],
        groupsClaim: "groups"
    )

    private func jwk(_ key: P256.Signing.PublicKey, id: String? = "k1", more: String = "") -> String {
        let bytes = Array(key.rawRepresentation)
        let (x, y) = (Base64URL.encode(bytes[..<32]), Base64URL.encode(bytes[32...]))
        let id = id.map { #""kid":"\#($0)","# } ?? ""
        return #"{"kty":"EC","crv":"P-256",\#(id)\#(more)"x":"\#(x)","y":"\#(y)"}"#
    }

    private func keys(_ keys: String...) throws -> IssuerKeys {
        try IssuerKeys(jwks: ByteBuffer(string: #"{"keys":[\#(keys.joined(separator: ","))]}"#))
    }

    private func parts(_ claims: String = "", header: String = #""alg":"ES256","kid":"k1""#) -> TokenParts {
        let times = #""iat":\#(Self.seconds),"exp":\#(Self.seconds + 600)"#
        let more = claims.isEmpty ? "" : ",\(claims)"
        return TokenParts(
            header: "{\(header)}",
            claims: #"{"iss":"https://idp.example","aud":"gatehouse","sub":"alice@example.com",\#(times)\#(more)}"#
        )
    }

    private func refusal(
        _ token: String,
        _ issuer: TrustedIssuer? = nil,
        keys: IssuerKeys? = nil,
        at now: Int64? = nil
    ) async throws -> TokenError? {
        let keys = try keys ?? self.keys(jwk(key.publicKey))
        do throws(TokenError) {
            _ = try await (issuer ?? self.issuer).subject(of: token, keys: keys, now: now ?? self.now)
            return nil
        } catch {
            #expect(error.code == .invalidGrant)
            return error
        }
    }

    @Test("A token says who somebody is and in which groups")
    func subject() async throws {
        let keys = try keys(jwk(key.publicKey))
        let token = try parts(#""groups":["b","a","a"]"#).signed(with: key)
        #expect(
            try await issuer.subject(of: token, keys: keys, now: now)
                == TokenSubject(name: "alice@example.com", kind: .user, groups: ["a", "b"])
        )
        #expect(TrustedIssuer.claimedIssuer(of: token) == "https://idp.example")
        #expect(TrustedIssuer.claimedKeyID(of: token) == "k1")
        let plain = try parts().signed(with: key)
        #expect(try await issuer.subject(of: plain, keys: keys, now: now).groups == [])
        let one = try parts(#""groups":"x""#).signed(with: key)
        #expect(try await issuer.subject(of: one, keys: keys, now: now).groups == ["x"])
    }

    @Test("The claim of the subject and what it is are the issuer's settings")
    func settings() async throws {
        var robots = issuer
        robots.subjectClaim = "https://idp.example/app"
        robots.kind = .servicePrincipal
        robots.groupsClaim = nil
        let token = try parts(#""https://idp.example/app":"3f2a","groups":["a"]"#).signed(with: key)
        #expect(
            try await robots.subject(of: token, keys: keys(jwk(key.publicKey)), now: now)
                == TokenSubject(name: "3f2a", kind: .servicePrincipal)
        )
    }

    @Test("Nobody outside makes administrators, or is called like a group that there always is")
    func reserved() async throws {
        let keys = try keys(jwk(key.publicKey))
        let token = try parts(#""groups":["admins","account users","x","\u200b",""]"#).signed(with: key)
        #expect(try await issuer.subject(of: token, keys: keys, now: now).groups == ["x"])
        for name in ["admins", "account users", "", "a\\u200bb", "a\\nb"] {
            var parts = parts()
            parts.claims = parts.claims.replacing("alice@example.com", with: name)
            #expect(try await refusal(parts.signed(with: key)) != nil)
        }
    }

    @Test("Names are of one normal form")
    func normalForm() async throws {
        var parts = parts()
        parts.claims = parts.claims.replacing("alice@example.com", with: "Ame\u{301}lie")
        let subject = try await issuer.subject(of: parts.signed(with: key), keys: keys(jwk(key.publicKey)), now: now)
        #expect(Array(subject.name.unicodeScalars) == Array("Am\u{E9}lie".unicodeScalars))
    }

    @Test("It is valid from its first second to its last, give or take a minute")
    func times() async throws {
        let token = try parts(#""nbf":\#(Self.seconds)"#).signed(with: key)
        #expect(try await refusal(token, at: (Self.seconds + 659) * 1_000_000) == nil)
        #expect(try await refusal(token, at: (Self.seconds + 660) * 1_000_000) != nil)
        #expect(try await refusal(token, at: (Self.seconds - 60) * 1_000_000) == nil)
        #expect(try await refusal(token, at: (Self.seconds - 61) * 1_000_000) != nil)
        for (old, new) in [
            (#""exp":"#, #""x":"#), (#""exp":"#, #""exp":"1","x":"#), (#""exp":"#, #""exp":null,"x":"#),
            (#""iat":"#, #""iat":"1","x":"#), (#""iat":"#, #""nbf":9999999999,"iat":"#),
            (#""iat":"#, #""nbf":{},"iat":"#),
        ] {
            var parts = parts()
            parts.claims = parts.claims.replacing(old, with: new)
            #expect(try await refusal(parts.signed(with: key)) != nil, "\(new)")
        }
        // Times may have fractions.
        var fraction = parts()
        fraction.claims = fraction.claims.replacing(#""iat":1700000000"#, with: #""iat":1700000000.25"#)
        #expect(try await refusal(fraction.signed(with: key)) == nil)
    }

    @Test("The audience must be one of ours, alone or in a list")
    func audience() async throws {
        for (audience, isAccepted) in [
            (#""gatehouse""#, true), (#""other""#, true), (#"["x","gatehouse"]"#, true), (#""x""#, false),
            ("[]", false),
            (#"["x"]"#, false), ("null", false), ("7", false), (#"["gatehouse",7]"#, false), (#""Gatehouse""#, false),
            (#""gatehouse ""#, false), (#"{"gatehouse":1}"#, false),
        ] {
            var parts = parts()
            parts.claims = parts.claims.replacing(#""gatehouse""#, with: audience)
            #expect(try await (refusal(parts.signed(with: key)) == nil) == isAccepted, "\(audience)")
        }
        var nobody = issuer
        nobody.audiences = []
        #expect(try await refusal(parts().signed(with: key), nobody) != nil)
    }

    @Test("The issuer must be the very one")
    func issuers() async throws {
        for other in [
            "https://idp.example/", "https://IDP.example", "http://idp.example", "", "https://idp.example.evil",
        ] {
            var parts = parts()
            parts.claims = parts.claims.replacing("https://idp.example", with: other)
            #expect(try await refusal(parts.signed(with: key)) != nil)
        }
    }

    @Test("Tampering with any part is found")
    func tampering() async throws {
        let token = try parts(#""groups":["a"]"#).signed(with: key)
        let bytes = Array(token.utf8)
        for index in stride(from: 0, to: bytes.count, by: 3) {
            var changed = bytes
            changed[index] ^= 1
            #expect(try await refusal(String(decoding: changed, as: UTF8.self)) != nil)
        }
        for text in ["", "a.b", "a.b.c", "..", token + ".", String(repeating: "x", count: 17 << 10)] {
            #expect(try await refusal(text) != nil)
        }
        var twice = parts()
        twice.claims = twice.claims.replacing("{", with: #"{"sub":"root","#)
        #expect(try await refusal(twice.signed(with: key)) != nil)
    }

    @Test("A token of another key, or that names another, is refused; one that names none may be of any")
    func keyIDs() async throws {
        let other = P256.Signing.PrivateKey()
        #expect(try await refusal(parts().signed(with: other)) != nil)
        let unknown = parts(header: #""alg":"ES256","kid":"k2""#)
        #expect(try await refusal(unknown.signed(with: key)) != nil)
        let none = parts(header: #""alg":"ES256""#)
        #expect(try await refusal(none.signed(with: key)) == nil)
        let both = try keys(jwk(other.publicKey, id: "k0"), jwk(key.publicKey), jwk(other.publicKey))
        #expect(both.count == 3)
        #expect(both.hasKey("k0"))
        #expect(!both.hasKey("k2"))
        #expect(try await refusal(none.signed(with: other), keys: both) == nil)
        #expect(try await refusal(parts().signed(with: key), keys: both) == nil)
        #expect(try await refusal(parts().signed(with: other), keys: both) == nil)
        let odd = parts(header: #""alg":"ES256","kid":7"#)
        #expect(try await refusal(odd.signed(with: key)) != nil)
        let nameless = try keys(jwk(key.publicKey, id: nil))
        #expect(try await refusal(none.signed(with: key), keys: nameless) == nil)
    }

    @Test("`none`, HMAC with a public key, and algorithms that are not allowed are refused")
    func algorithms() async throws {
        for name in ["none", "None", "HS256", "HS512", "ES384", "RS256", "EdDSA", "", "es256"] {
            var parts = parts(header: #""alg":"\#(name)","kid":"k1""#)
            #expect(try await refusal(parts.signed(with: key)) != nil)
            #expect(try await refusal(parts.signed + ".") != nil)
            for secret in [Array(key.publicKey.rawRepresentation), Array(key.publicKey.pemRepresentation.utf8)] {
                parts.signature = Array(
                    HMAC<SHA256>.authenticationCode(for: Array(parts.signed.utf8), using: SymmetricKey(data: secret))
                )
                #expect(try await refusal(parts.token) != nil)
            }
        }
        var strict = issuer
        strict.algorithms = [.rs256]
        #expect(try await refusal(parts().signed(with: key), strict) != nil)
        let forOthers = try keys(jwk(key.publicKey, more: #""alg":"ES384","#))
        #expect(try await refusal(parts().signed(with: key), keys: forOthers) != nil)
        let forEncryption = try keys(jwk(key.publicKey, more: #""use":"enc","#))
        #expect(forEncryption.count == 0)
        let secret = #"{"kty":"oct","kid":"k1","k":"\#(Base64URL.encode(key.publicKey.rawRepresentation))"}"#
        #expect(try keys(secret).count == 0)
    }

    @Test(
        "Tokens of RSA, of all curves and of EdDSA are verified",
        arguments: [TrustedIssuer.Algorithm.rs256, .rs512, .ps256, .ps384, .es256, .es384, .es512, .edDSA]
    )
    func otherKeys(algorithm: TrustedIssuer.Algorithm) async throws {
        let foreign = try ForeignKey(algorithm)
        let token = try foreign.sign(parts(header: #""alg":"\#(algorithm.rawValue)","kid":"k1""#))
        let keys = try keys(foreign.jwk)
        #expect(keys.count == 1)
        #expect(try await issuer.subject(of: token, keys: keys, now: now).name == "alice@example.com")
        // The same key does not verify what claims another algorithm.
        var parts = TokenParts(token)
        parts.header = parts.header.replacing(algorithm.rawValue, with: algorithm == .rs256 ? "RS384" : "RS256")
        #expect(try await refusal(parts.token, keys: keys) != nil)
    }

    @Test("Documents of keys that are too large, too many or none are refused; unusable keys are left out")
    func documents() throws {
        for text in ["", "[]", "{}", #"{"keys":{}}"#, "nope", #"{"keys":[}"#] {
            #expect(throws: IssuerKeys.DecodingError.self) { try IssuerKeys(jwks: ByteBuffer(string: text)) }
        }
        let many = Array(repeating: jwk(key.publicKey), count: 101).joined(separator: ",")
        #expect(throws: IssuerKeys.DecodingError.self) { try keys(many) }
        let long = #"{"kty":"\#(String(repeating: "x", count: 1 << 20))"}"#
        #expect(throws: IssuerKeys.DecodingError.self) { try keys(long) }
        let weak = Base64URL.encode([0x80] + Array(repeating: UInt8(1), count: 127))
        let huge = Base64URL.encode([0x80] + Array(repeating: UInt8(1), count: 2047))
        #expect(
            try keys(
                "7",
                "null",
                "{}",
                #"{"kty":"EC"}"#,
                #"{"kty":"EC","crv":"P-257","x":"AA","y":"AA"}"#,
                #"{"kty":7}"#,
                #"{"kty":"RSA","n":"\#(weak)","e":"AQAB"}"#,
                #"{"kty":"RSA","n":"\#(huge)","e":"AQAB"}"#,
                #"{"kty":"RSA","n":"!","e":"AQAB"}"#,
                #"{"kty":"RSA"}"#
            )
            .count <= 1
        )
        // One bad key does not spoil the others.
        #expect(try keys("{}", jwk(key.publicKey), "7").hasKey("k1"))
    }

    @Test("Too many groups are refused, rather than some of them dropped")
    func manyGroups() async throws {
        func groups(_ count: Int) -> String { (0..<count).map { #""g\#($0)""# }.joined(separator: ",") }
        #expect(try await refusal(parts(#""groups":[\#(groups(257))]"#).signed(with: key)) != nil)
        #expect(try await refusal(parts(#""groups":[\#(groups(256))]"#).signed(with: key)) == nil)
        #expect(try await refusal(parts(#""groups":[1]"#).signed(with: key)) != nil)
        #expect(try await refusal(parts(#""groups":{"a":1}"#).signed(with: key)) != nil)
    }
}
