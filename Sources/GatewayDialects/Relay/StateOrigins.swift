// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

extension Dialects {
    /// Most origins that a body is searched for; a conversation rarely has seen more destinations.
    private static let maximumOrigins = 8

    package func stateOrigins(in envelope: RequestEnvelope) -> [StateOrigin] {
        var origins: [StateOrigin] = []
        envelope.scan.value.document.withUnsafeReadableBytes { bytes in
            var index = 0
            while let found = WrappedState.next(in: bytes, from: index) {
                index = found.end
                if let known = origins.firstIndex(of: found.origin) { origins.remove(at: known) }
                origins.insert(found.origin, at: 0)
                if origins.count > Self.maximumOrigins { origins.removeLast() }
            }
        }
        return origins
    }

    package func session(of envelope: RequestEnvelope) -> String? {
        dialect(envelope.apiType.wireFormat)?.session(of: envelope)
    }
}

/// Where a wrapped state stands in raw bytes.
enum WrappedState {
    /// The next one from an index on: whose it is, and where its head ends.
    static func next(in bytes: UnsafeRawBufferPointer, from start: Int) -> (origin: StateOrigin, end: Int)? {
        let prefix = OpaqueState.prefix
        let count = prefix.utf8CodeUnitCount
        var index = start
        while let found = first(of: prefix, in: bytes, from: index) {
            // The kind, then sixteen hexadecimal digits.
            let head = found + count + 1
            index = found + count
            guard head + 16 <= bytes.count else { return nil }
            let digits = String(decoding: bytes[head..<head + 16], as: UTF8.self)
            if let tag = UInt64(digits, radix: 16) { return (StateOrigin(tag: tag), head + 16) }
        }
        return nil
    }

    /// Where a text begins that has an underscore in it: a byte that is rare in what people write, and so is searched for first.
    static func first(of text: StaticString, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let underscore = UInt8(ascii: "_")
        let count = text.utf8CodeUnitCount
        var offset = 0
        while offset < count - 1, text.utf8Start[offset] != underscore { offset += 1 }
        var index = start + offset
        while index < bytes.count {
            index = BytePair(underscore, underscore).first(in: bytes, from: index)
            let begin = index - offset
            guard begin + count <= bytes.count else { return nil }
            if UnsafeRawBufferPointer(rebasing: bytes[begin..<begin + count]).equals(text) { return begin }
            index += 1
        }
        return nil
    }
}
