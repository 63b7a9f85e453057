// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Looks for some keys at every depth of a document while it is validated: which of them may be in it.
///
/// It remembers a key by its first letter, its last letter and its length, without case, so that it costs one look into a table for each key of the document. What
/// it does not find is not there, save with underscores in unusual places; what it finds is to be looked for.
package struct JSONKeyWatch: Sendable {
    /// What was found of a document.
    package struct Found: Sendable, Equatable {
        /// A bit for each key, by its place in the list.
        package var seen: UInt64
        /// The same for keys that were there more than once, anywhere.
        package var repeated: UInt64

        package init(seen: UInt64, repeated: UInt64) {
            self.seen = seen
            self.repeated = repeated
        }

        /// Of a document in which nobody looked.
        package static let unknown = Found(seen: .max, repeated: .max)
        /// Of a document without keys.
        static let nothing = Found(seen: 0, repeated: 0)
    }

    /// Most keys of a watch.
    package static let maximumKeys = 63
    /// Stands for keys that are spelled with escapes or letters outside ASCII, which may be any.
    package static let oddKeys: UInt64 = 1 << 63

    private let keys: [String]
    private let table: [UInt64]

    /// A watch for keys in `snake_case`; it finds their `camelCase` too.
    package init(_ keys: [String]) {
        precondition(keys.count <= Self.maximumKeys)
        self.keys = keys
        var table = [UInt64](repeating: 0, count: Self.places)
        for (index, key) in keys.enumerated() {
            for spelling in [key, key.replacing("_", with: "")] {
                let bytes = Array(spelling.utf8)
                guard let first = bytes.first, let last = bytes.last else { continue }
                table[Self.place(first: first, last: last, count: bytes.count)] |= 1 << UInt64(index)
            }
        }
        self.table = table
    }

    /// The bit of a key, and that of odd keys; all bits for a key that is not watched.
    package func mask(of key: String) -> UInt64 {
        keys.firstIndex(of: key).map { 1 << UInt64($0) | Self.oddKeys } ?? .max
    }

    private static let places = 1024

    @inline(__always)
    private static func place(first: UInt8, last: UInt8, count: Int) -> Int {
        // Factors with which the keys of ordinary requests fall on none of those that are looked for.
        ((Int(first) &+ count &* 2) & 31) << 5 | (Int(last) &+ count &* 6) & 31
    }

    /// Runs `body` with what notes keys.
    func withRecorder<Result>(_ body: (Recorder) -> Result) -> (Result, Found) {
        var found = Found.nothing
        let result = table.withUnsafeBufferPointer { table in
            withUnsafeMutablePointer(to: &found) { found in body(Recorder(table: table, found: found)) }
        }
        return (result, found)
    }

    /// Notes keys; valid only during ``withRecorder(_:)``.
    struct Recorder {
        fileprivate let table: UnsafeBufferPointer<UInt64>
        fileprivate let found: UnsafeMutablePointer<Found>

        /// Notes a key that stands between two places without its quotes.
        @inline(__always)
        func note(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
            guard !range.isEmpty else { return }
            let first = bytes[range.lowerBound]
            let bits = table[place(first: first, last: bytes[range.upperBound &- 1], count: range.count)]
            found.pointee.repeated |= found.pointee.seen & bits
            found.pointee.seen |= bits
        }

        func noteOdd() {
            found.pointee.seen |= JSONKeyWatch.oddKeys
            found.pointee.repeated |= JSONKeyWatch.oddKeys
        }
    }
}
