// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
import GatewayCore
import GatewayIdentity
import GatewayJSON
import JWTKit
import NIOCore
import Testing

@Suite("Signing keys")
struct SigningKeysTests {
    private let subject = TokenSubject(name: "3f2a", kind: .servicePrincipal)
    private let issuer = AccessTokenIssuer(issuer: "https://gw/oidc", audience: "gatehouse")

    private func verifier(_ keys: SigningKeys) -> AccessTokenVerifier {
        let verifier = AccessTokenVerifier(issuer: "https://gw/oidc", audience: "gatehouse")
        verifier.use(keys)
        return verifier
    }

    @Test("A key signs for 90 days, then a new one does, and the old one verifies for a day")
    func rotation() throws {
        var clock = ManualClock()
        var keys = SigningKeys(now: clock.now)
        let first = keys.current.id
        clock.advance(90 * ManualClock.day - 1)
        #expect(!keys.needsRotation(now: clock.now))
        let unchanged = keys.rotate(now: clock.now)
        #expect(!unchanged)
        let token = try issuer.issue(to: subject, for: .secret("s"), with: keys, now: clock.now).accessToken
        clock.advance(1)
        #expect(keys.needsRotation(now: clock.now))
        let changed = keys.rotate(now: clock.now)
        #expect(changed)
        #expect(keys.current.id != first)
        #expect(keys.keys.map(\.id) == [keys.current.id, first])
        #expect(keys.key(first)?.retiredAt == clock.now)
        #expect(verifier(keys).verified(token.utf8, now: clock.now)?.subject == subject)
        let again = keys.rotate(now: clock.now)
        #expect(!again)
        clock.advance(ManualClock.day - 1)
        #expect(!keys.needsRotation(now: clock.now))
        clock.advance(1)
        let forgotten = keys.rotate(now: clock.now)
        #expect(forgotten)
        #expect(keys.keys.count == 1)
        #expect(keys.key(first) == nil)
    }

    @Test("A new key is published for a minute before it signs, unless there is no other")
    func propagation() throws {
        var clock = ManualClock()
        var keys = SigningKeys(now: clock.now)
        let first = keys.current.id
        #expect(keys.signer(now: clock.now).id == first)
        _ = keys.rotate(now: clock.now, isForced: true)
        let second = keys.current.id
        clock.advance(60 * ManualClock.second - 1)
        #expect(keys.signer(now: clock.now).id == first)
        let token = try issuer.issue(to: subject, for: .secret("s"), with: keys, now: clock.now).accessToken
        #expect(TokenParts(token).header.contains(first))
        clock.advance(1)
        #expect(keys.signer(now: clock.now).id == second)
        clock.advance(3599 * ManualClock.second)
        #expect(verifier(keys).verified(token.utf8, now: clock.now) != nil)
        _ = keys.rotate(now: clock.now, isForced: true)
        keys.forgetRetired()
        #expect(keys.signer(now: clock.now).id == keys.current.id)
    }

    @Test("A retired key verifies for longer than any of its tokens lives")
    func retention() {
        let life = AccessTokenIssuer.lifetime * ManualClock.second + AccessTokenVerifier.leeway
        #expect(SigningKeys.retention > life + SigningKeys.propagation)
    }

    @Test("Two years of daily looks leave two keys at most, and every token is valid for its hour")
    func years() throws {
        var clock = ManualClock()
        var keys = SigningKeys(now: clock.now)
        var ids: Set<String> = []
        for _ in 0..<(730 * 4) {
            let token = try issuer.issue(to: subject, for: .secret("s"), with: keys, now: clock.now).accessToken
            clock.advance(3599 * ManualClock.second)
            _ = keys.rotate(now: clock.now)
            #expect(verifier(keys).verified(token.utf8, now: clock.now) != nil)
            ids.insert(keys.current.id)
            #expect(keys.keys.count <= 2)
            clock.advance(ManualClock.day / 4)
        }
        #expect((8...10).contains(ids.count))
    }

    @Test("A clock that goes back rotates nothing")
    func clockGoesBack() {
        let clock = ManualClock()
        var keys = SigningKeys(now: clock.now)
        let changed = keys.rotate(now: clock.now - 400 * ManualClock.day)
        #expect(!changed)
        #expect(keys.keys.count == 1)
    }

