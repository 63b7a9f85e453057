// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

extension JSONWriter {
    /// A string; escaped where needed.
    @_disfavoredOverload
    package mutating func string(_ string: String) {
        var string = string
        string.withUTF8 { self.string(UnsafeRawBufferPointer($0), isEscaped: false, frame: .value) }
    }

    /// A string; escaped where needed.
    package mutating func string(_ string: StaticString) {
        string.withUTF8Buffer { self.string(UnsafeRawBufferPointer($0), isEscaped: false, frame: .value) }
    }

    /// A string; one that stands in a document is copied as it is spelled there.
    @_disfavoredOverload
    package mutating func string(_ string: JSONString) {
        string.withBytes { self.string($0, isEscaped: $1, frame: .value) }
    }

    /// A string; escaped where needed.
    @_disfavoredOverload
    package mutating func string(_ string: Substring) {
        var string = string
        string.withUTF8 { self.string(UnsafeRawBufferPointer($0), isEscaped: false, frame: .value) }
    }

    /// An integer.
    package mutating func int(_ int: Int) {
        // The digits come out last first, so they are laid down from the back: 19 of them and a sign at most.
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var start = digits.count
            var rest = int.magnitude
            repeat {
                start &-= 1
                digits[start] = Byte.zero &+ UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if int < 0 {
                start &-= 1
                digits[start] = Byte.minus
            }
            plain(UnsafeRawBufferPointer(rebasing: digits[start..<digits.count]))
        }
    }

    /// A double with as few digits as give it back, an integral one without `.0`.
    ///
    /// One that is not finite is a mistake of the caller and becomes `null`.
    package mutating func double(_ double: Double) {
        guard double.isFinite else { return null() }
        var text = DecimalText.shortest(double)
        text.withUTF8 { plain(UnsafeRawBufferPointer($0)) }
    }

    /// A boolean.
    package mutating func bool(_ bool: Bool) {
        raw(bool ? "true" : "false")
    }

    /// `null`.
    package mutating func null() {
        raw("null")
    }

    /// A number; one that stands in a document is copied as it is spelled there.
    package mutating func number(_ number: JSONNumber) {
        switch number.storage {
        case .written(let written): value(written)
        case .int(let number): int(number)
        case .double(let number): double(number)
        }
    }

    /// A value of a document, byte for byte.
    package mutating func value(_ value: JSONValue) {
        value.withBytes { plain($0) }
    }

    /// Bytes that are known to be exactly one JSON value.
    ///
    /// They are not checked.
    package mutating func raw(_ json: ByteBuffer) {
        json.withUnsafeReadableBytes { plain($0) }
    }

    /// Text that is known to be exactly one JSON value.
    ///
    /// It is not checked.
    package mutating func raw(_ json: StaticString) {
        json.withUTF8Buffer { plain(UnsafeRawBufferPointer($0)) }
    }
}
