// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import Testing

@Suite("Access tokens")
struct TokenIndexTests {
    private let alice = Caller(name: "alice", kind: .user)

    @Test("A token is its holder's until the moment it expires")
    func expiry() {
        var index = TokenIndex()
        index.insert(hash: AccessTokenSecret("gth_a").hash, caller: alice, expiresAt: 1000)
        index.insert(hash: AccessTokenSecret("gth_b").hash, caller: alice, expiresAt: nil)
        #expect(index.caller(withToken: "gth_a".utf8, now: 999) === alice)
        #expect(index.caller(withToken: "gth_a".utf8, now: 1000) == nil)
        #expect(index.caller(withToken: "gth_b".utf8, now: .max) === alice)
    }

    @Test(
        "What is not a token is nobody's",
        arguments: [
            "", "gth_", "gth_A", "gth_a ", "gth_aa", "' OR '1'='1", "'; DROP TABLE tokens; --", "gth_a' --", "\0",
            "\u{1F600}",
            "gth_%", "gth_a\0", String(repeating: "x", count: 100_000),
        ]
    )
    func unknown(token: String) {
        var index = TokenIndex()
        index.insert(hash: AccessTokenSecret("gth_a").hash, caller: alice, expiresAt: nil)
        // A hash of the wrong length, as from a damaged store, is nobody's either.
        index.insert(hash: [], caller: alice, expiresAt: nil)
        #expect(index.caller(withToken: token.utf8, now: 0) == nil)
        #expect(index.caller(withToken: AccessTokenSecret("gth_a").hash, now: 0) == nil)
    }

    @Test("The hash is SHA-256, and secrets are random and long")
    func secrets() {
        #expect(
            AccessTokenSecret("abc").hash.map { String($0, radix: 16) }.joined()
                == "ba7816bf8f1cfea414140de5dae2223b0361a396177a9cb410ff61f2015ad"
        )
        let secrets = (0..<100).map { _ in AccessTokenSecret.random().text }
        #expect(Set(secrets).count == 100)
        #expect(secrets.allSatisfy { $0.hasPrefix("gth_") && $0.utf8.count == 44 })
    }
}
