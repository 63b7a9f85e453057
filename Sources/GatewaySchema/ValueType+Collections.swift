// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension ValueType {
    /// A list whose elements are all of one type.
    ///
    /// An empty value is an empty list. Reads nil if any element is wrong.
    package static func list<Element>(of type: ValueType<Element>, count: ClosedRange<Int> = 0...Int.max) -> ValueType
    where Value == [Located<Element>] {
        let bounds =
            switch (count.lowerBound, count.upperBound) {
            case (0, .max): ""
            case (let least, .max): " of \(least) or more"
            case (0, let most): " of at most \(most)"
            case (let least, let most): " of \(least) to \(most)"
            }
        return ValueType("a list\(bounds), each \(type.description)", sections: type.sections) { node, place, reading in
            var nodes: [FileNode] = []
            if case .list(let found) = node.content {
                nodes = found
            } else if !node.isNull {
                reading.reportType(of: node, place, expected: "a list", isSecret: true)
                return nil
            }
            guard count.contains(nodes.count) else {
                reading.report(place, "\(place.name) must be a list\(bounds); it has \(nodes.count).")
                return nil
            }
            var values: [Located<Element>] = []
            for (index, node) in nodes.enumerated() {
                let place = place.element(index, line: node.line)
                if let value = type.read(node, place, &reading) { values.append(Located(value: value, place: place)) }
            }
            return values.count == nodes.count ? values : nil
        }
    }

    /// A mapping from names that the file chooses.
    ///
    /// An empty value is an empty mapping.
    package static func mapping<Key, Element>(from key: KeyType<Key>, to type: ValueType<Element>) -> ValueType
    where Value == [MappingEntry<Key, Element>] {
        let description = "a mapping, each key \(key.description), each value \(type.description)"
        return ValueType(description, sections: type.sections) { node, place, reading in
            var found: [FileNode.Entry] = []
            if case .mapping(let entries) = node.content {
                found = entries
            } else if !node.isNull {
                reading.reportType(of: node, place, expected: "a mapping, each key \(key.description)", isSecret: true)
                return nil
            }
            var entries: [MappingEntry<Key, Element>] = []
            for entry in found {
                let place = place.entry(entry)
                if let name = key.parse(entry.key) {
                    let value = type.read(entry.value, place, &reading)
                    entries.append(MappingEntry(key: Located(value: name, place: place), value: value))
                } else {
                    reading.report(place, "\(place.name): `\(shown: entry.key)` must be \(key.description).")
                }
            }
            return entries
        }
    }

    /// A mapping with keys of its own.
    package static func section(_ section: Section<Value>) -> ValueType {
        ValueType("a mapping", sections: [section.documentation], read: section.read)
    }
}

/// What the names of a mapping may be.
package struct KeyType<Key: Sendable>: Sendable {
    /// As it follows "must be": `a name of three parts`.
    package let description: String
    package let parse: @Sendable (String) -> Key?

    package init(description: String, parse: @escaping @Sendable (String) -> Key?) {
        self.description = description
        self.parse = parse
    }
}

/// An entry of a mapping whose names the file chooses.
package struct MappingEntry<Key: Sendable, Value: Sendable>: Sendable {
    package let key: Located<Key>
    /// nil if it was invalid and reported.
    package let value: Value?
}
