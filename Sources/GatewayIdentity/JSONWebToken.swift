// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// A signed JSON Web Token in its compact form, taken apart and not verified.
///
/// Stricter than RFC 7515 asks: each part is spelled in the one way that there is, and no member stands twice.
struct JSONWebToken {
    let header: JSONObject
    let claims: JSONObject
    /// What the signature is of.
    let signed: ArraySlice<UInt8>
    let signature: [UInt8]

    /// Takes a token apart.
    ///
    /// - Returns: nil for what is no such token, or has extensions that must be understood.
    init?(_ token: [UInt8], maximumLength: Int) {
        guard token.count <= maximumLength else { return nil }
        let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let signature = Base64URL.bytes(parts[2])
        else { return nil }
        guard header["crit"] == nil else { return nil }
        self.header = header
        self.claims = claims
        self.signature = signature
        signed = token[..<parts[1].endIndex]
    }

    /// An object none of whose members stands twice.
    private static func object(_ part: ArraySlice<UInt8>) -> JSONObject? {
        guard let bytes = Base64URL.bytes(part),
            let object = (try? JSONValue(validating: ByteBuffer(bytes: bytes), maximumDepth: 16))?.object
        else { return nil }
        var keys: Set<String> = []
        for (key, _) in object where !keys.insert(key.string).inserted { return nil }
        return object
    }

    /// Writes a token that `sign` signs.
    static func make(
        header: JSONValue,
        claims: JSONValue,
        sign: ([UInt8]) throws -> some Sequence<UInt8>
    ) rethrows
        -> String
    {
        let signed =
            Base64URL.encode(header.bytes.readableBytesView) + "." + Base64URL.encode(claims.bytes.readableBytesView)
        return signed + "." + Base64URL.encode(try sign(Array(signed.utf8)))
    }
}

extension JSONObject {
    /// A moment in whole seconds since 1970 UTC; nil if there is none or it is none.
    func seconds(_ name: StaticString) -> Int64? {
        guard let value = self[name]?.double, value.magnitude < 1e12 else { return nil }
        return Int64(value.rounded(.down))
    }

    /// The strings of a member that is one string or an array of strings; nil if there is none or it is something else.
    func strings(_ name: String, maximumCount: Int) -> [String]? {
        guard let value = self[name] else { return nil }
        if let string = value.string { return [string] }
        guard let array = value.array else { return nil }
        var strings: [String] = []
        for element in array {
            guard strings.count < maximumCount, let string = element.string else { return nil }
            strings.append(string)
        }
        return strings
    }
}
