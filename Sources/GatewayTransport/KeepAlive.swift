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

/// TCP keep-alive: finds peers that vanished without a word (a machine without power, a firewall that forgot the connection), which no write would find.
///
/// Also through the minutes in which a model thinks; and its first probe keeps a silent connection in the tables of firewalls and NAT.
enum KeepAlive {
    /// Seconds without traffic before the first probe.
    private static let idle = 60
    /// Seconds between probes.
    private static let interval = 15
    /// Probes without an answer before the connection is given up: after two minutes in all.
    private static let count = 4

    /// Turns it on for a connection, or for a listening socket; sockets that a listening socket accepts take it over.
    static func enable(on channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        #if os(Linux)
        try options.setOption(.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPIDLE)), value: SocketOptionValue(idle))
        try options.setOption(
            .tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPINTVL)),
            value: SocketOptionValue(interval)
        )
        try options.setOption(.tcpOption(NIOBSDSocket.Option(rawValue: TCP_KEEPCNT)), value: SocketOptionValue(count))
        #endif
    }
}
