// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

extension SocketAddress {
    /// The address that a host is by itself, so that nobody need be asked for it; nil for a name.
    ///
    /// IPv4 in four decimal parts, or IPv6 without brackets. A zone may follow a `%`, or a `%25` as in URLs (RFC 6874): the name or number of a network
    /// interface of this machine.
    package init?(literal host: String, port: Int) {
        guard var address = SystemNames.literal(host.replacing("%25", with: "%", maxReplacements: 1)) else {
            return nil
        }
        address.port = port
        self = address
    }
}

extension [SocketAddress] {
    /// The order in which to try the addresses of a name: the kinds of IP by turns, since one of them may be dead as a whole (RFC 8305, 4), and those to avoid
    /// last.
    package func inTurns(avoiding isAvoided: (SocketAddress) -> Bool) -> [SocketAddress] {
        guard let first else { return [] }
        let same = filter { $0.protocol == first.protocol }
        let other = filter { $0.protocol != first.protocol }
        var turns: [SocketAddress] = []
        for index in 0..<Swift.max(same.count, other.count) {
            if index < same.count { turns.append(same[index]) }
            if index < other.count { turns.append(other[index]) }
        }
        return turns.filter { !isAvoided($0) } + turns.filter(isAvoided)
    }
}
