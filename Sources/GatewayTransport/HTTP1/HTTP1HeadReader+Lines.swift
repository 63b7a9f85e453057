// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore
import NIOHTTP1

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension UnsafeRawBufferPointer {
    /// The index of the first such byte in `from..<to`, found by `memchr`; both must lie within the buffer.
    func firstIndex(of byte: UInt8, from: Int, to: Int) -> Int? {
        guard from < to, let base = baseAddress else { return nil }
        guard let found = memchr(base + from, Int32(byte), to - from) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    fileprivate func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: self[range]), as: UTF8.self)
    }
}

extension HTTP1HeadReader {
    /// The facts of the header fields that decide how the message is framed.
    fileprivate struct Fields {
        var headers: [(String, String)] = []
        var contentLength: Int?
        var isChunked = false
        var hostCount = 0
        var hostIsValid = true
        var closes = false
        var keepsAlive = false
        var expectsContinue = false
    }

    static func parseRequest(_ bytes: UnsafeRawBufferPointer) throws(HTTP1Error) -> RequestHead {
        guard let lineEnd = bytes.firstIndex(of: 0x0A, from: 0, to: bytes.count), lineEnd >= 1,
            bytes[lineEnd - 1] == 0x0D
        else { throw .badStartLine }
        let end = lineEnd - 1
        guard let space = bytes.firstIndex(of: 0x20, from: 0, to: end), (1...32).contains(space),
            bytes[..<space].allSatisfy(\.isToken)
        else { throw .badStartLine }
        guard let second = bytes.firstIndex(of: 0x20, from: space + 1, to: end), second > space + 1,
            bytes[(space + 1)..<second].allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .badStartLine }
        let isCurrent = try version(bytes, second + 1, end)
        let fields = try fields(bytes, from: lineEnd + 1, isRequest: true)
        guard fields.hostIsValid, fields.hostCount == 1 || (fields.hostCount == 0 && !isCurrent) else { throw .badHost }
        if fields.isChunked {
            guard isCurrent, fields.contentLength == nil else { throw .badTransferEncoding }
        }
        let framing: HTTP1Framing = fields.isChunked ? .chunked(HTTP1ChunkReader()) : .length(fields.contentLength ?? 0)
        return RequestHead(
            method: HTTPMethod(rawValue: bytes.text(0..<space)),
            target: target(bytes.text((space + 1)..<second)),
            headers: HTTPHeaders(fields.headers),
            framing: framing,
            keepsAlive: isCurrent ? !fields.closes : fields.keepsAlive && !fields.closes,
            expectsContinue: fields.expectsContinue && isCurrent,
            isCurrentVersion: isCurrent
        )
    }

    static func parseResponse(_ bytes: UnsafeRawBufferPointer) throws(HTTP1Error) -> ResponseHead {
        guard let lineEnd = bytes.firstIndex(of: 0x0A, from: 0, to: bytes.count), lineEnd >= 1,
            bytes[lineEnd - 1] == 0x0D
        else { throw .badStartLine }
        // "HTTP/1.1 200" at least; the reason phrase may be missing.
        guard lineEnd - 1 >= 12, bytes[8] == 0x20, lineEnd - 1 == 12 || bytes[12] == 0x20 else { throw .badStartLine }
        let isCurrent = try version(bytes, 0, 8)
        var status = 0
        for byte in bytes[9..<12] {
            guard (0x30...0x39).contains(byte) else { throw .badStartLine }
            status = status * 10 + Int(byte - 0x30)
        }
        guard (100...599).contains(status) else { throw .badStartLine }
        let fields = try fields(bytes, from: lineEnd + 1, isRequest: false)
        guard !(fields.isChunked && fields.contentLength != nil) else { throw .badTransferEncoding }
        let framing: HTTP1Framing
        if status < 200 || status == 204 || status == 304 {
            framing = .length(0)
        } else if fields.isChunked {
            framing = .chunked(HTTP1ChunkReader())
        } else if let length = fields.contentLength {
            framing = .length(length)
        } else {
            framing = .untilClose
        }
        return ResponseHead(
            status: status,
            headers: HTTPHeaders(fields.headers),
            framing: framing,
            keepsAlive: isCurrent ? !fields.closes : fields.keepsAlive && !fields.closes
        )
    }

    /// Whether it is HTTP/1.1 rather than HTTP/1.0.
    private static func version(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) throws(HTTP1Error) -> Bool {
        guard end - start == 8, bytes[start..<end].starts(with: "HTTP/".utf8) else { throw .badStartLine }
        guard bytes[start + 5] == UInt8(ascii: "1"), bytes[start + 6] == UInt8(ascii: ".") else {
            throw .unsupportedVersion
        }
        switch bytes[start + 7] {
        case UInt8(ascii: "1"): return true
        case UInt8(ascii: "0"): return false
        default: throw .unsupportedVersion
        }
    }

    /// A target in origin form; the absolute form that proxies get is cut down to it.
    private static func target(_ text: String) -> String {
        guard !text.hasPrefix("/"), let scheme = text.range(ofScheme: ()) else { return text }
        let rest = text[scheme...]
        guard let end = rest.firstIndex(where: { $0 == "/" || $0 == "?" || $0 == "#" }) else { return "/" }
        return rest[end] == "/" ? String(rest[end...]) : "/" + rest[end...]
    }

    private static func fields(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        isRequest: Bool
    ) throws(HTTP1Error) -> Fields {
        var fields = Fields()
        fields.headers.reserveCapacity(16)
        var index = start
        // The caller made sure that the last line is empty.
        while index + 2 < bytes.count {
            guard let newline = bytes.firstIndex(of: 0x0A, from: index, to: bytes.count), newline > index,
                bytes[newline - 1] == 0x0D
            else { throw .badHeaderLine }
            let end = newline - 1
            guard let colon = bytes.firstIndex(of: UInt8(ascii: ":"), from: index, to: end), colon > index,
                bytes[index..<colon].allSatisfy(\.isToken)
            else { throw .badHeaderLine }
            var first = colon + 1
            var last = end
            while first < last, bytes[first] == 0x20 || bytes[first] == 0x09 { first += 1 }
            while last > first, bytes[last - 1] == 0x20 || bytes[last - 1] == 0x09 { last -= 1 }
            guard bytes[first..<last].allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw .badHeaderLine
            }
            guard fields.headers.count < maximumFields else { throw .tooManyFields }
            try fields.note(bytes, name: index..<colon, value: first..<last, isRequest: isRequest)
            fields.headers.append((bytes.text(index..<colon), bytes.text(first..<last)))
            index = newline + 1
        }
        return fields
    }
}

