// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// The parameters of a form, `application/x-www-form-urlencoded`: each at most once, and an empty one is as good as none (RFC 6749, 3.2).
struct FormParameters {
    private static let maximumCount = 64
    private var values: [String: String] = [:]

    init(_ body: some Collection<UInt8>) throws(TokenError) {
        let pairs = body.split(separator: UInt8(ascii: "&"), maxSplits: Self.maximumCount)
        guard pairs.count <= Self.maximumCount else {
            throw TokenError(.invalidRequest, "The body has more than \(Self.maximumCount) parameters.")
        }
        for pair in pairs {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first.flatMap({ Self.decode($0) }),
                let value = parts.count < 2 ? "" : Self.decode(parts[1])
            else { throw TokenError(.invalidRequest, "The body is not a valid form: %XX escapes of UTF-8.") }
            guard values.updateValue(value, forKey: name) == nil else {
                throw TokenError(.invalidRequest, "A parameter is in the body twice.")
            }
        }
    }

    /// The value of a parameter; nil if it is missing or empty.
    subscript(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The text that percent-encoding and `+` stand for; nil if it is none.
    private static func decode(_ text: some Collection<UInt8>) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hexadecimal), let low = iterator.next().flatMap(hexadecimal)
                else { return nil }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        // Neither names nor secrets have it, and what reads them later may stop there.
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// A client's id and secret in the header `Authorization` (RFC 7617).
///
/// They are taken as they are, as the Databricks SDK sends them; RFC 6749 would have them percent-encoded, which makes no difference for application ids and for secrets
/// of letters and digits.
struct BasicCredentials {
    let id: String
    let secret: String

    /// - Returns: nil if there is no such header.
    init?(_ authorizations: [String]) throws(TokenError) {
        guard let value = authorizations.first else { return nil }
        guard authorizations.count == 1 else {
            throw TokenError(.invalidRequest, "There is more than one Authorization header.")
        }
        let scheme = value.prefix { $0 != " " }
        guard scheme.lowercased() == "basic" else {
            throw TokenError(.invalidClient, "The Authorization header must be of the scheme Basic.")
        }
        let encoded = value.dropFirst(scheme.count).drop { $0 == " " }.utf8.map { byte in
            byte == UInt8(ascii: "+") ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
        }
        let unpadded = encoded.prefix { $0 != UInt8(ascii: "=") }
        let padding = encoded[unpadded.endIndex...]
        // Some clients leave the padding out.
        guard padding.isEmpty || encoded.count % 4 == 0 && padding.count <= 2,
            padding.allSatisfy({ $0 == UInt8(ascii: "=") }),
            let bytes = Base64URL.bytes(unpadded), !bytes.contains(0),
            let text = String(validating: bytes, as: UTF8.self), let colon = text.firstIndex(of: ":"),
            colon > text.startIndex, text.index(after: colon) < text.endIndex
        else {
            throw TokenError(.invalidClient, "The Authorization header must have a client id and a secret in base64.")
        }
        id = String(text[..<colon])
        secret = String(text[text.index(after: colon)...])
    }
}
