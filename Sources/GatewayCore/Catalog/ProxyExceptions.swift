// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The hosts of `NO_PROXY`: names with all that is below them, IP addresses, networks (`10.0.0.0/8`), each with an optional port, or `*` for every host.
///
/// A name matches itself and its subdomains, with or without a dot or `*.` before it, as in curl. Names are not looked up. What cannot be understood matches nothing.
package struct ProxyExceptions: Sendable {
    private enum Pattern: Sendable {
        case everything
        case name(String)
        /// The bytes of an address, of which so many bits count.
        case network([UInt8], bits: Int)
    }

    private let entries: [(pattern: Pattern, port: Int?)]

    /// Reads a list whose entries are separated by commas or spaces.
    package init(_ list: String) {
        entries = list.split { $0 == "," || $0.isWhitespace }.compactMap(Self.entry)
    }

    /// Whether an upstream is reached without a proxy; an IPv6 address has no brackets.
    package func contains(host: String, port: Int) -> Bool {
        guard !entries.isEmpty else { return false }
        let name = Self.plainName(host)
        let address = Self.addressBytes(name)
        return entries.contains { entry in
            guard entry.port == nil || entry.port == port else { return false }
            switch entry.pattern {
            case .everything: return true
            case .name(let suffix): return address == nil && (name == suffix || name.hasSuffix("." + suffix))
            case .network(let network, let bits):
                guard let address, address.count == network.count else { return false }
                return Self.sharesBits(address, network, bits)
            }
        }
    }

    /// A host in lower case, without the dot that ends an absolute name and without the zone of an address.
    static func plainName(_ host: String) -> String {
        var name = host.lowercased()
        if name.contains(":"), let zone = name.firstIndex(of: "%") { name = String(name[..<zone]) }
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    /// Whether a host is an IP address.
    static func isAddress(_ host: String) -> Bool { addressBytes(plainName(host)) != nil }

    // MARK: Reading

    private static func entry(_ text: Substring) -> (pattern: Pattern, port: Int?)? {
        if text == "*" { return (.everything, nil) }
        if let network = network(text) { return (network, nil) }
        var host = text
        var port: Int?
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<close]
            let rest = text[text.index(after: close)...]
            if !rest.isEmpty {
                guard rest.hasPrefix(":"), let number = Int(rest.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = text.lastIndex(of: ":") {
            guard let number = Int(text[text.index(after: colon)...]) else { return nil }
            host = text[..<colon]
            port = number
        }
        if let network = network(host) { return (network, port) }
        guard !host.contains("/"), !host.contains(":") else { return nil }
        if host.hasPrefix("*.") { host = host.dropFirst() }
        let name = plainName(String(host.drop { $0 == "." }))
        return name.isEmpty ? nil : (.name(name), port)
    }

    /// An address, or a network with the number of its bits.
    private static func network(_ text: Substring) -> Pattern? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = addressBytes(plainName(String(first))) else { return nil }
        guard parts.count > 1 else { return .network(address, bits: address.count * 8) }
        guard let bits = Int(parts[1]), (0...address.count * 8).contains(bits) else { return nil }
        return .network(address, bits: bits)
    }

    /// The 4 or 16 bytes of an IP address; nil for a name.
    ///
    /// An IPv4 address that is mapped into IPv6 is that IPv4 address.
    private static func addressBytes(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes.suffix(4)) : bytes
    }

    private static func sharesBits(_ one: [UInt8], _ other: [UInt8], _ bits: Int) -> Bool {
        let (whole, rest) = bits.quotientAndRemainder(dividingBy: 8)
        guard one.prefix(whole) == other.prefix(whole) else { return false }
        return rest == 0 || (one[whole] ^ other[whole]) >> (8 - rest) == 0
    }
}

extension UpstreamAddress {
    /// Whether the host is an IP address rather than a name.
    package var isIPAddress: Bool { ProxyExceptions.isAddress(host) }
}
