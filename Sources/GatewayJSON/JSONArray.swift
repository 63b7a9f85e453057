// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

/// The elements of a JSON array, found one by one while iterating; nothing is allocated.
package struct JSONArray: Sequence, Sendable {
    let value: JSONValue

    /// Walks the elements in order.
    package struct Iterator: IteratorProtocol {
        private let document: ByteBuffer
        private var position: Int
        private let end: Int

        init(_ value: JSONValue) {
            self.document = value.document
            self.position = value.range.lowerBound + 1
            self.end = value.range.upperBound
        }

        /// The next element.
        package mutating func next() -> JSONValue? {
            guard position < end else { return nil }
            let start = position
            let found = document.withBytes(in: start..<end) { bytes -> (Range<Int>, JSONValue.Kind)? in
                guard let range = ValueReader(bytes: bytes).element(from: 0) else { return nil }
                return (range, JSONValue.Kind(firstByte: bytes[range.lowerBound]))
            }
            guard let (range, kind) = found else {
                position = end
                return nil
            }
            position = start + range.upperBound
            return JSONValue(
                kind: kind,
                document: document,
                range: start + range.lowerBound..<start + range.upperBound
            )
        }
    }

    /// An iterator over the elements in order.
    package func makeIterator() -> Iterator { Iterator(value) }

    /// Whether there is no element.
    package var isEmpty: Bool { first == nil }

    /// The first element.
    package var first: JSONValue? {
        var iterator = makeIterator()
        return iterator.next()
    }

    /// How many elements there are; walks over all of them.
    package var count: Int { reduce(into: 0) { count, _ in count += 1 } }

    /// A cheap lower bound; counting would walk.
    package var underestimatedCount: Int { 0 }
}
