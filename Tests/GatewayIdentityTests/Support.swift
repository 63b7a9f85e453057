// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto
import GatewayCore
import GatewayIdentity
import GatewayJSON
import NIOCore

/// A clock that is set by hand, in microseconds since 1970 UTC.
struct ManualClock {
    static let second: Int64 = 1_000_000
    static let day: Int64 = 86_400 * second

    var now: Int64 = 1_700_000_000 * second

    mutating func advance(_ duration: Int64) { now += duration }
}

/// A token cut into its parts, so that a test can change one.
struct TokenParts {
    var header: String
    var claims: String
    var signature: [UInt8]

    init(_ token: String) {
        let parts = token.split(separator: ".").map { Base64URL.bytes(Array($0.utf8)) ?? [] }
        header = String(decoding: parts[0], as: UTF8.self)
        claims = String(decoding: parts[1], as: UTF8.self)
        signature = parts[2]
    }

    init(header: String, claims: String) {
        self.header = header
        self.claims = claims
        signature = []
    }

    var signed: String { "\(Base64URL.encode(header.utf8)).\(Base64URL.encode(claims.utf8))" }
    var token: String { "\(signed).\(Base64URL.encode(signature))" }

    /// The token, signed anew.
    func signed(with key: P256.Signing.PrivateKey) throws -> String {
        "\(signed).\(Base64URL.encode(try key.signature(for: Array(signed.utf8)).rawRepresentation))"
    }
}

extension SigningKeys {
    /// The secret half of the current key, as whoever reads the store has it.
    func privateKey() throws -> P256.Signing.PrivateKey {
        let text = json["keys"]?.array?.first?["private_key"]?.string ?? ""
        return try P256.Signing.PrivateKey(rawRepresentation: Base64URL.bytes(Array(text.utf8)) ?? [])
    }
}

/// Random numbers that are the same in every run.
struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ (value >> 31)) % UInt64(bound))
    }
}
