// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A mapping of the file with a fixed set of keys, and what is made of it.
package struct Section<Value: Sendable>: Sendable {
    /// How the documentation names it: `provider_services.<name>`.
    package let title: String
    /// What it is, as one sentence of Markdown.
    package let summary: String
    package let fields: [FieldDocumentation]
    /// Keys that users may expect here, each with the reason why it is not allowed.
    package let misplaced: [String: String]
    /// Makes the value of fields that are each checked on their own.
    ///
    /// Returns nil after reporting why, or if a required field was invalid.
    package let build: @Sendable (SectionValues, inout Reading) -> Value?

    package init(
        _ title: String,
        _ summary: String,
        fields: [FieldDocumentation],
        misplaced: [String: String] = [:],
        build: @escaping @Sendable (SectionValues, inout Reading) -> Value?
    ) {
        self.title = title
        self.summary = summary
        self.fields = fields
        self.misplaced = misplaced
        self.build = build
    }

    package var documentation: SectionDocumentation {
        SectionDocumentation(title: title, summary: summary, fields: fields)
    }

    /// Reads the section; an empty value is a section without keys.
    @Sendable
    package func read(_ node: FileNode, _ place: Place, _ reading: inout Reading) -> Value? {
        var entries: [FileNode.Entry] = []
        if case .mapping(let found) = node.content {
            entries = found
        } else if !node.isNull {
            reading.reportType(of: node, place, expected: "a mapping with the keys \(keyList)", isSecret: true)
            return nil
        }
        var known: [String: FileNode.Entry] = [:]
        for entry in entries {
            if fields.contains(where: { $0.name == entry.key }) {
                known[entry.key] = entry
            } else {
                reportUnknown(entry, place, &reading)
            }
        }
        for field in fields where field.isRequired && known[field.name] == nil {
            reading.report(place, "\(place.name) lacks the key `\(field.name)`.")
        }
        return build(SectionValues(place: place, entries: known), &reading)
    }

    private var keyList: String {
        fields.map { "`\($0.name)`" }.sorted().joined(separator: ", ")
    }

    private func reportUnknown(_ entry: FileNode.Entry, _ place: Place, _ reading: inout Reading) {
        let key = place.entry(entry)
        let container = place.keyPath.isEmpty ? "at the top level" : "in \(place.name)"
        if let reason = misplaced[entry.key] {
            reading.report(key, "the key `\(entry.key)` does not belong \(container): \(reason).")
        } else if entry.key == "<<" {
            reading.report(
                key,
                "merge keys (`<<`) are not supported \(container); an alias can stand for a whole value."
            )
        } else {
            let hint = reading.suggestion(for: entry.key, in: fields.map(\.name))
            reading.report(key, "unknown key `\(shown: entry.key)` \(container).\(hint) Known keys: \(keyList).")
        }
    }
}

/// The values that one section of the file gives to its fields.
package struct SectionValues: Sendable {
    package let place: Place
    fileprivate let entries: [String: FileNode.Entry]

    fileprivate init(place: Place, entries: [String: FileNode.Entry]) {
        self.place = place
        self.entries = entries
    }

    package func has<Value>(_ field: Field<Value>) -> Bool {
        entries[field.name] != nil
    }

    /// The place of the field, or of the section if it is missing.
    package func place<Value>(of field: Field<Value>) -> Place {
        entries[field.name].map { place.entry($0) } ?? place
    }

    /// The value of the field; nil if it is missing, or invalid and reported.
    package func read<Value>(_ field: Field<Value>, _ reading: inout Reading) -> Value? {
        guard let entry = entries[field.name] else { return nil }
        return field.type.read(entry.value, place(of: field), &reading)
    }
}
