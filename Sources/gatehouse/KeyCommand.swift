// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Foundation
import GatewayCore
import GatewayGovernance
import GatewayPipeline

/// The command `gatehouse key`.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Renew the key that stored secrets are encrypted with.",
        subcommands: [Rotate.self]
    )

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key and encrypt all stored secrets with it, also while the gateway serves.",
            discussion: """
                The new key becomes the first one of encryption.key in the data directory; the others stay, since backups are encrypted with them. \
                If GATEHOUSE_ENCRYPTION_KEY is set, no key is made: the secrets are encrypted with the first key of the variable.
                """
        )

        @Flag(
            name: .customLong("drop-old"),
            help: "Remove the other keys, which nothing needs any longer but backups that were made before."
        )
        var dropsOld = false

        @OptionGroup var data: DataOptions

        func run() async throws {
            let storage = try data.existingStorage()
            let keys = EncryptionKeys(file: storage.keyFile, environment: ProcessInfo.processInfo.environment)
            guard !keys.isElsewhere || !dropsOld else {
                throw ValidationError("The keys are in \(EncryptionKeys.variable): remove the old ones there.")
            }
            let old: [[UInt8]]
            do {
                old = try keys.keys()
            } catch {
                throw ValidationError("\(error)")
            }
            let new = keys.isElsewhere ? old : [SecretVault.newKey()] + old
            let (before, after) = (try EncryptionKeys.vault(old), try EncryptionKeys.vault(new))
            let catalog = try storage.openCatalog()
            let count = try catalog.reseal(records: [Self.record]) { sealed in
                let opened = try sealed.map { sealed in
                    do throws(SecretVault.VaultError) {
                        return try before.open(sealed.bytes, for: sealed.id)
                    } catch {
                        throw ValidationError(
                            "Nothing was changed, since a secret cannot be decrypted (\(sealed.id)). \(error)"
                        )
                    }
                }
                // Before anything is encrypted with it, and after everything was decrypted: no secret is ever without its key.
                if !keys.isElsewhere { try keys.replace(with: new) }
                return try zip(opened, sealed).map { secrets, sealed in try after.seal(secrets, for: sealed.id) }
            }
            if dropsOld { try drop(allBut: Array(new.prefix(1)), keys, catalog) }
            try catalog.close()
            let key = keys.isElsewhere ? "the first key of \(EncryptionKeys.variable)" : "a new key"
            print("Encrypted \(count) secret\(count == 1 ? "" : "s") with \(key).")
            guard !keys.isElsewhere else { return }
            print(
                dropsOld
                    ? "The old keys are gone: backups made before cannot be used without a copy of them."
                    : "\(storage.keyFile) keeps the old keys too; --drop-old removes them."
            )
        }

        /// Removes the other keys while nobody can write, once nothing is encrypted with them.
        private func drop(allBut key: [[UInt8]], _ keys: EncryptionKeys, _ catalog: any CatalogStore) throws {
            let vault = try EncryptionKeys.vault(key)
            _ = try catalog.reseal(records: []) { sealed in
                do throws(SecretVault.VaultError) {
                    for one in sealed { _ = try vault.open(one.bytes, for: one.id) }
                } catch {
                    throw ValidationError("The old keys stay, since the key was renewed by another process meanwhile.")
                }
                try keys.replace(with: key)
                return sealed.map(\.bytes)
            }
        }

        private static var record: AuditRecord {
            AuditRecord(
                eventTime: Authenticator.wallClock(),
                eventID: UUID().uuidString.lowercased(),
                actor: Snapshot.administrator.name,
                serviceName: "accounts",
                actionName: "rotateEncryptionKey",
                target: "encryption.key"
            )
        }
    }
}
