// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Whether a JSON Schema is one that vendors accept.
struct SchemaCheck {
    /// What is wrong with the schema, in words; nil if nothing is.
    ///
    /// With `isStrict` it must also be one that an answer can be held to exactly: every object closed, every member required,
    /// nothing that strict decoding does not know (OpenAI's rules for `strict`, 2026-11).
    static func problem(in schema: JSONValue, isStrict: Bool = false) -> String? {
        var check = SchemaCheck(schema)
        return check.problem(in: schema, isStrict: isStrict)
    }

    private var pointers: SchemaPointers
    /// The keys that lead to the schema that is looked at.
    private var path: [JSONString] = []

    private init(_ root: JSONValue) {
        pointers = SchemaPointers(root)
    }

    /// Where the schema stands that is looked at, for the message; long paths are cut.
    private var place: String {
        if path.isEmpty { return "the schema" }
        var text = ""
        for key in path where text.utf8.count <= 400 {
            text += "\(text.isEmpty ? "" : ".")\(key.string.prefix(128))"
        }
        return "'\(text)'"
    }

    private static let types: [StaticString] = ["object", "array", "string", "integer", "number", "boolean", "null"]
    private static let lists: [StaticString] = ["anyOf", "oneOf", "allOf", "prefixItems"]
    private static let maps: [StaticString] = ["properties", "$defs", "definitions", "patternProperties"]
    private static let single: [StaticString] = ["items", "additionalProperties", "not", "contains"]
    private static let looseOnly: [StaticString] = [
        "allOf", "oneOf", "not", "if", "then", "else", "patternProperties", "dependentRequired",
    ]

    private mutating func problem(in schema: JSONValue, isStrict: Bool) -> String? {
        if schema.kind == .bool { return isStrict ? "\(place) must be an object" : nil }
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
        for (key, value) in object {
            if let problem = problem(of: key, value, isStrict: isStrict) { return problem }
        }
        return nil
    }

    /// What is wrong with the schemas that are the value of a keyword.
    private mutating func problem(of key: JSONString, _ value: JSONValue, isStrict: Bool) -> String? {
        if Self.lists.contains(where: { key == $0 }) {
            guard let items = value.array, !items.isEmpty else {
                return "'\(key.string)' of \(place) must be an array with schemas"
            }
            path.append(key)
            defer { path.removeLast() }
            for item in items { if let problem = problem(in: item, isStrict: isStrict) { return problem } }
        } else if Self.maps.contains(where: { key == $0 }) {
            guard let members = value.object else { return "'\(key.string)' of \(place) must be an object" }
            path.append(key)
            defer { path.removeLast() }
            for (name, member) in members {
                path.append(name)
                defer { path.removeLast() }
                if let problem = problem(in: member, isStrict: isStrict) { return problem }
            }
        } else if Self.single.contains(where: { key == $0 }),
            value.kind == .object || value.kind != .bool && value.kind != .array
        {
            path.append(key)
            defer { path.removeLast() }
            return problem(in: value, isStrict: isStrict && !(key == "additionalProperties"))
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
