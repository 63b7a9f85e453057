// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// The members that an object of a dialect may have, found by their keys without decoding them.
package struct KeyTable<Key: Sendable>: Sendable {
    private struct Entry: Sendable {
        let name: StaticString
        let key: Key
    }

    /// By the lengths of the names.
    private let entries: [Entry]
    /// Where the entries of each length begin, and behind them where the last ones end.
    private let starts: [Int]

    package init(_ entries: KeyValuePairs<StaticString, Key>) {
        self.init(Array(entries))
    }

    private init(_ entries: [(key: StaticString, value: Key)]) {
        let longest = entries.reduce(0) { max($0, $1.key.utf8CodeUnitCount) }
        var sorted: [Entry] = []
        var starts: [Int] = []
        for length in 0...longest {
            starts.append(sorted.count)
            for entry in entries where entry.key.utf8CodeUnitCount == length {
                sorted.append(Entry(name: entry.key, key: entry.value))
            }
        }
        self.entries = sorted
        self.starts = starts + [sorted.count]
    }

    /// What a key of a document stands for; nil for one that is not in the table.
    package subscript(_ key: JSONString) -> Key? {
        let (found, isEscaped) = key.withBytes { bytes, isEscaped -> (Key?, Bool) in
            if bytes.count &+ 1 < starts.count {
                for index in starts[bytes.count]..<starts[bytes.count &+ 1] where bytes.equals(entries[index].name) {
                    return (entries[index].key, false)
                }
            }
            return (nil, isEscaped && bytes.contains(UInt8(ascii: "\\")))
        }
        guard isEscaped else { return found }
        return entries.first { key == $0.name }?.key
    }
}

extension KeyTable: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral entries: (StaticString, Key)...) {
        self.init(entries.map { (key: $0.0, value: $0.1) })
    }
}
