// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A place in the file.
package struct Place: Sendable {
    package var line: Int
    /// The keys that lead there; empty for the file's top level.
    package var keyPath: String

    /// How messages call all of it.
    package var root = "the file"

    package init(line: Int, keyPath: String, root: String = "the file") {
        self.line = line
        self.keyPath = keyPath
        self.root = root
    }

    package func key(_ name: String, line: Int) -> Place {
        Place(line: line, keyPath: keyPath.isEmpty ? "\(shown: name)" : "\(keyPath).\(shown: name)", root: root)
    }

    /// The place of an entry, which may have been written elsewhere under another name.
    package func entry(_ entry: FileNode.Entry) -> Place {
        guard let keyPath = entry.keyPath else { return key(entry.key, line: entry.line) }
        return Place(line: entry.line, keyPath: keyPath, root: root)
    }

    package func element(_ index: Int, line: Int) -> Place {
        Place(line: line, keyPath: "\(keyPath)[\(index)]", root: root)
    }

    /// Its name in messages.
    package var name: String { keyPath.isEmpty ? root : "`\(keyPath)`" }
}

/// A value with its place, for checks that need more than one value.
package struct Located<Value: Sendable>: Sendable {
    package var value: Value
    package var place: Place

    package init(value: Value, place: Place) {
        self.value = value
        self.place = place
    }
}
