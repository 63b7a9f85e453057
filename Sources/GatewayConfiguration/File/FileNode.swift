// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A value of the file, with the line that it begins on.
///
/// The reader's own tree rather than the YAML library's: aliases are resolved, keys are text, and depth and size are bounded.
struct FileNode: Sendable {
    enum Content: Sendable {
        case scalar(Scalar)
        case list([FileNode])
        case mapping([Entry])
    }

    struct Scalar: Sendable {
        var text: String
        /// Whether it was quoted or a block, and so can only be text.
        var isQuoted: Bool
    }

    struct Entry: Sendable {
        var key: String
        var line: Int
        var value: FileNode
    }

    var line: Int
    var content: Content

    /// Whether it is empty, or YAML's null.
    var isNull: Bool {
        guard case .scalar(let scalar) = content, !scalar.isQuoted else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
    }
}
