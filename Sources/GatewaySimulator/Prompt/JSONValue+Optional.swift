// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Reading what may not be there.
extension Optional where Wrapped == JSONValue {
    /// The elements of an array; none if it is something else or missing.
    var elements: [JSONValue] {
        self?.array.map(Array.init) ?? []
    }

    /// The fields of an object; none if it is something else or missing.
    var members: [(key: JSONString, value: JSONValue)] {
        self?.object.map(Array.init) ?? []
    }

    /// Whether the value is there and is this string.
    func isText(_ text: StaticString) -> Bool {
        self?.text.map { $0 == text } ?? false
    }

    /// The field with this key, if there is an object that has it.
    subscript(_ key: StaticString) -> JSONValue? {
        self?[key]
    }
}
