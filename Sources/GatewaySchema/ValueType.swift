// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What a value of the file may be: it names itself in errors and in the documentation, and it reads the value.
package struct ValueType<Value: Sendable>: Sendable {
    /// As it follows "must be": `a whole number from 0 to 100`.
    package let description: String
    /// The sections below it, for the documentation.
    package let sections: [SectionDocumentation]
    /// Reads a value.
    ///
    /// Returns nil after reporting why.
    package let read: @Sendable (FileNode, Place, inout Reading) -> Value?

    package init(
        _ description: String,
        sections: [SectionDocumentation] = [],
        read: @escaping @Sendable (FileNode, Place, inout Reading) -> Value?
    ) {
        self.description = description
        self.sections = sections
        self.read = read
    }

    /// A type that is written as one scalar.
    ///
    /// Where quotes are not allowed, they still are around an environment variable. A secret is not shown in errors. `parse` returns nil for text
    /// that is no such value.
    package static func scalar(
        _ description: String,
        allowsQuotes: Bool = true,
        isSecret: Bool = false,
        parse: @escaping @Sendable (String) -> Value?
    ) -> ValueType {
        ValueType(description) { node, place, reading in
            guard case .scalar(let scalar) = node.content, !node.isNull else {
                reading.reportType(of: node, place, expected: description, isSecret: isSecret)
                return nil
            }
            guard let text = reading.text(of: scalar, place) else { return nil }
            let isText = scalar.isQuoted && text == scalar.text && !allowsQuotes
            guard !isText, let value = parse(text) else {
                reading.reportType(
                    of: node,
                    place,
                    expected: isText ? description + " without quotes" : description,
                    isSecret: isSecret
                )
                return nil
            }
            return value
        }
    }
}
