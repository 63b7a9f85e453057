// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The members that an object of a dialect may have, found by their keys without decoding them.
struct KeyTable<Key: Sendable>: Sendable {
    private struct Entry: Sendable {
        let name: StaticString
        let key: Key
    }

    private let entries: [Entry]

    init(_ entries: KeyValuePairs<StaticString, Key>) {
        self.entries = entries.map { Entry(name: $0.key, key: $0.value) }
    }

    /// What a key of a document stands for; nil for one that is not in the table.
    subscript(_ key: JSONString) -> Key? {
        let (found, isEscaped) = key.withBytes { bytes, isEscaped -> (Key?, Bool) in
            for entry in entries where bytes.equals(entry.name) { return (entry.key, false) }
            return (nil, isEscaped && bytes.contains(UInt8(ascii: "\\")))
        }
        guard isEscaped else { return found }
        return entries.first { key == $0.name }?.key
    }
}
