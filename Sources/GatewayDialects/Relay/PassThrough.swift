// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import NIOCore

/// Passes an answer on that is no model's work, such as one about an earlier answer: nothing of it counts as usage.
///
/// An answer that was stored may be a failed one, which quotes an error. Its first members say whether it is, so they are held until they do.
package struct PassThrough: ResponseTransform {
    /// Most bytes that are held; whatever does not say by then that it is no error may be one.
    private static let maximumHeld = 16 << 10

    package let observation = ResponseObservation()
    package private(set) var mayQuoteError = true
    private var isDecided = false
    private var held = ByteBuffer()
    /// From how many held bytes on they are looked at again.
    private var nextLook = 1

    package init() {}

    package var contentType: String? { nil }
    package var keepsLength: Bool { true }

    package mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer {
        guard !isDecided else { return bytes }
        if held.readableBytes == 0 { held = bytes } else { held.writeImmutableBuffer(bytes) }
        guard held.readableBytes >= nextLook else { return ByteBuffer() }
        if let isError = held.withUnsafeReadableBytes(Self.isError) {
            mayQuoteError = isError
        } else if held.readableBytes < Self.maximumHeld {
            nextLook = 2 * held.readableBytes
            return ByteBuffer()
        }
        isDecided = true
        defer { held = ByteBuffer() }
        return held
    }

    package mutating func finish() throws(GatewayError) -> ByteBuffer {
        defer { held = ByteBuffer() }
        if !isDecided { mayQuoteError = held.withUnsafeReadableBytes(Self.isError) ?? true }
        return held
    }

    package mutating func fail(_ error: GatewayError) -> ByteBuffer { ByteBuffer() }

    /// Whether an answer is an error or a failed response; nil while its members do not say.
    private static func isError(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        var walk = JSONWalk(bytes)
        // Of events, each may report an error.
        guard walk.enterObject() else { return walk.peek() == 0 ? nil : true }
        while let key = walk.nextKey() {
            // Cut off, it may be another key.
            guard walk.peek() != 0 else { return nil }
            if walk.isKey(key, "error") {
                let next = walk.peek()
                if next == UInt8(ascii: "{") || next == UInt8(ascii: "\"") { return true }
            }
            // What is deleted, and a page of input items, have no status.
            if walk.isKey(key, "deleted") || walk.isKey(key, "data") { return false }
            if walk.isKey(key, "status"), let status = walk.text() {
                return walk.peek() == 0 ? nil : walk.isKey(status.range, "failed")
            }
            walk.value()
        }
        return nil
    }
}
