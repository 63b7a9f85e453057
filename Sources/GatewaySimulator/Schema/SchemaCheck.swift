// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Whether a JSON Schema is one that vendors accept.
struct SchemaCheck {
    /// What is wrong with the schema, in words; nil if nothing is.
    ///
    /// With `isStrict` it must also be one that a response can be held to exactly: every object closed, every field required,
    /// nothing that strict decoding does not know (OpenAI's rules for `strict`, 2026-11).
    static func problem(in schema: JSONValue, isStrict: Bool = false) -> String? {
        var check = SchemaCheck(schema)
        var problem = check.open(schema, isStrict: isStrict, steps: 0)
        while problem == nil, let cursor = check.cursors.popLast() { problem = check.advance(cursor) }
        return problem
    }

    private static let types: [StaticString] = ["object", "array", "string", "integer", "number", "boolean", "null"]
    private static let lists: [StaticString] = ["anyOf", "oneOf", "allOf", "prefixItems"]
    private static let maps: [StaticString] = ["properties", "$defs", "definitions", "patternProperties"]
    private static let single: [StaticString] = ["items", "additionalProperties", "not", "contains"]
    private static let looseOnly: [StaticString] = [
        "allOf", "oneOf", "not", "if", "then", "else", "patternProperties", "dependentRequired",
    ]

    private var pointers: SchemaPointers
    /// The keys that lead to the schema that is looked at.
    private var path: [JSONString] = []
    private var cursors: [Cursor] = []

    /// The state of reading in an open container, instead of recursion, so that depth costs no stack.
    ///
    /// `steps` are those at the end of the path that end with it.
    private enum Cursor {
        case keywords(JSONObject.Iterator, isStrict: Bool, steps: Int)
        case list(JSONArray.Iterator, isStrict: Bool)
        case map(JSONObject.Iterator, isStrict: Bool)
    }

    private init(_ root: JSONValue) {
        pointers = SchemaPointers(root)
    }

    /// The path of the current schema, for the message; long paths are truncated.
    private var place: String {
        if path.isEmpty { return "the schema" }
        var text = ""
        for key in path where text.utf8.count <= 400 {
            text += "\(text.isEmpty ? "" : ".")\(key.string.prefix(128))"
        }
        return "'\(text)'"
    }

    /// Begins with a schema: looks at what concerns it alone.
    private mutating func open(_ schema: JSONValue, isStrict: Bool, steps: Int) -> String? {
        if schema.kind == .bool {
            if isStrict { return "\(place) must be an object" }
            path.removeLast(steps)
            return nil
        }
        guard let object = schema.object else { return "\(place) must be an object or a boolean" }
        if let problem = typeProblem(schema) { return problem }
        if let required = schema["required"] {
            guard let names = required.array, names.allSatisfy({ $0.kind == .string }) else {
                return "'required' of \(place) must be an array of strings"
            }
        }
        if let values = schema["enum"] {
            guard let values = values.array, !values.isEmpty else {
                return "'enum' of \(place) must be an array with values"
            }
        }
        if let reference = schema["$ref"] {
            guard let text = reference.string else { return "'$ref' of \(place) must be a string" }
            guard !text.hasPrefix("#/") || pointers.target(of: text) != nil else {
                return "'\(text.prefix(80))' does not exist in the schema"
            }
        }
        if isStrict, let problem = strictProblem(schema) { return problem }
        cursors.append(.keywords(object.makeIterator(), isStrict: isStrict, steps: steps))
        return nil
    }

    private mutating func advance(_ cursor: Cursor) -> String? {
        switch cursor {
        case .keywords(var keywords, let isStrict, let steps):
            guard let (key, value) = keywords.next() else {
                path.removeLast(steps)
                return nil
            }
            cursors.append(.keywords(keywords, isStrict: isStrict, steps: steps))
            return check(key, value, isStrict: isStrict)
        case .list(var schemas, let isStrict):
            guard let schema = schemas.next() else {
                path.removeLast()
                return nil
            }
            cursors.append(.list(schemas, isStrict: isStrict))
            return open(schema, isStrict: isStrict, steps: 0)
        case .map(var schemas, let isStrict):
            guard let (name, schema) = schemas.next() else {
                path.removeLast()
                return nil
            }
            cursors.append(.map(schemas, isStrict: isStrict))
            path.append(name)
            return open(schema, isStrict: isStrict, steps: 1)
        }
    }

    private mutating func check(_ key: JSONString, _ value: JSONValue, isStrict: Bool) -> String? {
        if Self.lists.contains(where: { key == $0 }) {
            guard let schemas = value.array, !schemas.isEmpty else {
                return "'\(key.string)' of \(place) must be an array with schemas"
            }
            path.append(key)
            cursors.append(.list(schemas.makeIterator(), isStrict: isStrict))
        } else if Self.maps.contains(where: { key == $0 }) {
            guard let schemas = value.object else { return "'\(key.string)' of \(place) must be an object" }
            path.append(key)
            cursors.append(.map(schemas.makeIterator(), isStrict: isStrict))
        } else if Self.single.contains(where: { key == $0 }), value.kind != .bool, value.kind != .array {
            path.append(key)
            return open(value, isStrict: isStrict && !(key == "additionalProperties"), steps: 1)
        }
        return nil
    }

    private func typeProblem(_ schema: JSONValue) -> String? {
        guard let type = schema["type"] else { return nil }
        let names: [JSONString]
        if let name = type.text {
            names = [name]
        } else if let array = type.array, !array.isEmpty {
            names = array.compactMap(\.text)
            if names.count != array.count { return "'type' of \(place) must hold strings" }
        } else {
            return "'type' of \(place) must be a string or an array of strings"
        }
        for name in names where !Self.types.contains(where: { name == $0 }) {
            return "'\(name.string.prefix(40))' is not a type, in \(place)"
        }
        return nil
    }

    private func strictProblem(_ schema: JSONValue) -> String? {
        for keyword in Self.looseOnly where schema[keyword] != nil {
            return "'\(keyword)' is not permitted in \(place)"
        }
        guard
            let properties = schema["properties"]?.object
                ?? (schema["type"].isText("object") ? Self.emptyObject : nil)
        else { return nil }
        guard schema["additionalProperties"]?.bool == false else {
            return "'additionalProperties' is required to be supplied and to be false, in \(place)"
        }
        let required = Set(schema["required"]?.array.map { $0.compactMap(\.text) } ?? [])
        for (name, _) in properties where !required.contains(name) {
            return "'required' must hold every key of 'properties'; '\(name.string)' is missing, in \(place)"
        }
        return nil
    }

    private static let emptyObject = JSONValue { $0.object { _ in } }.object
}
