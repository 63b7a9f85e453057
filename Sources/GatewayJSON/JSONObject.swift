// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

/// The members of a JSON object in document order, found one by one while iterating; nothing is allocated.
package struct JSONObject: Sequence, Sendable {
    let value: JSONValue

    /// Walks the members in document order, duplicates included.
    package struct Iterator: IteratorProtocol {
        private let document: ByteBuffer
        private var position: Int
        private let end: Int

        init(_ value: JSONValue) {
            self.document = value.document
            self.position = value.range.lowerBound + 1
            self.end = value.range.upperBound
        }

        /// The next member.
        package mutating func next() -> (key: JSONString, value: JSONValue)? {
            guard position < end else { return nil }
            let start = position
            let found = document.withBytes(in: start..<end) { bytes -> (ValueReader.Member, JSONValue.Kind)? in
                guard let member = ValueReader(bytes: bytes).member(from: 0) else { return nil }
                return (member, JSONValue.Kind(firstByte: bytes[member.value.lowerBound]))
            }
            guard let (member, kind) = found else {
                position = end
                return nil
            }
            position = start + member.value.upperBound
            return (
                JSONString(document: document, range: start + member.key.lowerBound..<start + member.key.upperBound),
                JSONValue(
                    kind: kind,
                    document: document,
                    range: start + member.value.lowerBound..<start + member.value.upperBound
                )
            )
        }
    }

    /// An iterator over the members in document order.
    package func makeIterator() -> Iterator { Iterator(value) }

    /// Whether there is no member.
    package var isEmpty: Bool {
        var iterator = makeIterator()
        return iterator.next() == nil
    }

    /// A cheap lower bound; counting would walk.
    package var underestimatedCount: Int { 0 }

    /// The first member with this key, also when its spelling has escapes.
    package subscript(_ key: StaticString) -> JSONValue? {
        key.withUTF8Buffer { key in find(UnsafeRawBufferPointer(key), from: 1)?.value }
    }

    /// The first member with this key, also when its spelling has escapes.
    package subscript(_ key: String) -> JSONValue? {
        var key = key
        return key.withUTF8 { key in find(UnsafeRawBufferPointer(key), from: 1)?.value }
    }

    /// The member with this key, refusing a second one (also when either is spelled with escapes).
    ///
    /// For members that the gateway acts on: what it reads must be what the upstream reads.
    ///
    /// - Throws: `JSONError` with `duplicateMember`, at the value of the second.
    package func unique(_ key: StaticString) throws(JSONError) -> JSONValue? {
        let (found, second) = key.withUTF8Buffer { key -> (JSONValue?, JSONValue?) in
            let key = UnsafeRawBufferPointer(key)
            guard let found = find(key, from: 1) else { return (nil, nil) }
            return (found.value, find(key, from: found.next)?.value)
        }
        if let second {
            throw JSONError(
                .duplicateMember("\(key)"),
                offset: second.range.lowerBound - value.document.readerIndex
            )
        }
        return found
    }

    /// The next member with this key from `start`, an index into the object's bytes, and the index behind it.
    private func find(_ key: UnsafeRawBufferPointer, from start: Int) -> (value: JSONValue, next: Int)? {
        let found = value.withBytes { bytes -> (Range<Int>, JSONValue.Kind)? in
            let reader = ValueReader(bytes: bytes)
            var index = start
            while let member = reader.member(from: index) {
                if EscapedText(raw: UnsafeRawBufferPointer(rebasing: bytes[member.key])).matches(key, whole: true) {
                    return (member.value, JSONValue.Kind(firstByte: bytes[member.value.lowerBound]))
                }
                index = member.value.upperBound
            }
            return nil
        }
        guard let (range, kind) = found else { return nil }
        let base = value.range.lowerBound
        let member = JSONValue(
            kind: kind,
            document: value.document,
            range: base + range.lowerBound..<base + range.upperBound
        )
        return (member, range.upperBound)
    }
}
