// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// What references such as `#/$defs/Pet` name in a schema: every object and array on the way is read once.
struct SchemaPointers {
    private let root: JSONValue
    private var members: [Int: [JSONString: JSONValue]] = [:]
    private var elements: [Int: [JSONValue]] = [:]

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
                members[place] = Dictionary(object.lazy.map { ($0.key, $0.value) }) { first, _ in first }
            }
            return members[place]?[JSONString(key)]
        }
        guard let array = value.array, let position = Int(key), position >= 0 else { return nil }
        if elements[place] == nil { elements[place] = Array(array) }
        guard let known = elements[place], position < known.count else { return nil }
        return known[position]
    }
}
