// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
import GatewayCore
import GatewayIdentity
import GatewayJSON
import Testing

@Suite("The gateway's own access tokens")
struct AccessTokenTests {
    private let clock = ManualClock()
    private let keys: SigningKeys
    private let issuer = AccessTokenIssuer(issuer: "https://gw/oidc", audience: "gatehouse")
    private let verifier = AccessTokenVerifier(issuer: "https://gw/oidc", audience: "gatehouse", capacity: 64)
    private let subject = TokenSubject(name: "3f2a-0c1e", kind: .servicePrincipal, groups: ["b", "a"])
    private let token: String

    init() throws {
        keys = SigningKeys(now: clock.now)
        verifier.use(keys)
        token = try issuer.issue(to: subject, for: .secret("secret-1"), with: keys, now: clock.now).accessToken
    }

    private func verified(_ token: String, at offset: Int64 = 0) -> VerifiedToken? {
        verifier.verified(token.utf8, now: clock.now + offset)
    }

    @Test("A token says whom it speaks for, what it was issued for, and how long it lives")
    func claims() throws {
        let verified = try #require(self.verified(token))
        #expect(verified.subject == subject)
        #expect(verified.subject.groups == ["a", "b"])
        #expect(verified.origin == .secret("secret-1"))
        #expect(verified.issuedAt == clock.now)
        #expect(verified.expiresAt == clock.now + 3600 * ManualClock.second)
        let claims = TokenParts(token).claims
        for part in [#""sub":"3f2a-0c1e""#, #""aud":"gatehouse""#, #""scope":"all-apis""#, #""secret_id":"secret-1""#] {
            #expect(claims.contains(part))
        }
        let user = TokenSubject(name: "alice@example.com", kind: .user)
        let other = try issuer.issue(to: user, for: .federation("https://idp"), with: keys, now: clock.now).accessToken
        #expect(self.verified(other)?.subject == user)
        #expect(self.verified(other)?.origin == .federation("https://idp"))
    }

