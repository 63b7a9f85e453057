// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Where in the file something stands.
struct Place: Sendable {
    var line: Int
    /// The keys that lead there; empty for the file's top level.
    var keyPath: String

    func key(_ name: String, line: Int) -> Place {
        Place(line: line, keyPath: keyPath.isEmpty ? "\(shown: name)" : "\(keyPath).\(shown: name)")
    }

    func element(_ index: Int, line: Int) -> Place {
        Place(line: line, keyPath: "\(keyPath)[\(index)]")
    }

    /// As the messages name it.
    var name: String { keyPath.isEmpty ? "the file" : "`\(keyPath)`" }
}

/// A value with its place, for checks that need more than one value.
struct Located<Value: Sendable>: Sendable {
    var value: Value
    var place: Place
}
