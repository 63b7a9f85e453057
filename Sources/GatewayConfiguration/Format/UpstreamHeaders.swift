// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension ValueType where Value == [(name: String, value: String)] {
    /// `headers` of a provider service, names in lower case.
    static var headers: ValueType {
        let mapping = ValueType<[MappingEntry<String, String>]>.mapping(from: .headerName, to: .headerValue)
        return ValueType("a mapping of at most 64 header names to text") { node, place, reading in
            guard let entries = mapping.read(node, place, &reading) else { return nil }
            guard entries.count <= 64 else {
                reading.report(place, "\(place.name) has \(entries.count) headers; at most 64 are allowed.")
                return nil
            }
            var headers: [(name: String, value: String)] = []
            for entry in entries {
                let name = entry.key.value
                if let reason = refusal(ofHeader: name) {
                    reading.report(entry.key.place, "\(entry.key.place.name): \(reason).")
                } else if headers.contains(where: { $0.name == name }) {
                    reading.report(entry.key.place, "\(entry.key.place.name): the header `\(name)` appears twice.")
                } else if let value = entry.value {
                    headers.append((name: name, value: value))
                }
            }
            return headers
        }
    }
}

extension KeyType where Key == String {
    /// The name of a header, read into lower case.
    static var headerName: KeyType {
        KeyType(description: "the name of a header") { text in
            let isToken = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
            return isToken && (1...128).contains(text.utf8.count) ? text.lowercased() : nil
        }
    }
}

extension ValueType where Value == String {
    /// The name of a header that carries a credential, in lower case.
    static var credentialHeader: ValueType {
        .scalar("the name of a header for a credential, such as `x-api-key`") { text in
            guard let name = KeyType<String>.headerName.parse(text) else { return nil }
            let isOwn = ["authorization", "proxy-authorization", "x-api-key", "x-goog-api-key", "api-key"].contains(
                name
            )
            return isOwn || refusal(ofHeader: name) == nil ? name : nil
        }
    }
}

/// Why the file may not set a header; nil if it may.
func refusal(ofHeader name: String) -> String? {
    switch name {
    case "authorization", "proxy-authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie":
        "a credential belongs in `api_key`"
    case "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade":
        "this header belongs to one connection, and the gateway sets it"
    case "host", "content-length", "content-type", "content-encoding", "accept", "accept-encoding", "expect":
        "the gateway sets this header itself"
    default:
        nil
    }
}
