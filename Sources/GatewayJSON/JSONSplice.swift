// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// Replaces parts of a document and leaves every other byte as it is.
package enum JSONSplice {
    /// One replacement.
    ///
    /// An empty range inserts; an empty replacement removes.
    package struct Edit: Sendable {
        /// What to replace, in reader indices of the document.
        package let range: Range<Int>
        /// What comes in its place: the readable bytes.
        package let replacement: ByteBuffer

        /// A replacement of a range, in reader indices of the document.
        package init(_ range: Range<Int>, with replacement: ByteBuffer) {
            self.range = range
            self.replacement = replacement
        }
    }

    /// The edited document in one new buffer: one allocation, one copy.
    ///
    /// The edits are sorted by position and do not overlap. What lies outside the readable bytes or before the end of an
    /// earlier edit is left out.
    package static func apply(_ edits: [Edit], to document: ByteBuffer) -> ByteBuffer {
        let inserted = edits.reduce(0) { $0 + $1.replacement.readableBytes }
        var result = ByteBufferAllocator().buffer(capacity: document.readableBytes + inserted)
        forEachPiece(edits, of: document) { result.writeImmutableBuffer($0) }
        return result
    }

    /// The edited document as pieces to be written one after the other: what is not edited shares the document's memory.
    ///
    /// Small pieces are put together, so that a document of many edits is not written in as many steps. The others are copies of the document with other reader and writer indices, not slices: a slice that starts more than
    /// 16 MiB into the memory would be copied by `ByteBuffer`. Writing into a piece copies it.
    package static func pieces(_ edits: [Edit], of document: ByteBuffer) -> [ByteBuffer] {
        var pieces: [ByteBuffer] = []
        var small = ByteBuffer()
        forEachPiece(edits, of: document) { piece in
            if piece.readableBytes < largestCopiedPiece { return _ = small.writeImmutableBuffer(piece) }
            if small.readableBytes > 0 {
                pieces.append(small)
                small = ByteBuffer()
            }
            pieces.append(piece)
        }
        if small.readableBytes > 0 { pieces.append(small) }
        return pieces
    }

    private static var largestCopiedPiece: Int { 1 << 10 }

    private static func forEachPiece(_ edits: [Edit], of document: ByteBuffer, _ body: (ByteBuffer) -> Void) {
        var position = document.readerIndex
        for edit in edits {
            let start = min(max(edit.range.lowerBound, position), document.writerIndex)
            if start > position { body(document.view(of: position..<start)) }
            if edit.replacement.readableBytes > 0 { body(edit.replacement) }
            position = min(max(edit.range.upperBound, start), document.writerIndex)
        }
        if position < document.writerIndex { body(document.view(of: position..<document.writerIndex)) }
    }
}

extension ByteBuffer {
    /// The same memory with only these reader indices readable.
    ///
    /// They must be readable here.
    func view(of range: Range<Int>) -> ByteBuffer {
        var view = self
        view.moveWriterIndex(to: range.upperBound)
        view.moveReaderIndex(to: range.lowerBound)
        return view
    }
}
