// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore
import GatewayCore

/// Reads the header with which a proxy begins a connection: the PROXY protocol, versions 1 and 2
/// (https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt, 2026-11).
///
/// No I/O; what has come is given again with what follows it, until there is a result.
package enum ProxyHeader {
    /// The largest header, in bytes: what a version 2 header with the options that proxies send needs.
    package static let maximumBytes = 536

    /// Who a connection is from.
    package enum Source: Equatable, Sendable {
        /// From a client with this address, without its port.
        case client(String)
        /// From the proxy itself (a health check), or from a client whose address it does not know.
        case proxy
    }

    /// What is wrong with the beginning of a connection.
    package enum ReadError: Error, Equatable {
        case missing
        case malformed
        case tooLong
    }

    private static let lineStart = Array("PROXY ".utf8)
    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    /// The longest line of version 1, with its end.
    private static let maximumLineBytes = 107

    /// Takes a header off the beginning of what has come; nil, and nothing taken, if more must come.
    package static func read(from buffer: inout ByteBuffer) throws(ReadError) -> Source? {
        let bytes = buffer.readableBytesView
        if isBeginning(bytes, of: signature) {
            return bytes.count < 16 ? nil : try readBinary(from: &buffer)
        }
        guard isBeginning(bytes, of: lineStart) else { throw .missing }
        return try readLine(from: &buffer)
    }

    /// Whether bytes begin as a mark does, as far as they have come.
    private static func isBeginning(_ bytes: ByteBufferView, of mark: [UInt8]) -> Bool {
        bytes.prefix(mark.count).elementsEqual(mark.prefix(bytes.count))
    }

    // MARK: Version 1

    private static func readLine(from buffer: inout ByteBuffer) throws(ReadError) -> Source? {
        let bytes = buffer.readableBytesView.prefix(maximumLineBytes)
        guard let end = bytes.firstIndex(of: 0x0A) else {
            guard bytes.count < maximumLineBytes else { throw .tooLong }
            return nil
        }
        guard end > bytes.startIndex, bytes[end - 1] == 0x0D else { throw .malformed }
        let line = String(decoding: bytes[..<(end - 1)], as: UTF8.self)
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        buffer.moveReaderIndex(to: end + 1)
        switch words.count > 1 ? words[1] : "" {
        case "UNKNOWN": return .proxy
        case "TCP4": return try .client(source(words, addressBytes: 4))
        case "TCP6": return try .client(source(words, addressBytes: 16))
        default: throw .malformed
        }
    }

    private static func source(_ words: [Substring], addressBytes: Int) throws(ReadError) -> String {
        let isIPv6 = addressBytes == 16
        guard words.count == 6, words[2].contains(":") == isIPv6, words[3].contains(":") == isIPv6,
            let source = IPAddress(String(words[2])), IPAddress(String(words[3])) != nil,
            UInt16(words[4]) != nil, UInt16(words[5]) != nil
        else { throw .malformed }
        return source.text
    }

    // MARK: Version 2

    private static func readBinary(from buffer: inout ByteBuffer) throws(ReadError) -> Source? {
        let start = buffer.readerIndex
        guard let command = buffer.getInteger(at: start + 12, as: UInt8.self),
            let family = buffer.getInteger(at: start + 13, as: UInt8.self),
            let length = buffer.getInteger(at: start + 14, as: UInt16.self)
        else { return nil }
        guard command == 0x20 || command == 0x21 else { throw .malformed }
        guard 16 + Int(length) <= maximumBytes else { throw .tooLong }
        guard buffer.readableBytes >= 16 + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 16)
        let rest = buffer.readBytes(length: Int(length)) ?? []
        // 0x20 is LOCAL: the proxy speaks for itself.
        guard command == 0x21 else { return .proxy }
        switch family {
        case 0x11: return try .client(source(rest, addressBytes: 4))
        case 0x21: return try .client(source(rest, addressBytes: 16))
        // No TCP over IP: nothing that is an address here.
        default: return .proxy
        }
    }

    private static func source(_ rest: [UInt8], addressBytes: Int) throws(ReadError) -> String {
        guard rest.count >= 2 * addressBytes + 4 else { throw .malformed }
        return IPAddress(bytes: Array(rest[..<addressBytes])).text
    }
}
