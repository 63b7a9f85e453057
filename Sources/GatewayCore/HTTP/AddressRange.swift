// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

/// An IP address by its bytes; an IPv4 address that is mapped into IPv6 is the IPv4 address.
package struct IPAddress: Sendable, Hashable {
    /// 4 or 16 bytes, in network order.
    package let bytes: [UInt8]

    /// Reads an address without port, brackets or zone.
    package init?(_ text: String) {
        // Where `sockaddr_in` and `sockaddr_in6` have the address, on every system.
        switch try? SocketAddress(ipAddress: text, port: 0) {
        case .v4(let address): self.init(bytes: withUnsafeBytes(of: address.address) { Array($0[4..<8]) })
        case .v6(let address): self.init(bytes: withUnsafeBytes(of: address.address) { Array($0[8..<24]) })
        default: return nil
        }
    }

    /// Makes one of 4 or 16 bytes.
    package init(bytes: [UInt8]) {
        let isMapped = bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10...11] == [0xFF, 0xFF]
        self.bytes = isMapped ? Array(bytes[12...]) : bytes
    }

    /// The usual way to write it.
    package var text: String {
        (try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0))?.ipAddress ?? ""
    }
}

/// A range of IP addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address.
package struct AddressRange: Sendable, Hashable {
    private let first: IPAddress
    /// How many leading bits all addresses share.
    private let bits: Int

    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = IPAddress(String(parts[0])) else { return nil }
        let size = first.bytes.count * 8
        self.first = first
        guard parts.count == 2 else {
            bits = size
            return
        }
        let digits = parts[1].utf8
        guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let bits = Int(parts[1]), bits <= size
        else { return nil }
        self.bits = bits
    }

    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == first.bytes.count else { return false }
        let (whole, rest) = bits.quotientAndRemainder(dividingBy: 8)
        guard address.bytes[..<whole] == first.bytes[..<whole] else { return false }
        return rest == 0 || (address.bytes[whole] ^ first.bytes[whole]) >> (8 - rest) == 0
    }
}
