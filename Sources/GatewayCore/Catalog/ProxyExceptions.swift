// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The hosts of `NO_PROXY`: names with all that is below them, IP addresses, networks (`10.0.0.0/8`), each with an optional port, or `*` for every host.
///
/// A name matches itself and its subdomains, with or without a dot or `*.` before it, as in curl. Names are not looked up. What cannot be understood matches nothing.
package struct ProxyExceptions: Sendable {
    private enum Pattern: Sendable {
        case everything
        case name(String)
        case addresses(AddressRange)
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
        let address = IPAddress(name)
        return entries.contains { entry in
            guard entry.port == nil || entry.port == port else { return false }
            switch entry.pattern {
            case .everything: return true
            case .name(let suffix): return address == nil && (name == suffix || name.hasSuffix("." + suffix))
            case .addresses(let range): return address.map(range.contains) ?? false
            }
        }
    }

    /// A host in lower case, without the dot that ends an absolute name and without the zone of an address.
    static func plainName(_ host: String) -> String {
        var name = host.lowercased()
        if name.contains(":"), let zone = name.firstIndex(of: "%") { name = String(name[..<zone]) }
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    // MARK: Reading

    private static func entry(_ text: Substring) -> (pattern: Pattern, port: Int?)? {
        if text == "*" { return (.everything, nil) }
        if let range = AddressRange(plainName(String(text))) { return (.addresses(range), nil) }
        guard let authority = Authority(text) else { return nil }
        let port = authority.port.flatMap { Int($0) }
        guard (port == nil) == (authority.port == nil) else { return nil }
        if let range = AddressRange(plainName(String(authority.host))) { return (.addresses(range), port) }
        guard !authority.host.contains("/"), !authority.isBracketed else { return nil }
        let isWildcard = authority.host.hasPrefix("*.")
        let name = plainName(String(authority.host.dropFirst(isWildcard ? 1 : 0).drop { $0 == "." }))
        return name.isEmpty ? nil : (.name(name), port)
    }
}
