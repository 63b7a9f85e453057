// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// A validated JSON value inside a shared document: nothing of it is decoded or copied before it is asked for.
///
/// It keeps the whole document alive. Two values are equal when their bytes are, spelling and whitespace included.
/// Looking into a value skips over what stands before in the same container, so a walk of the whole document costs its
/// size times its depth at most.
package struct JSONValue: Sendable {
    /// The six kinds of RFC 8259, with both booleans as one.
    package enum Kind: UInt8, Sendable {
        case object, array, string, number, bool, null

        /// The kind that a valid value starting with this byte has.
        @inline(__always)
        init(firstByte: UInt8) {
            switch firstByte {
            case Byte.openBrace: self = .object
            case Byte.openBracket: self = .array
            case Byte.quote: self = .string
            case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .bool
            case UInt8(ascii: "n"): self = .null
            default: self = .number
            }
        }
    }

    /// What the value is.
    package let kind: Kind
    /// The whole document, with its indices as they were when it was validated.
    package let document: ByteBuffer
    /// Where the value starts and ends.
    ///
    /// Always within the document's readable bytes.
    let start: UInt32
    let end: UInt32

    /// A value at these reader indices of a document.
    @inline(__always)
    init(kind: Kind, document: ByteBuffer, range: Range<Int>) {
        self.kind = kind
        self.document = document
        self.start = UInt32(truncatingIfNeeded: range.lowerBound)
        self.end = UInt32(truncatingIfNeeded: range.upperBound)
    }

    /// Validates a whole document: strict RFC 8259, valid UTF-8, no lone surrogate escapes, no byte order mark, nothing but
    /// whitespace around the value.
    ///
    /// - Parameters:
    ///   - buffer: The document is its readable bytes.
    ///   - maximumDepth: How many arrays and objects may be open at once.
    /// - Throws: `JSONError` with the first byte that is wrong.
    package init(validating buffer: ByteBuffer, maximumDepth: Int = 128) throws(JSONError) {
        let result = buffer.withUnsafeReadableBytes { bytes -> Result<(Range<Int>, Kind), Validator.Failure> in
            do throws(Validator.Failure) {
                let range = try Validator(bytes: bytes, maximumDepth: maximumDepth).document()
                return .success((range, Kind(firstByte: bytes[range.lowerBound])))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let (range, kind)):
            let base = buffer.readerIndex
            self.init(kind: kind, document: buffer, range: base + range.lowerBound..<base + range.upperBound)
        case .failure(let failure):
            throw failure.error
        }
    }

    /// A value that the gateway makes: what `build` writes into a fresh buffer, which must be exactly one value.
    ///
    /// A `build` that writes nothing, or deeper than ``JSONWriter/maximumDepth``, gives `null`.
    package init(_ build: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        build(&writer)
        self.init(writtenBy: writer.excess == nil ? writer : JSONWriter())
    }

    /// A value that the gateway makes of what may be large or deep: what `build` writes into a fresh buffer, which must be
    /// exactly one value.
    ///
    /// - Throws: Why the writer stopped, if it did.
    package init(maximumBytes: Int, _ build: (inout JSONWriter) -> Void) throws(JSONWriter.Excess) {
        var writer = JSONWriter(maximumBytes: maximumBytes)
        build(&writer)
        if let excess = writer.excess { throw excess }
        self.init(writtenBy: writer)
    }

    private init(writtenBy writer: JSONWriter) {
        var writer = writer
        if writer.buffer.readableBytes == 0 { writer.null() }
        let buffer = writer.buffer
        let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) ?? 0
        self.init(
            kind: Kind(firstByte: first),
            document: buffer,
            range: buffer.readerIndex..<buffer.writerIndex
        )
    }

    /// Where exactly this value stands, in reader indices of the document.
    package var range: Range<Int> { Int(start)..<Int(end) }

    /// Exactly this value's bytes, sharing the document's memory (whatever its size; writing to it copies).
    package var bytes: ByteBuffer {
        var bytes = document
        bytes.moveWriterIndex(to: Int(end))
        bytes.moveReaderIndex(to: Int(start))
        return bytes
    }

    /// Runs `body` on the bytes of this value.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        document.withBytes(in: range, body)
    }
}

extension JSONValue: Equatable {
    /// Whether both are spelled with the same bytes.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        left.kind == right.kind && left.bytes == right.bytes
    }
}

extension JSONValue: CustomStringConvertible {
    /// The kind and size; never the content, since values hold prompts.
    package var description: String { "JSON \(kind) of \(range.count) bytes" }
}

extension ByteBuffer {
    /// Runs `body` on the bytes at these reader indices, which must be readable.
    @inline(__always)
    func withBytes<Result>(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let base = readerIndex
        return withUnsafeReadableBytes { bytes in
            body(UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound - base..<range.upperBound - base]))
        }
    }
}
