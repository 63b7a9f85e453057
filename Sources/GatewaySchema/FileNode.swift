// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A value of the file, with the line that it begins on.
///
/// The reader's own tree rather than the YAML library's: aliases are resolved, keys are text, and depth and size are bounded.
package struct FileNode: Sendable {
    package enum Content: Sendable {
        case scalar(Scalar)
        case list([FileNode])
        case mapping([Entry])
    }

    package struct Scalar: Sendable {
        package var text: String
        /// Whether it was quoted or a block, and so can only be text.
        package var isQuoted: Bool

        package init(text: String, isQuoted: Bool) {
            self.text = text
            self.isQuoted = isQuoted
        }
    }

    package struct Entry: Sendable {
        package var key: String
        package var line: Int
        package var value: FileNode
        /// Where it was written, if not at this key of what it is in.
        package var keyPath: String?

        package init(key: String, line: Int, value: FileNode, keyPath: String? = nil) {
            self.key = key
            self.line = line
            self.value = value
            self.keyPath = keyPath
        }
    }

    package var line: Int
    package var content: Content

    package init(line: Int, content: Content) {
        self.line = line
        self.content = content
    }

    /// Whether it is empty, or YAML's null.
    package var isNull: Bool {
        guard case .scalar(let scalar) = content, !scalar.isQuoted else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
    }
}
