// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A place in the file.
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

    /// Its name in messages.
    var name: String { keyPath.isEmpty ? "the file" : "`\(keyPath)`" }
}

/// A value with its place, for checks that need more than one value.
struct Located<Value: Sendable>: Sendable {
    var value: Value
    var place: Place
}
