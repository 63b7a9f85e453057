// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Synchronization

/// The vault of a process that runs for long: reads the keys again when they are others, since they are renewed while gateways serve.
///
/// Keys that it has once read stay known, so that what was encrypted before a renewal can still be decrypted.
package final class SecretVaultSource: Sendable {
    private struct State {
        var vault: SecretVault
        var stamp: String
    }

    private let state: Mutex<State>
    private let stamp: @Sendable () -> String
    private let read: @Sendable () throws -> SecretVault

    /// Makes it.
    ///
    /// - Parameters:
    ///   - stamp: Changes whenever the keys may be others.
    ///   - read: Reads the keys.
    /// - Throws: What `read` throws, the first time.
    package init(stamp: @escaping @Sendable () -> String, read: @escaping @Sendable () throws -> SecretVault) throws {
        self.stamp = stamp
        self.read = read
        let now = stamp()
        state = Mutex(State(vault: try read(), stamp: now))
    }

    /// Encrypts with the key that is current now; see ``SecretVault/seal(_:for:)``.
    package func seal(_ secrets: [String: String], for id: String) throws(SecretVault.VaultError) -> [UInt8] {
        try newest().seal(secrets, for: id)
    }

    /// Decrypts; see ``SecretVault/open(_:for:)``.
    package func open(_ bytes: [UInt8], for id: String) throws(SecretVault.VaultError) -> [String: String] {
        do throws(SecretVault.VaultError) {
            return try state.withLock { $0.vault }.open(bytes, for: id)
        } catch .unknownKey {
            return try newest().open(bytes, for: id)
        }
    }

    /// The vault with the keys that there are now; with those that were last read where they cannot be read.
    private func newest() -> SecretVault {
        state.withLock { state in
            let now = stamp()
            if now != state.stamp, let vault = try? read() {
                state = State(vault: vault.keeping(state.vault), stamp: now)
            }
            return state.vault
        }
    }
}
