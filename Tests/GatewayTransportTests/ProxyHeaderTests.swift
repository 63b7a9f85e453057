// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayTransport
import NIOCore
import Testing

private let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

/// A header of version 2.
private func binary(_ command: UInt8, _ family: UInt8, _ rest: [UInt8]) -> [UInt8] {
    signature + [command, family, UInt8(rest.count >> 8), UInt8(rest.count & 0xFF)] + rest
}

private let ports: [UInt8] = [0x12, 0x34, 0x01, 0xBB]
private let ipv6: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [7]
private let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 1]

private let valid: [(header: [UInt8], source: ProxyHeader.Source)] = [
    (Array("PROXY TCP4 192.0.2.1 10.0.0.1 4660 443\r\n".utf8), .client("192.0.2.1")),
    (Array("PROXY TCP6 2001:db8::7 ::1 4660 443\r\n".utf8), .client("2001:db8::7")),
    (Array("PROXY UNKNOWN\r\n".utf8), .proxy),
    (Array("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n".utf8), .proxy),
    (binary(0x21, 0x11, [192, 0, 2, 1, 10, 0, 0, 1] + ports), .client("192.0.2.1")),
    (binary(0x21, 0x21, ipv6 + ipv6 + ports), .client("2001:db8::7")),
    (binary(0x21, 0x21, mapped + mapped + ports), .client("192.0.2.1")),
    // With options behind the addresses.
    (binary(0x21, 0x11, [192, 0, 2, 1, 10, 0, 0, 1] + ports + [0x04, 0, 2, 0, 0]), .client("192.0.2.1")),
    // The proxy's own health check, whatever it says of addresses.
    (binary(0x20, 0x00, []), .proxy),
    (binary(0x20, 0x11, [192, 0, 2, 1, 10, 0, 0, 1] + ports), .proxy),
    // A Unix socket.
    (binary(0x21, 0x31, Array(repeating: 0, count: 216)), .proxy),
]

@Suite("Headers of the PROXY protocol")
struct ProxyHeaderTests {
    @Test("A header is read and taken off, and what follows stays", arguments: valid.indices)
    func whole(index: Int) throws {
        var buffer = ByteBuffer(bytes: valid[index].header + Array("GET / HTTP/1.1\r\n".utf8))
        #expect(try ProxyHeader.read(from: &buffer) == valid[index].source)
        #expect(String(buffer: buffer) == "GET / HTTP/1.1\r\n")
    }

    @Test("A header that is cut anywhere waits for the rest, and takes nothing", arguments: valid.indices)
    func everySplit(index: Int) throws {
        let header = valid[index].header
        for count in 0..<header.count {
            var buffer = ByteBuffer(bytes: header[..<count])
            #expect(try ProxyHeader.read(from: &buffer) == nil)
            #expect(buffer.readableBytes == count)
            buffer.writeBytes(header[count...])
            #expect(try ProxyHeader.read(from: &buffer) == valid[index].source)
            #expect(buffer.readableBytes == 0)
        }
    }

    @Test(
        "What is no header is refused",
        arguments: [
            ("GET / HTTP/1.1\r\n", .missing), ("PROXYTCP4 1.2.3.4", .missing), ("\u{16}\u{3}\u{1}", .missing),
            ("PROXY TCP4 192.0.2.1 10.0.0.1 1 2\n", .malformed), ("PROXY \r\n", .malformed),
            ("PROXY TCP4 192.0.2.1 10.0.0.1 1\r\n", .malformed), ("PROXY TCP4 ::1 ::1 1 2\r\n", .malformed),
            ("PROXY TCP6 192.0.2.1 10.0.0.1 1 2\r\n", .malformed),
            ("PROXY TCP4 192.0.2.1 10.0.0.1 1 65536\r\n", .malformed),
            ("PROXY TCP4  192.0.2.1 10.0.0.1 1 2\r\n", .malformed), ("PROXY TCP4 a b 1 2\r\n", .malformed),
            ("PROXY UDP4 192.0.2.1 10.0.0.1 1 2\r\n", .malformed),
            ("PROXY UNKNOWN " + String(repeating: "x", count: 100), .tooLong),
        ] as [(String, ProxyHeader.ReadError)]
    )
    func wrongLines(text: String, error: ProxyHeader.ReadError) {
        #expect(throws: error) {
            var buffer = ByteBuffer(string: text)
            return try ProxyHeader.read(from: &buffer)
        }
    }

    @Test("A binary header that is wrong or too long is refused as soon as that shows")
    func wrongBinaries() {
        for (header, error) in [
            (binary(0x22, 0x11, []), .malformed), (binary(0x11, 0x11, []), .malformed),
            (binary(0x21, 0x11, [1, 2, 3]), .malformed),
            (binary(0x21, 0x21, [192, 0, 2, 1, 10, 0, 0, 1] + ports), .malformed),
            (signature + [0x21, 0x11, 0x02, 0x09], .tooLong), (signature + [0x20, 0x00, 0xFF, 0xFF], .tooLong),
        ] as [([UInt8], ProxyHeader.ReadError)] {
            #expect(throws: error) {
                var buffer = ByteBuffer(bytes: header)
                return try ProxyHeader.read(from: &buffer)
            }
        }
    }

    @Test("The largest header is taken")
    func largest() throws {
        let rest = [192, 0, 2, 1, 10, 0, 0, 1] + ports + Array(repeating: 0, count: ProxyHeader.maximumBytes - 28)
        var buffer = ByteBuffer(bytes: binary(0x21, 0x11, rest))
        #expect(buffer.readableBytes == ProxyHeader.maximumBytes)
        #expect(try ProxyHeader.read(from: &buffer) == .client("192.0.2.1"))
    }
}
