// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayGovernance

/// The keys that secrets are encrypted with: from a variable, or from a file that the first start makes.
enum EncryptionKeys {
    /// The variable with the keys, each of 32 bytes in Base64, the current one first, with commas between them.
    static let variable = "GATEHOUSE_ENCRYPTION_KEY"

    /// A vault with the keys.
    ///
    /// - Parameters:
    ///   - file: The file of the data directory, with a key on each line; made with mode 0600 if it is not there.
    ///   - environment: Has ``variable`` where the keys are kept elsewhere.
    /// - Returns: The vault.
    /// - Throws: ``KeyError``, and what reading and making the file throws.
    static func vault(file: String, environment: [String: String]) throws -> SecretVault {
        if let value = environment[variable], !value.isEmpty {
            return try vault(value.split(separator: ","), from: "`\(variable)`")
        }
        if let contents = try contents(of: file) { return try vault(contents.split(separator: "\n"), from: file) }
        try create(file)
        guard let contents = try contents(of: file) else { throw KeyError(description: "\(file) cannot be read.") }
        return try vault(contents.split(separator: "\n"), from: file)
    }

    /// Why there are no keys; never holds one.
    struct KeyError: Error, CustomStringConvertible {
        let description: String
    }

    private static func vault(_ texts: [Substring], from place: String) throws -> SecretVault {
        let keys = texts.map { text in
            Data(base64Encoded: text.trimmingCharacters(in: .whitespacesAndNewlines)).map { [UInt8]($0) } ?? []
        }
        guard let vault = SecretVault(keys: keys) else {
            throw KeyError(
                description:
                    "\(place) must hold encryption keys, each of \(SecretVault.keyBytes) bytes in Base64. `openssl rand -base64 32` makes one."
            )
        }
        return vault
    }

    private static func contents(of file: String) throws -> String? {
        do throws(RegularFile.ReadError) {
            return String(decoding: try RegularFile.contents(of: file, maximumBytes: 64 << 10), as: UTF8.self)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }

    /// Makes the file, unless another process does so at the same time.
    private static func create(_ file: String) throws {
        let text = Data(SecretVault.newKey()).base64EncodedString() + "\n"
        let temporary = "\(file).\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw KeyError(description: "\(temporary) cannot be created: \(String(cString: strerror(errno))).")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        defer { unlink(temporary) }
        try handle.write(contentsOf: Data(text.utf8))
        try handle.synchronize()
        // A link, unlike a rename, does not replace what is there.
        guard link(temporary, file) == 0 || errno == EEXIST else {
            throw KeyError(description: "\(file) cannot be created: \(String(cString: strerror(errno))).")
        }
    }
}
