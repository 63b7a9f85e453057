// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Why a name has no address, in the system's words.
package struct NameError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// The system's look-up of names: `/etc/hosts`, DNS, and whatever else the machine is configured to ask.
enum SystemNames {
    /// The addresses of a name with port 0, in the order of RFC 6724; blocks, for as long as name servers keep silent.
    ///
    /// - Throws: ``NameError``
    static func addresses(of name: String) throws -> [SocketAddress] {
        try addresses(of: name, flags: 0)
    }

    /// The address that a host is by itself, with port 0; nil for a name.
    ///
    /// Asks nobody and does not block. IPv4, or IPv6 without brackets and perhaps with a zone after a `%`.
    static func literal(_ host: String) -> SocketAddress? {
        try? addresses(of: host, flags: AI_NUMERICHOST).first
    }

    private static func addresses(of name: String, flags: CInt) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_flags = flags
        // One entry for each address instead of one for each kind of socket.
        #if canImport(Glibc)
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(name, nil, &hints, &list)
        guard status == 0 else { throw NameError(String(cString: gai_strerror(status))) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let raw = UnsafeRawPointer(entry.ai_addr) else { continue }
            switch entry.ai_family {
            case AF_INET: addresses.append(SocketAddress(raw.loadUnaligned(as: sockaddr_in.self)))
            case AF_INET6: addresses.append(SocketAddress(raw.loadUnaligned(as: sockaddr_in6.self)))
            default: break
            }
        }
        return addresses
    }
}
