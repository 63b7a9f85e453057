// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOHTTP1

/// The token in a request's headers, wherever the client's SDK puts it.
///
/// `Authorization` (Bearer, or Basic with the user name `token`) decides when it is there: SDKs send a dummy `x-api-key` or `x-goog-api-key` beside it.
package struct Credential: Sendable {
    package let token: String

    /// The header with the gateway's token where `Authorization` holds the caller's credential at the vendor.
    static let relayingHeader = "x-databricks-ai-gateway-token"

    /// - Returns: nil if no header holds a credential of a supported kind.
    package init?(_ headers: HTTPHeaders) {
        // Then `Authorization` is the caller's own at the vendor, which a provider service may relay.
        if let token = headers.first(name: Self.relayingHeader) {
            guard headers[Self.relayingHeader].count == 1, !token.isEmpty else { return nil }
            self.token = token.lowercased().hasPrefix("bearer ") ? String(token.dropFirst(7)) : token
            return
        }
        let authorizations = headers["authorization"]
        if let authorization = authorizations.first {
            // Two of them are two answers to the question who asks.
            guard authorizations.count == 1, let token = Self.token(authorization: authorization) else { return nil }
            self.token = token
        } else if let key = headers.first(name: "x-api-key") ?? headers.first(name: "x-goog-api-key"), !key.isEmpty {
            token = key
        } else {
            return nil
        }
    }

    private static func token(authorization value: String) -> String? {
        guard let space = value.utf8.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let rest = value[value.utf8.index(after: space)...]
        let credential = String(rest.drop { $0 == " " })
        guard !credential.isEmpty else { return nil }
        switch value[..<space].lowercased() {
        case "bearer": return credential
        case "basic": return token(basic: credential)
        default: return nil
        }
    }

    private static func token(basic encoded: String) -> String? {
        guard let decoded = Base64.decode(encoded) else { return nil }
        let text = String(decoding: decoded, as: UTF8.self)
        guard text.hasPrefix("token:"), text.utf8.count > 6 else { return nil }
        return String(text.dropFirst(6))
    }
}

/// Base64 as Basic authentication uses it (RFC 4648, 4); strict about the alphabet, lenient about missing padding.
enum Base64 {
    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        var isPadded = false
        for byte in text.utf8 {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="):
                isPadded = true
                continue
            default: return nil
            }
            guard !isPadded else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 1
            if count == 4 {
                bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
                bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
                bytes.append(UInt8(truncatingIfNeeded: bits))
                bits = 0
                count = 0
            }
        }
        switch count {
        case 0: break
        case 2: bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
        case 3:
            bytes.append(UInt8(truncatingIfNeeded: bits >> 10))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 2))
        default: return nil
        }
        return bytes
    }
}
