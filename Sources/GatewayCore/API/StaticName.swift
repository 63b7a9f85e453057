// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A name that is written in the source: copied without counting references, and compared mostly by its address.
struct StaticName: Sendable, Hashable, CustomStringConvertible {
    private let text: StaticString

    init(_ text: StaticString) {
        precondition(text.hasPointerRepresentation, "a name has more than one character")
        self.text = text
    }

    var description: String { text.description }

    static func == (left: StaticName, right: StaticName) -> Bool {
        let count = left.text.utf8CodeUnitCount
        guard count == right.text.utf8CodeUnitCount else { return false }
        return left.text.utf8Start == right.text.utf8Start
            || UnsafeBufferPointer(start: left.text.utf8Start, count: count)
                .elementsEqual(UnsafeBufferPointer(start: right.text.utf8Start, count: count))
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(bytes: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
