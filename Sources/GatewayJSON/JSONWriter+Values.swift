// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

extension JSONWriter {
    /// A string; escaped where needed.
    @_disfavoredOverload
    package mutating func string(_ string: String) {
        beginString()
        appendString(string)
        endString()
    }

    /// A string; escaped where needed.
    package mutating func string(_ string: StaticString) {
        beginString()
        appendString(string)
        endString()
    }

    /// A string; one that stands in a document is copied as it is spelled there.
    @_disfavoredOverload
    package mutating func string(_ string: JSONString) {
        beginString()
        appendString(string)
        endString()
    }

    /// A string; escaped where needed.
    @_disfavoredOverload
    package mutating func string(_ string: Substring) {
        beginString()
        appendString(string)
        endString()
    }

    /// An integer.
    package mutating func int(_ int: Int) {
        separate()
        buffer.writeString(String(int))
    }

    /// A double with as few digits as give it back, an integral one without `.0`.
    ///
    /// One that is not finite is a mistake of the caller and becomes `null`.
    package mutating func double(_ double: Double) {
        separate()
        buffer.writeString(double.isFinite ? DecimalText.shortest(double) : "null")
    }

    /// A boolean.
    package mutating func bool(_ bool: Bool) {
        separate()
        buffer.writeStaticString(bool ? "true" : "false")
    }

    /// `null`.
    package mutating func null() {
        separate()
        buffer.writeStaticString("null")
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
        separate()
        value.withBytes { _ = buffer.writeBytes($0) }
    }

    /// Bytes that are known to be exactly one JSON value.
    ///
    /// They are not checked.
    package mutating func raw(_ json: ByteBuffer) {
        separate()
        buffer.writeImmutableBuffer(json)
    }

    /// Text that is known to be exactly one JSON value.
    ///
    /// It is not checked.
    package mutating func raw(_ json: StaticString) {
        separate()
        buffer.writeStaticString(json)
    }
}
