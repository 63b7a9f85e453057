// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Where an upstream listens: a base URL in parts.
package struct UpstreamAddress: Sendable, Hashable {
    package let isSecure: Bool
    /// Host name, IPv4 address, or IPv6 address without brackets, with its zone if the URL has one.
    package let host: String
    package let port: Int
    /// The path of the base URL, without a slash at its end; empty for none.
    package let pathPrefix: String

    /// Reads a base URL.
    ///
    /// - Returns: nil unless it is `http://` or `https://` with a host, an optional port and an optional path. A user name, a query or a fragment is refused,
    ///   and so is any byte outside printable ASCII, since it would end up in a request line.
    package init?(baseURL: String) {
        guard baseURL.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        var rest = Substring(baseURL)
        if rest.hasPrefix("https://") {
            isSecure = true
            rest = rest.dropFirst(8)
        } else if rest.hasPrefix("http://") {
            isSecure = false
            rest = rest.dropFirst(7)
        } else {
            return nil
        }
        guard !rest.contains(where: { $0 == "?" || $0 == "#" || $0 == "@" || $0 == "\\" }) else { return nil }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var path = String(rest[slash...])
        while path.hasSuffix("/") { path.removeLast() }
        pathPrefix = path
        guard let authority = Authority(rest[..<slash]), !authority.host.isEmpty else { return nil }
        host = String(authority.host)
        if let text = authority.port {
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
                (1...65535).contains(number)
            else { return nil }
            port = number
        } else {
            port = isSecure ? 443 : 80
        }
    }

    /// The base URL, as it was read but for what is the default.
    package var baseURL: String { "\(isSecure ? "https" : "http")://\(authority)\(pathPrefix)" }

    /// Whether the host is an IP address rather than a name.
    package var isIPAddress: Bool { IPAddress(ProxyExceptions.plainName(host)) != nil }

    /// The value of the `host` header; a zone is this machine's affair (RFC 6874, 1).
    package var authority: String {
        let name = host.contains(":") ? "[\(host.prefix { $0 != "%" })]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }
}
