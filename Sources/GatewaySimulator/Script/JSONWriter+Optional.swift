// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

extension JSONWriter {
    /// A field whose value is a string, or null.
    mutating func member(_ key: StaticString, optional value: String?) {
        self.key(key)
        if let value { string(value) } else { null() }
    }

    /// A field whose value is null.
    mutating func nullMember(_ key: StaticString) {
        self.key(key)
        null()
    }

    /// A field whose value is copied from a document onto one line, since it may be part of an event; or null.
    mutating func member(_ key: StaticString, optional value: JSONValue?) {
        self.key(key)
        if let value { self.value(value.onOneLine) } else { null() }
    }

    /// A field whose value `write` writes.
    mutating func member(_ key: StaticString, _ write: (inout JSONWriter) -> Void) {
        self.key(key)
        write(&self)
    }
}
