// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
import Foundation
import GatewayJSON
import NIOCore

/// Encrypts the secrets of services at rest: AES-GCM with 256 bits, bound to the service that they belong to.
///
/// What it makes begins with a version and the id of its key, so that keys may change.
package struct SecretVault: Sendable {
    /// Why something cannot be encrypted or decrypted; says nothing of it.
    package enum VaultError: Error, Sendable, CustomStringConvertible {
        case noKey, unknownKey, damaged

        package var description: String {
            switch self {
            case .noKey: "There is no encryption key."
            case .unknownKey: "The secrets of a service are encrypted with a key that the gateway does not have."
            case .damaged: "The encrypted secrets of a service are damaged."
            }
        }
    }

    /// Bytes of a key.
    package static let keyBytes = 32
    private static let version: UInt8 = 1
    private static let idBytes = 8

    private struct Key: Sendable {
        let id: [UInt8]
        let key: SymmetricKey
    }

    private let keys: [Key]

    /// A vault that encrypts with the first key and decrypts with any.
    ///
    /// Returns nil unless each key has ``keyBytes`` bytes.
    package init?(keys: [[UInt8]]) {
        guard !keys.isEmpty, keys.allSatisfy({ $0.count == Self.keyBytes }) else { return nil }
        self.keys = keys.map { Key(id: Array(SHA256.hash(data: $0).prefix(Self.idBytes)), key: SymmetricKey(data: $0)) }
    }

    private init(known keys: [Key]) { self.keys = keys }

    /// A new random key.
    package static func newKey() -> [UInt8] {
        SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    }

    /// Encrypts secrets for the object of that id; nothing for no secrets.
    package func seal(_ secrets: [String: String], for id: String) throws(VaultError) -> [UInt8] {
        guard !secrets.isEmpty else { return [] }
        guard let current = keys.first else { throw .noKey }
        let json = JSONValue { writer in
            writer.object { writer in
                for (name, value) in secrets.sorted(by: { $0.key < $1.key }) {
                    writer.key(name)
                    writer.string(value)
                }
            }
        }
        let plain = Data(json.bytes.readableBytesView)
        guard let box = try? AES.GCM.seal(plain, using: current.key, authenticating: Data(id.utf8)).combined else {
            throw .damaged
        }
        return [Self.version] + current.id + Array(box)
    }

    /// Decrypts what ``seal(_:for:)`` made.
    package func open(_ bytes: [UInt8], for id: String) throws(VaultError) -> [String: String] {
        guard !bytes.isEmpty else { return [:] }
        guard bytes.count > 1 + Self.idBytes, bytes[0] == Self.version else { throw .damaged }
        let keyID = Array(bytes[1...Self.idBytes])
        guard let key = keys.first(where: { $0.id == keyID })?.key else { throw .unknownKey }
        guard let box = try? AES.GCM.SealedBox(combined: Data(bytes[(1 + Self.idBytes)...])),
            let plain = try? AES.GCM.open(box, using: key, authenticating: Data(id.utf8)),
            let object = try? JSONValue(validating: ByteBuffer(bytes: plain)).object
        else { throw .damaged }
        return Dictionary(object.compactMap { member in member.value.string.map { (member.key.string, $0) } }) { $1 }
    }

    /// This vault, which also decrypts with the keys of an earlier one.
    func keeping(_ earlier: SecretVault) -> SecretVault {
        SecretVault(known: keys + earlier.keys.filter { old in !keys.contains { $0.id == old.id } })
    }
}
