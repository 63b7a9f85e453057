// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension ValueType where Value == String {
    /// Any text, on several lines too and empty too, of at most so many bytes.
    package static func anyText(limit: Int) -> ValueType {
        .scalar("text of at most \(limit) bytes") { $0.utf8.count <= limit ? $0 : nil }
    }
}

extension ValueType where Value == [String: String] {
    /// A mapping from texts to texts.
    package static var texts: ValueType {
        let texts = ValueType<[MappingEntry<String, String>]>.mapping(
            from: KeyType(description: "text of 1 to 255 characters") {
                ValueType<String>.isPlain($0, limit: 255) ? $0 : nil
            },
            to: .anyText(limit: 4096)
        )
        return ValueType(texts.description) { node, place, reading in
            guard let entries = texts.read(node, place, &reading) else { return nil }
            return Dictionary(entries.compactMap { entry in entry.value.map { (entry.key.value, $0) } }) { $1 }
        }
    }
}

extension ValueType where Value == FileNode {
    /// Any value, as it is.
    package static var any: ValueType { ValueType("any value") { node, _, _ in node } }
}
