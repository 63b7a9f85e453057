// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A key of a section: its name, what its value may be, and what it means.
package struct Field<Value: Sendable>: Sendable {
    /// Whether the key is required, and the default if it is not.
    package enum Presence: Sendable {
        case required
        /// With the default for the documentation; empty for none.
        case optional(String)
    }

    package let name: String
    package let type: ValueType<Value>
    package let presence: Presence
    /// What it means, as Markdown without a line break.
    package let summary: String

    package init(_ name: String, _ type: ValueType<Value>, _ presence: Presence, _ summary: String) {
        self.name = name
        self.type = type
        self.presence = presence
        self.summary = summary
    }

    /// An optional key without a default.
    package init(_ name: String, _ type: ValueType<Value>, _ summary: String) {
        self.init(name, type, .optional(""), summary)
    }

    package var documentation: FieldDocumentation {
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
package struct FieldDocumentation: Sendable {
    package let name: String
    package let type: String
    package let isRequired: Bool
    package let defaultText: String
    package let summary: String
    package let sections: [SectionDocumentation]
}

/// A section without its type, for the documentation.
package struct SectionDocumentation: Sendable {
    package let title: String
    package let summary: String
    package let fields: [FieldDocumentation]
}
