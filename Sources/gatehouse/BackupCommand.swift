// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Foundation
import GatewayCore

/// The command `gatehouse backup`.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy everything that is stored, also while the gateway serves.",
        discussion: """
            Each file is copied as it is at one moment; what was acknowledged before the command began is in the copy. \
            `gatehouse restore` puts it back.
            """
    )

    @Argument(help: "The directory for the copy; it must be empty or not exist yet.")
    var directory: String

    @Flag(
        name: .customLong("include-key"),
        help: "Copy the encryption key too. Whoever has the copy can then read the stored secrets."
    )
    var includesKey = false

    @OptionGroup var data: DataOptions

    func run() async throws {
        let storage = try data.existingStorage()
        let keys = EncryptionKeys(file: storage.keyFile, environment: ProcessInfo.processInfo.environment)
        let before = includesKey ? try keys.keys() : []
        for file in try storage.backUp(to: directory) { print("\(directory)/\(file)") }
        if includesKey {
            let copy = EncryptionKeys(file: "\(directory)/\(EncryptionKeys.fileName)", environment: [:])
            // They may be renewed meanwhile; what was copied is encrypted with either.
            let after = try keys.keys()
            try copy.replace(with: after + before.filter { !after.contains($0) })
            print(copy.file)
        } else {
            print(
                "The encryption key is not in the backup, and without it stored secrets cannot be read: keep \(keys.place) elsewhere, or use --include-key."
            )
        }
    }
}

/// The command `gatehouse restore`.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup in the place of the data directory. The gateway must not serve from it.",
        discussion: "The key files of both stay usable: keys of the backup are added to those of the data directory."
    )

    @Argument(help: "The directory that `gatehouse backup` made.")
    var directory: String

    @Flag(help: "Replace what the data directory has.")
    var force = false

    @OptionGroup var data: DataOptions

    func run() async throws {
        let storage = try data.storage()
        let own = EncryptionKeys(file: storage.keyFile, environment: ProcessInfo.processInfo.environment)
        let copy = EncryptionKeys(file: "\(directory)/\(EncryptionKeys.fileName)", environment: [:])
        let copied = copy.exists ? try copy.keys() : []
        for file in try storage.restore(from: directory, replaces: force) { print("\(storage.place)/\(file)") }
        if !copied.isEmpty {
            let file = EncryptionKeys(file: storage.keyFile, environment: [:])
            let others = file.exists ? try file.keys().filter { !copied.contains($0) } : []
            try file.replace(with: copied + others)
            print(file.file)
        } else if !own.exists {
            print(
                "The backup has no encryption key: put the one of its gateway to \(own.file), or set \(EncryptionKeys.variable), before you start the gateway."
            )
        }
    }
}
