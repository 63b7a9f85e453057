// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The targets of references such as `#/$defs/Pet` in a schema: every object and array on the way is read once.
///
/// Containers on the way are kept, up to 65,536 fields and elements of one schema; references beyond that resolve to nothing.
struct SchemaPointers {
    private let root: JSONValue
    private var members: [Int: [JSONString: JSONValue]] = [:]
    private var elements: [Int: [JSONValue]] = [:]

    /// How many fields and elements may still be kept.
    private var remainingChildren = maximumChildren
    private static let maximumChildren = 65_536

    init(_ root: JSONValue) {
        self.root = root
    }

    /// The part of the root that a reference names; nil if there is none.
    mutating func target(of reference: String) -> JSONValue? {
        guard reference.hasPrefix("#") else { return nil }
        var value = root
        for part in reference.dropFirst().split(separator: "/") {
            let key = String(part.replacing("~1", with: "/").replacing("~0", with: "~"))
            guard let child = child(of: value, key) else { return nil }
            value = child
        }
        return value
    }

    private mutating func child(of value: JSONValue, _ key: String) -> JSONValue? {
        let place = value.range.lowerBound
        if let object = value.object {
            if members[place] == nil {
                var known: [JSONString: JSONValue] = [:]
                for (key, value) in object {
                    guard takeChild() else { break }
                    if known[key] == nil { known[key] = value }
                }
                members[place] = known
            }
            return members[place]?[JSONString(key)]
        }
        guard let array = value.array, let position = Int(key), position >= 0 else { return nil }
        if elements[place] == nil {
            var known: [JSONValue] = []
            for element in array {
                guard takeChild() else { break }
                known.append(element)
            }
            elements[place] = known
        }
        guard let known = elements[place], position < known.count else { return nil }
        return known[position]
    }

    private mutating func takeChild() -> Bool {
        guard remainingChildren > 0 else { return false }
        remainingChildren -= 1
        return true
    }
}
