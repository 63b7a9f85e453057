// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A key of a section: its name, what its value may be, and what it means.
struct Field<Value: Sendable>: Sendable {
    /// Whether the key is required, and the default if it is not.
    enum Presence: Sendable {
        case required
        /// With the default for the documentation; empty for none.
        case optional(String)
    }

    let name: String
    let type: ValueType<Value>
    let presence: Presence
    /// What it means, as Markdown without a line break.
    let summary: String

    init(_ name: String, _ type: ValueType<Value>, _ presence: Presence, _ summary: String) {
        self.name = name
        self.type = type
        self.presence = presence
        self.summary = summary
    }

    /// An optional key without a default.
    init(_ name: String, _ type: ValueType<Value>, _ summary: String) {
        self.init(name, type, .optional(""), summary)
    }

    var documentation: FieldDocumentation {
        var isRequired = false
        var defaultText = ""
        switch presence {
        case .required: isRequired = true
        case .optional(let text): defaultText = text
        }
        return FieldDocumentation(
            name: name,
            type: type.description,
            isRequired: isRequired,
            defaultText: defaultText,
            summary: summary,
            sections: type.sections
        )
    }
}

/// A field without its type, for the documentation and for the check of names.
struct FieldDocumentation: Sendable {
    let name: String
    let type: String
    let isRequired: Bool
    let defaultText: String
    let summary: String
    let sections: [SectionDocumentation]
}

/// A section without its type, for the documentation.
struct SectionDocumentation: Sendable {
    let title: String
    let summary: String
    let fields: [FieldDocumentation]
}
