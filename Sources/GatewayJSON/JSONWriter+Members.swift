// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Members in one call: `member("role", "user")` is `key("role")` and `string("user")`.
extension JSONWriter {
    /// A member whose value is a string.
    @_disfavoredOverload
    package mutating func member(_ key: StaticString, _ value: String) {
        self.key(key)
        string(value)
    }

    /// A member whose value is a string.
    package mutating func member(_ key: StaticString, _ value: StaticString) {
        self.key(key)
        string(value)
    }

    /// A member whose value is a string; one that stands in a document is copied as it is spelled there.
    @_disfavoredOverload
    package mutating func member(_ key: StaticString, _ value: JSONString) {
        self.key(key)
        string(value)
    }

    /// A member whose value is an integer.
    package mutating func member(_ key: StaticString, _ value: Int) {
        self.key(key)
        int(value)
    }

    /// A member whose value is a double; see `double`.
    package mutating func member(_ key: StaticString, _ value: Double) {
        self.key(key)
        double(value)
    }

    /// A member whose value is a boolean.
    package mutating func member(_ key: StaticString, _ value: Bool) {
        self.key(key)
        bool(value)
    }

    /// A member whose value is copied from a document, byte for byte.
    package mutating func member(_ key: StaticString, _ value: JSONValue) {
        self.key(key)
        self.value(value)
    }

    /// A member as another document spells it, key and value.
    package mutating func copy(_ key: JSONString, _ value: JSONValue) {
        self.key(key)
        self.value(value)
    }

    /// A member whose value is a number as it is written.
    package mutating func member(_ key: StaticString, _ value: JSONNumber) {
        self.key(key)
        number(value)
    }

    /// A member whose value is an object.
    @inlinable
    package mutating func member<E: Error>(
        _ key: StaticString,
        object body: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        self.key(key)
        try object(body)
    }

    /// A member whose value is an array.
    @inlinable
    package mutating func member<E: Error>(
        _ key: StaticString,
        array body: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        self.key(key)
        try array(body)
    }
}
