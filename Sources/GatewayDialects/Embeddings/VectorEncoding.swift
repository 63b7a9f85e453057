// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension EmbeddingsResponse.Vector {
    func isWritten(as encoding: EmbeddingsRequest.Encoding) -> Bool {
        switch (self, encoding) {
        case (.floats, .floats), (.base64, .base64): true
        case (.floats, .base64), (.base64, .floats): false
        }
    }

    /// Reads an `embedding` of OpenAI's shape.
    init?(_ value: JSONValue?) {
        if let text = value?.text {
            self = .base64(text)
        } else if let array = value?.array {
            self = .floats(array)
        } else {
            return nil
        }
    }

    /// Writes the vector as the client wants it.
    ///
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if it holds anything but finite numbers.
    func write(as encoding: EmbeddingsRequest.Encoding, into writer: inout JSONWriter) throws(GatewayError) {
        switch (self, encoding) {
        case (.floats(let array), .floats):
            writer.beginArray()
            for element in array {
                guard let number = element.number else {
                    throw .unreadableAnswer("a vector contains a value that is not a number")
                }
                writer.number(number)
            }
            writer.endArray()
        case (.base64(let text), .base64):
            writer.string(text)
        case (.floats(let array), .base64):
            var bytes: [UInt8] = []
            for element in array {
                guard let number = element.double else {
                    throw .unreadableAnswer("a vector contains a value that is not a number")
                }
                let bits = Float(number).bitPattern
                for shift in [UInt32(0), 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
            }
            writer.string(Self.base64(of: bytes))
        case (.base64(let text), .floats):
            guard let bytes = Self.bytes(ofBase64: text.string), bytes.count % 4 == 0 else {
                throw .unreadableAnswer("a vector is not base64 of 32-bit floats")
            }
            writer.beginArray()
            for start in stride(from: 0, to: bytes.count, by: 4) {
                let bits = bytes[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                let float = Float(bitPattern: bits)
                guard float.isFinite else { throw .unreadableAnswer("a vector contains a value that is not a number") }
                // The shortest text that gives the same float again.
                writer.raw(ByteBuffer(string: float.description))
            }
            writer.endArray()
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// RFC 4648, 4.
    private static func base64(of bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for place in 0..<4 {
                let digit = alphabet[Int(bits >> (18 - 6 * UInt32(place)) & 63)]
                text.append(place <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func bytes(ofBase64 text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "=") { break }
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 1
            if count % 4 == 0 {
                for shift in [UInt32(16), 8, 0] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
                bits = 0
            }
        }
        switch count % 4 {
        case 2: bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
        case 3: for shift in [UInt32(10), 2] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        case 1: return nil
        default: break
        }
        return bytes
    }
}