    @Test("The answer of the endpoint has the fields that OAuth names")
    func response() throws {
        let answer = try issuer.issue(to: subject, for: .secret("s"), with: keys, now: clock.now)
        #expect(answer.json["access_token"]?.string == answer.accessToken)
        #expect(answer.json["token_type"]?.string == "Bearer")
        #expect(answer.json["expires_in"]?.int == 3600)
        #expect(answer.json["scope"]?.string == "all-apis")
        #expect(answer.json["issued_token_type"] == nil)
        let exchanged = try issuer.issue(to: subject, for: .federation("x"), with: keys, now: clock.now)
        #expect(
            exchanged.json["issued_token_type"]?.string == "urn:ietf:params:oauth:token-type:access_token"
        )
    }

    @Test("A token that would be too long to be verified is not issued")
    func manyGroups() throws {
        func groups(_ count: Int) -> TokenSubject {
            TokenSubject(name: "x", kind: .user, groups: (0..<count).map { "group-\($0)" })
        }
        let many = try issuer.issue(to: groups(256), for: .federation("x"), with: keys, now: clock.now)
        #expect(verified(many.accessToken)?.subject.groups.count == 256)
        let error = #expect(throws: TokenError.self) {
            try issuer.issue(to: groups(2000), for: .federation("x"), with: keys, now: clock.now)
        }
        #expect(error?.code == .invalidGrant)
    }

    @Test("No two tokens are the same")
    func unique() throws {
        let tokens = try (0..<50).map { _ in
            try issuer.issue(to: subject, for: .secret("s"), with: keys, now: clock.now).accessToken
        }
        #expect(Set(tokens).count == 50)
        #expect(Set(tokens.map { TokenParts($0).claims }).count == 50)
    }

    @Test("A token ends at its second, give or take the leeway, remembered or not")
    func expiry() {
        let end = 3600 * ManualClock.second + AccessTokenVerifier.leeway
        for isRemembered in [false, true] {
            let verifier = AccessTokenVerifier(issuer: "https://gw/oidc", audience: "gatehouse")
            verifier.use(keys)
            if isRemembered { #expect(verifier.verified(token.utf8, now: clock.now) != nil) }
            #expect(verifier.verified(token.utf8, now: clock.now + end) == nil)
            #expect(verifier.verified(token.utf8, now: clock.now + end - 1) != nil)
            #expect(verifier.verified(token.utf8, now: clock.now - AccessTokenVerifier.leeway - 1) == nil)
            #expect(verifier.verified(token.utf8, now: clock.now - AccessTokenVerifier.leeway) != nil)
        }
        #expect(AccessTokenVerifier.leeway <= 60 * ManualClock.second)
    }

    @Test("A token with any bit of any part changed is nobody's")
    func bitFlips() {
        let bytes = Array(token.utf8)
        for index in bytes.indices {
            for bit in 0..<7 where (index + bit) % 3 == 0 {
                var changed = bytes
                changed[index] ^= 1 << bit
                #expect(verifier.verified(changed, now: clock.now) == nil)
            }
        }
        #expect(verified(token) != nil)
    }

    @Test("A part that is missing, doubled, padded or followed by something makes it nobody's")
    func shapes() {
        let parts = token.split(separator: ".").map(String.init)
        let wrong = [
            "", ".", "..", "...", parts[0], "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).", "\(token).",
            "\(token).\(parts[2])", "\(token)=", " \(token)", "\(token)\n", "\(parts[0])..\(parts[2])",
            ".\(parts[1]).\(parts[2])", "\(parts[1]).\(parts[0]).\(parts[2])", "\(parts[0])=.\(parts[1]).\(parts[2])",
            token.uppercased(), "eyJ", "eyJ..", String(repeating: "eyJ", count: 100_000),
        ]
        for text in wrong { #expect(verified(text) == nil) }
    }

    @Test(
        "Another algorithm is refused, however it is signed",
        arguments: ["none", "None", "nOnE", "HS256", "RS256", "PS256", "ES384", "EdDSA", "es256", ""]
    )
    func algorithms(name: String) throws {
        var parts = TokenParts(token)
        parts.header = parts.header.replacing(#""alg":"ES256""#, with: #""alg":"\#(name)""#)
        #expect(verified(parts.token) == nil)
        #expect(try verified(parts.signed(with: keys.privateKey())) == nil)
        // HMAC with the public key, which everybody knows.
        let publicKey = try keys.privateKey().publicKey
        for secret in [
            Array(publicKey.rawRepresentation), Array(publicKey.derRepresentation),
            Array(publicKey.pemRepresentation.utf8),
        ] {
            parts.signature = Array(
                HMAC<SHA256>.authenticationCode(for: Array(parts.signed.utf8), using: SymmetricKey(data: secret))
            )
            #expect(verified(parts.token) == nil)
        }
        parts.signature = []
        #expect(verified(parts.token) == nil)
        #expect(verified(parts.signed + ".") == nil)
    }

    @Test("A header that brings a key of its own, or anything else, is refused even when it is signed well")
    func headers() throws {
        let key = try keys.privateKey()
        let plain = TokenParts(token)
        #expect(try verified(plain.signed(with: key)) != nil)
        for addition in [
            #""jwk":{"kty":"EC"}"#, #""jku":"https://evil""#, #""x5c":["x"]"#, #""crit":["exp"]"#, #""b64":false"#,
            #""alg":"ES256""#, #""kid":"x""#, #""cty":"JWT""#,
        ] {
            var parts = plain
            parts.header = parts.header.replacing("{", with: "{\(addition),")
            #expect(try verified(parts.signed(with: key)) == nil, "\(addition)")
        }
        for (old, new) in [
            ("at+jwt", "JWT"), (keys.current.id, "other"), (#""kid""#, #""kid2""#), (#""ES256""#, "null"),
        ] {
            var parts = plain
            parts.header = parts.header.replacing(old, with: new)
            #expect(try verified(parts.signed(with: key)) == nil)
        }
    }

    @Test("Claims that are not the gateway's are refused even when they are signed well")
    func otherClaims() throws {
        let key = try keys.privateKey()
        for (old, new) in [
            ("https://gw/oidc", "https://gw/oidc/"), (#""aud":"gatehouse""#, #""aud":"other""#),
            (#""aud":"gatehouse""#, #""aud":["gatehouse"]"#), ("all-apis", "some-apis"),
            (#""secret_id":"secret-1""#, #""x":1"#), (#""secret_id":"secret-1""#, #""secret_id":"s","federation":"f""#),
            (#""principal_type":"SERVICE_PRINCIPAL""#, #""principal_type":"GROUP""#),
            (#""sub":"3f2a-0c1e""#, #""sub":7"#),
            (#""sub":"3f2a-0c1e""#, #""sub":"admin","sub":"3f2a-0c1e""#), (#""exp":"#, #""exp":1e300,"x":"#),
            (#""exp":"#, #""exp":"9","x":"#), (#""iat":"#, #""iat":null,"x":"#),
            (#""iat":"#, #""nbf":9999999999,"iat":"#),
        ] {
            var parts = TokenParts(token)
            #expect(parts.claims.contains(old))
            parts.claims = parts.claims.replacing(old, with: new)
            #expect(try verified(parts.signed(with: key)) == nil, "\(new)")
        }
    }

    @Test("A token of another gateway, or of the same one before all keys were replaced, is nobody's")
    func otherKeys() throws {
        let others = SigningKeys(now: clock.now)
        let foreign = try issuer.issue(to: subject, for: .secret("s"), with: others, now: clock.now).accessToken
        #expect(verified(foreign) == nil)
        #expect(verified(token) != nil)
        verifier.use(others)
        #expect(verified(token) == nil)
        #expect(verified(foreign) != nil)
        let unready = AccessTokenVerifier(issuer: "https://gw/oidc", audience: "gatehouse")
        #expect(unready.verified(token.utf8, now: clock.now) == nil)
    }

    @Test("Only so many tokens are remembered, none that was refused, and those that are forgotten are still valid")
    func bound() throws {
        var tokens: [String] = []
        for _ in 0..<300 {
            let token = try issuer.issue(to: subject, for: .secret("s"), with: keys, now: clock.now).accessToken
            tokens.append(token)
            #expect(verified(token) != nil)
            #expect(verifier.rememberedCount <= 64)
        }
        #expect(verifier.rememberedCount >= 32)
        let count = verifier.rememberedCount
        for index in 0..<100 { #expect(verified(String(tokens[index].dropLast()) + "!") == nil) }
        #expect(verifier.rememberedCount == count)
        for token in tokens { #expect(verified(token) != nil) }
        #expect(verifier.rememberedCount <= 64)
    }

    @Test("Any bytes are nobody's token")
    func anyBytes() {
        var random = SplitMix(state: 3)
        let bytes = Array(token.utf8)
        for _ in 0..<3000 {
            var changed = bytes
            for _ in 0...random.below(3) {
                let index = random.below(changed.count)
                switch random.below(3) {
                case 0: changed.remove(at: index)
                case 1: changed.insert(UInt8(random.below(256)), at: index)
                default: changed.swapAt(index, random.below(changed.count))
                }
            }
            if changed != bytes { #expect(verifier.verified(changed, now: clock.now) == nil) }
        }
        for _ in 0..<3000 {
            let noise = Array("eyJ".utf8) + (0..<random.below(200)).map { _ in UInt8(random.below(256)) }
            #expect(verifier.verified(noise, now: clock.now) == nil)
        }
    }

    @Test("Requests of many threads at once agree")
    func concurrency() async {
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<64 {
                group.addTask {
                    if index % 16 == 0 { verifier.use(keys) }
                    return verified(token) != nil
                }
            }
            for await isValid in group { #expect(isValid) }
        }
    }
}