    @Test("A forced rotation replaces the key at any age; keys that are forgotten verify nothing")
    func forced() throws {
        let clock = ManualClock()
        var keys = SigningKeys(now: clock.now)
        let token = try issuer.issue(to: subject, for: .secret("s"), with: keys, now: clock.now).accessToken
        let changed = keys.rotate(now: clock.now, isForced: true)
        #expect(changed)
        let verifier = verifier(keys)
        #expect(verifier.verified(token.utf8, now: clock.now) != nil)
        keys.forgetRetired()
        verifier.use(keys)
        #expect(verifier.verified(token.utf8, now: clock.now) == nil)
        for _ in 0..<40 { _ = keys.rotate(now: clock.now, isForced: true) }
        #expect(keys.keys.count == SigningKeys.maximumCount)
    }

    @Test("What is stored is read again, and the same keys go on")
    func storage() throws {
        let clock = ManualClock()
        var keys = SigningKeys(now: clock.now)
        _ = keys.rotate(now: clock.now + 1, isForced: true)
        let read = try SigningKeys(json: keys.json.bytes)
        #expect(read.keys.map(\.id) == keys.keys.map(\.id))
        #expect(read.keys.map(\.createdAt) == keys.keys.map(\.createdAt))
        #expect(read.keys.map(\.retiredAt) == keys.keys.map(\.retiredAt))
        #expect(read.json == keys.json)
        let token = try issuer.issue(to: subject, for: .secret("s"), with: read, now: clock.now).accessToken
        #expect(verifier(keys).verified(token.utf8, now: clock.now) != nil)
    }

    @Test(
        "Damaged storage is an error that shows nothing of it",
        arguments: [
            "", "[]", "{}", #"{"version":2,"keys":[]}"#, #"{"version":1}"#, #"{"version":1,"keys":[]}"#,
            #"{"version":1,"keys":[{"private_key":"c2VjcmV0","created_at":1}]}"#,
            #"{"version":1,"keys":[{"private_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","created_at":1}]}"#,
        ]
    )
    func damaged(json: String) throws {
        let error = #expect(throws: SigningKeys.DecodingError.self) {
            try SigningKeys(json: ByteBuffer(string: json))
        }
        #expect(try !#require(error).description.contains("c2VjcmV0"))
    }

    @Test("Two current keys, or none, are an error")
    func twoCurrentKeys() throws {
        let one = String(buffer: SigningKeys(now: 1).json.bytes)
        let other = String(buffer: SigningKeys(now: 2).json.bytes)
        let key = try #require(other.split(separator: "[").last).dropLast(2)
        let two = one.replacing("]}", with: ",\(key)]}")
        #expect(throws: SigningKeys.DecodingError.self) { try SigningKeys(json: ByteBuffer(string: two)) }
        let retired = one.replacing(#""created_at":1"#, with: #""created_at":1,"retired_at":2"#)
        #expect(retired != one)
        #expect(throws: SigningKeys.DecodingError.self) { try SigningKeys(json: ByteBuffer(string: retired)) }
    }

    @Test("Nothing that is printed shows a private key")
    func description() throws {
        let keys = SigningKeys(now: 1)
        let secret = try #require(keys.json["keys"]?.array?.first?["private_key"]?.string)
        var dumped = ""
        dump(keys, to: &dumped)
        dump(keys.current, to: &dumped)
        for text in ["\(keys)", "\(keys.current)", String(reflecting: keys), dumped] {
            #expect(!text.contains(secret))
            #expect(!text.contains("PrivateKey"))
        }
    }

    @Test("The published keys hold no secret, and another library verifies a token with them")
    func publicKeys() async throws {
        let clock = ManualClock()
        var keys = SigningKeys(now: clock.now)
        _ = keys.rotate(now: clock.now, isForced: true)
        let document = String(buffer: keys.publicKeys.bytes)
        #expect(!document.contains("\"d\""))
        let collection = try await JWTKeyCollection().add(jwksJSON: document)
        let token = try issuer.issue(to: subject, for: .secret("s"), with: keys, now: clock.now).accessToken
        let claims: Claims = try await collection.verify(token)
        #expect(claims.sub == "3f2a")
        #expect(claims.iss == "https://gw/oidc")
        #expect(claims.exp - claims.iat == 3600)
    }

    private struct Claims: JWTPayload {
        let sub: String
        let iss: String
        let iat: Int
        let exp: Int

        func verify(using algorithm: some JWTAlgorithm) {}
    }
}
