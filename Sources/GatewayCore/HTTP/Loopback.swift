// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

/// What belongs to this machine alone, by address, by `Host` and by `Origin`.
package enum Loopback {
    /// Whether an IP address, without a port or brackets, is a loopback one: 127.0.0.0/8, `::1`, and the former mapped into IPv6.
    package static func contains(address: String) -> Bool {
        // The canonical form: a text may spell an IPv6 address in many ways.
        guard let canonical = (try? SocketAddress(ipAddress: address, port: 0))?.ipAddress else { return false }
        return canonical == "::1" || canonical.hasPrefix("127.") || canonical.hasPrefix("::ffff:127.")
    }

    /// Whether the value of a `Host` header names this machine: `localhost` or a loopback address, with or without a port.
    ///
    /// Only such a name cannot be made to point here by somebody else's DNS.
    package static func contains(host value: String) -> Bool {
        guard let name = host(ofAuthority: value[...]) else { return false }
        return name.lowercased() == "localhost" || contains(address: name)
    }

    /// Whether the value of an `Origin` header is a page that this machine serves; `null` is not.
    package static func contains(origin value: String) -> Bool {
        for scheme in ["http://", "https://"] where value.lowercased().hasPrefix(scheme) {
            return contains(host: String(value.dropFirst(scheme.count)))
        }
        return false
    }

    /// The host of `host[:port]`, an IPv6 address without its brackets; nil if it is nothing of the kind.
    private static func host(ofAuthority authority: Substring) -> String? {
        guard let parts = Authority(authority), !parts.isBracketed || parts.host.contains(":") else { return nil }
        let isPort = parts.port?.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return isPort == false ? nil : String(parts.host)
    }
}
