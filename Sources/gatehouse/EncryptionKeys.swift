// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayGovernance

/// The keys that secrets are encrypted with: from a variable, or from a file that the first start makes.
struct EncryptionKeys {
    /// The variable with the keys, each of 32 bytes in Base64, the current one first, with commas between them.
    static let variable = "GATEHOUSE_ENCRYPTION_KEY"

    /// The name of the file in a data directory and in a backup.
    static let fileName = "encryption.key"

    /// Of the data directory, with a key on each line, the current one first.
    let file: String
    /// From ``variable``; nil where the keys are in the file.
    private let variable: String?

    /// Makes it.
    ///
    /// - Parameters:
    ///   - file: The file of the data directory.
    ///   - environment: Has ``variable`` where the keys are kept elsewhere.
    init(file: String, environment: [String: String]) {
        self.file = file
        variable = environment[Self.variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Why there are no keys; never holds one.
    struct KeyError: Error, CustomStringConvertible {
        let description: String
    }

    /// Where the keys are, for messages.
    var place: String { isElsewhere ? "`\(Self.variable)`" : file }

    /// Whether there are any.
    var exists: Bool { isElsewhere || access(file, F_OK) == 0 }

    /// Whether the keys are not in the file.
    var isElsewhere: Bool { variable != nil }

    /// The vault of a gateway; the file is made with mode 0600 if it is needed and not there, and read again when it changes.
    func source() throws -> SecretVaultSource {
        if !isElsewhere, try contents() == nil { try create() }
        return try SecretVaultSource(
            stamp: { isElsewhere ? "" : RegularFile.stamp(of: file) },
            read: { try Self.vault(try keys()) }
        )
    }

    /// A vault with these keys, the first of which is current.
    static func vault(_ keys: [[UInt8]]) throws -> SecretVault {
        guard let vault = SecretVault(keys: keys) else { throw KeyError(description: "There is no encryption key.") }
        return vault
    }

    /// The keys, the current one first.
    ///
    /// - Throws: ``KeyError``, also where there is no key.
    func keys() throws -> [[UInt8]] {
        if let variable { return try Self.keys(variable.split(separator: ","), from: "`\(Self.variable)`") }
        guard let contents = try contents() else {
            throw KeyError(
                description:
                    "There is no encryption key: \(file) does not exist. Put it there, or set \(Self.variable) as for the gateway."
            )
        }
        return try Self.keys(contents.split(separator: "\n"), from: file)
    }

    private static func keys(_ texts: [Substring], from place: String) throws -> [[UInt8]] {
        let keys = texts.map { text in
            Data(base64Encoded: text.trimmingCharacters(in: .whitespacesAndNewlines)).map { [UInt8]($0) } ?? []
        }
        guard SecretVault(keys: keys) != nil else {
            throw KeyError(
                description:
                    "\(place) must hold encryption keys, each of \(SecretVault.keyBytes) bytes in Base64. `openssl rand -base64 32` makes one."
            )
        }
        return keys
    }

    private func contents() throws -> String? {
        do throws(RegularFile.ReadError) {
            return String(decoding: try RegularFile.contents(of: file, maximumBytes: 64 << 10), as: UTF8.self)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }

    // MARK: Writing

    /// Makes the file, unless another process does so at the same time.
    private func create() throws {
        let draft = "\(file).\(getpid())"
        defer { unlink(draft) }
        try Self.write([SecretVault.newKey()], to: draft)
        // A link, unlike a rename, does not replace what is there.
        guard link(draft, file) == 0 || errno == EEXIST else { throw Self.failure(file) }
    }

    /// Replaces the file's keys in one step.
    func replace(with keys: [[UInt8]]) throws {
        let draft = "\(file).\(getpid())"
        defer { unlink(draft) }
        try Self.write(keys, to: draft)
        guard rename(draft, file) == 0 else { throw Self.failure(file) }
        let directory = open(URL(filePath: file).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }

    private static func write(_ keys: [[UInt8]], to file: String) throws {
        let text = keys.map { Data($0).base64EncodedString() + "\n" }.joined()
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(file) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: Data(text.utf8))
        try handle.synchronize()
    }

    private static func failure(_ file: String) -> KeyError {
        KeyError(description: "\(file) cannot be written: \(String(cString: strerror(errno))).")
    }
}
