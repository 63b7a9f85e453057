// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayGovernance
import Testing

@Suite("Secrets at rest")
struct SecretVaultTests {
    private let secrets = ["api_key": "sk-canary-😀", "aws_secret_access_key": "\"\\\n"]

    private func vault(_ keys: [UInt8]...) throws -> SecretVault {
        try #require(SecretVault(keys: keys))
    }

    private func key(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: SecretVault.keyBytes) }

    @Test("What was sealed comes back, and never twice in the same bytes")
    func roundTrip() throws {
        let vault = try vault(key(1))
        let sealed = try vault.seal(secrets, for: "id")
        #expect(try vault.open(sealed, for: "id") == secrets)
        #expect(try vault.seal(secrets, for: "id") != sealed)
        #expect(!String(decoding: sealed, as: UTF8.self).contains("canary"))
        #expect(try vault.seal([:], for: "id").isEmpty)
        #expect(try vault.open([], for: "id").isEmpty)
    }

    @Test("It opens for its own object only, and only whole")
    func bound() throws {
        let vault = try vault(key(1))
        let sealed = try vault.seal(secrets, for: "id")
        #expect(throws: SecretVault.VaultError.damaged) { try vault.open(sealed, for: "other") }
        for index in sealed.indices {
            var damaged = sealed
            damaged[index] ^= 1
            #expect(throws: SecretVault.VaultError.self) { try vault.open(damaged, for: "id") }
            #expect(throws: SecretVault.VaultError.self) { try vault.open(Array(sealed[..<max(1, index)]), for: "id") }
        }
    }

    @Test("A new key in front seals from then on; the old one still opens until it goes")
    func rotation() throws {
        let old = try vault(key(1))
        let sealed = try old.seal(secrets, for: "id")
        let both = try vault(key(2), key(1))
        #expect(try both.open(sealed, for: "id") == secrets)
        let renewed = try both.seal(secrets, for: "id")
        let new = try vault(key(2))
        #expect(try new.open(renewed, for: "id") == secrets)
        #expect(throws: SecretVault.VaultError.unknownKey) { try new.open(sealed, for: "id") }
    }

    @Test("Keys of another length are no keys", arguments: [0, 16, 31, 33])
    func lengths(count: Int) {
        #expect(SecretVault(keys: [[UInt8](repeating: 1, count: count)]) == nil)
        #expect(SecretVault(keys: []) == nil)
    }
}
