// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Wraps the `encrypted_content` of an answer that is relayed, so that the gateway knows who can read it (reasoning-07).
///
/// For services with several destinations only: OpenAI's encrypted thoughts belong to the account that minted them. Everything else keeps its bytes. Of a stream
/// each event is looked at by itself; a whole answer is held until it is complete.
struct StateWrapping: ResponseTransform {
    private var inner: any ResponseTransform
    private let origin: StateOrigin
    private let isStreaming: Bool
    private var body = ByteBuffer()

    var contentType: String? { inner.contentType }
    var keepsLength: Bool { false }
    var observation: ResponseObservation { inner.observation }
    var mayQuoteError: Bool { inner.mayQuoteError }

    /// Wraps the output of another transform, which for a stream must be whole events.
    init(_ inner: any ResponseTransform, origin: StateOrigin, isStreaming: Bool) {
        self.inner = inner
        self.origin = origin
        self.isStreaming = isStreaming
    }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        let output = try inner.consume(bytes)
        guard !isStreaming else { return wrapped(output) }
        body.writeImmutableBuffer(output)
        guard body.readableBytes <= Self.maximumWholeAnswer else {
            throw .unreadableAnswer("the response has more than \(Self.maximumWholeAnswer) bytes")
        }
        return ByteBuffer()
    }

    mutating func finish() throws(GatewayError) -> ByteBuffer {
        let rest = try inner.finish()
        guard !isStreaming else { return wrapped(rest) }
        body.writeImmutableBuffer(rest)
        defer { body = ByteBuffer() }
        return wrapped(body)
    }

    mutating func fail(_ error: GatewayError) -> ByteBuffer { inner.fail(error) }

    private func wrapped(_ output: ByteBuffer) -> ByteBuffer {
        let values = output.withUnsafeReadableBytes { bytes in Self.values(in: bytes) }
        guard !values.isEmpty else { return output }
        let base = output.readerIndex
        let edits = values.compactMap { range -> JSONSplice.Edit? in
            let text = output.getSlice(at: base + range.lowerBound, length: range.count)
            guard let text, let value = try? JSONValue(validating: text).text, !value.isEmpty,
                !value.hasPrefix(OpaqueState.prefix)
            else { return nil }
            let wrapped = OpaqueState(.encrypted, value, from: origin).wrapped
            return JSONSplice.Edit(
                base + range.lowerBound..<base + range.upperBound,
                with: ByteBuffer(string: "\"\(wrapped)\"")
            )
        }
        return JSONSplice.apply(edits, to: output)
    }

    /// The strings, quotes included, that are values of `encrypted_content`, wherever they stand.
    ///
    /// Inside of a string the quotes around the name would be escaped, and the byte before the closing one would be a backslash.
    private static func values(in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var index = 0
        while let found = WrappedState.first(of: "encrypted_content", in: bytes, from: index) {
            index = found + 17
            guard found >= 1, bytes[found - 1] == UInt8(ascii: "\""),
                found < 2 || bytes[found - 2] != UInt8(ascii: "\\")
            else { continue }
            var walk = JSONWalk(bytes, at: index)
            guard walk.pass(UInt8(ascii: "\"")), walk.pass(UInt8(ascii: ":")), walk.peek() == UInt8(ascii: "\"") else {
                continue
            }
            let range = walk.value()
            ranges.append(range)
            index = range.upperBound
        }
        return ranges
    }
}
