// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Whether a JSON Schema is one that vendors accept.
enum SchemaCheck {
    /// What is wrong with the schema, in words; nil if nothing is.
    ///
    /// With `isStrict` it must also be one that an answer can be held to exactly: every object closed, every member required,
    /// nothing that strict decoding does not know (OpenAI's rules for `strict`, 2026-11).
    static func problem(in schema: JSONValue, isStrict: Bool = false) -> String? {
        problem(in: schema, root: schema, path: [], isStrict: isStrict)
    }

    private static let types: [StaticString] = ["object", "array", "string", "integer", "number", "boolean", "null"]
    private static let lists: [StaticString] = ["anyOf", "oneOf", "allOf", "prefixItems"]
    private static let maps: [StaticString] = ["properties", "$defs", "definitions", "patternProperties"]
    private static let single: [StaticString] = ["items", "additionalProperties", "not", "contains"]
    private static let looseOnly: [StaticString] = [
        "allOf", "oneOf", "not", "if", "then", "else", "patternProperties", "dependentRequired",
    ]

    /// The most steps of a path to a schema, two for each schema that it is in: more than a document has levels.
    private static let longestPath = 256

    private static func problem(in schema: JSONValue, root: JSONValue, path: [String], isStrict: Bool) -> String? {
        guard path.count <= longestPath else { return "the schema nests too deep" }
        let place = path.isEmpty ? "the schema" : "'\(path.joined(separator: "."))'"
        if schema.kind == .bool { return isStrict ? "\(place) must be an object" : nil }
        guard let object = schema.object else { return "\(place) must be an object or a boolean" }
        if let problem = typeProblem(schema, place) { return problem }
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
            guard !text.hasPrefix("#/") || resolves(text, in: root) else {
                return "'\(text.prefix(80))' does not exist in the schema"
            }
        }
        if isStrict, let problem = strictProblem(schema, place) { return problem }
        for (key, value) in object {
            if lists.contains(where: { key == $0 }) {
                guard let items = value.array, !items.isEmpty else {
                    return "'\(key.string)' of \(place) must be an array with schemas"
                }
                for item in items {
                    if let problem = problem(in: item, root: root, path: path + [key.string], isStrict: isStrict) {
                        return problem
                    }
                }
            } else if maps.contains(where: { key == $0 }) {
                guard let members = value.object else { return "'\(key.string)' of \(place) must be an object" }
                for (name, member) in members {
                    let path = path + [key.string, name.string]
                    if let problem = problem(in: member, root: root, path: path, isStrict: isStrict) { return problem }
                }
            } else if single.contains(where: { key == $0 }),
                value.kind == .object || value.kind != .bool && value.kind != .array
            {
                let strict = isStrict && !(key == "additionalProperties")
                if let problem = problem(in: value, root: root, path: path + [key.string], isStrict: strict) {
                    return problem
                }
            }
        }
        return nil
    }

    private static func typeProblem(_ schema: JSONValue, _ place: String) -> String? {
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
        for name in names where !types.contains(where: { name == $0 }) {
            return "'\(name.string.prefix(40))' is not a type, in \(place)"
        }
        return nil
    }

    private static func strictProblem(_ schema: JSONValue, _ place: String) -> String? {
        for keyword in looseOnly where schema[keyword] != nil { return "'\(keyword)' is not permitted in \(place)" }
        guard
            let properties = schema["properties"]?.object
                ?? (schema["type"].isText("object") ? emptyObject : nil)
        else { return nil }
        guard schema["additionalProperties"]?.bool == false else {
            return "'additionalProperties' is required to be supplied and to be false, in \(place)"
        }
        let required = schema["required"]?.array.map { $0.compactMap(\.text) } ?? []
        for (name, _) in properties where !required.contains(name) {
            return "'required' must hold every key of 'properties'; '\(name.string)' is missing, in \(place)"
        }
        return nil
    }

    private static let emptyObject = JSONValue { $0.object { _ in } }.object

    private static func resolves(_ reference: String, in root: JSONValue) -> Bool {
        var value: JSONValue? = root
        for part in reference.dropFirst(2).split(separator: "/") {
            value = value?[String(part.replacing("~1", with: "/").replacing("~0", with: "~"))]
        }
        return value != nil
    }
}