extension HTTP1HeadReader.Fields {
    fileprivate mutating func note(
        _ bytes: UnsafeRawBufferPointer,
        name: Range<Int>,
        value: Range<Int>,
        isRequest: Bool
    ) throws(HTTP1Error) {
        // By length first: most fields need no comparison at all.
        switch name.count {
        case 4 where isRequest && bytes.matches(name, "host"):
            hostCount += 1
            hostIsValid = hostIsValid && !value.isEmpty && bytes[value].allSatisfy(\.isHostCharacter)
        case 6 where isRequest && bytes.matches(name, "expect"):
            expectsContinue = bytes.matches(value, "100-continue")
        case 10 where bytes.matches(name, "connection"):
            closes = closes || bytes.listContains(value, "close")
            keepsAlive = keepsAlive || bytes.listContains(value, "keep-alive")
        case 14 where bytes.matches(name, "content-length"):
            let length = try Self.length(bytes[value])
            // Two equal lengths are one to some parsers and an attack to others: a client gets no benefit of the doubt.
            guard contentLength == nil || (!isRequest && contentLength == length) else { throw .badContentLength }
            contentLength = length
        case 17 where bytes.matches(name, "transfer-encoding"):
            guard !isChunked else { throw .badTransferEncoding }
            guard bytes.matches(value, "chunked") else { throw .unsupportedTransferEncoding }
            isChunked = true
        default:
            break
        }
    }

    private static func length(_ digits: Slice<UnsafeRawBufferPointer>) throws(HTTP1Error) -> Int {
        guard (1...15).contains(digits.count) else { throw .badContentLength }
        var length = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { throw .badContentLength }
            length = length * 10 + Int(byte - 0x30)
        }
        return length
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are that word, whatever the case; the word must be in lower case.
    fileprivate func matches(_ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where self[range.lowerBound + offset].lowercased != word.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Whether a comma-separated list holds that word.
    fileprivate func listContains(_ range: Range<Int>, _ word: StaticString) -> Bool {
        var start = range.lowerBound
        while start < range.upperBound {
            let comma = firstIndex(of: UInt8(ascii: ","), from: start, to: range.upperBound) ?? range.upperBound
            var first = start
            var last = comma
            while first < last, self[first] == 0x20 || self[first] == 0x09 { first += 1 }
            while last > first, self[last - 1] == 0x20 || self[last - 1] == 0x09 { last -= 1 }
            if matches(first..<last, word) { return true }
            start = comma + 1
        }
        return false
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    /// RFC 9110, 5.6.2.
    fileprivate var isToken: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x7C, 0x7E, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E: true
        default: false
        }
    }

    /// What a host and port may consist of: a name, an IPv4 address, a bracketed IPv6 address.
    fileprivate var isHostCharacter: Bool {
        switch self {
        case 0x30...0x3A, 0x41...0x5B, 0x5D, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }
}

extension String {
    /// Where the authority of an `http://` or `https://` URL begins.
    fileprivate func range(ofScheme: Void) -> String.Index? {
        for scheme in ["http://", "https://"] where lowercased().hasPrefix(scheme) {
            return index(startIndex, offsetBy: scheme.utf8.count)
        }
        return nil
    }
}
