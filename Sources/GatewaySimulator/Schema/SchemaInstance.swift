// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// Makes an instance of a JSON Schema, always the same one.
///
/// Objects get their required fields, or all of them if none is required; arrays as few items as allowed, but one; strings and numbers take `const`,
/// `enum`, `default`, an example, the next fitting value that the prompt names, or a value that fits the bounds and the format. Patterns are not looked at. Gemini's own spelling
/// (`STRING`, `min_items`) is understood, and so are references inside the schema.
struct SchemaInstance {
    private var pointers: SchemaPointers
    private var values: PromptValues
    /// Values still allowed: schemas can be small and their instances large.
    ///
    /// A schema of many bytes counts as several, since it is read for each.
    private var allowance = 2_000
    /// Bytes that end the instance once they are written.
    private static let largest = 64 << 10
    /// Fields of a schema beyond these are left out of account.
    private static let mostMembers = 65_536

    /// An instance as JSON text, with the values of a prompt where they fit.
    static func json(of schema: JSONValue, from values: PromptValues) -> String {
        var writer = JSONWriter()
        var instance = SchemaInstance(root: schema, values: values)
        instance.write(schema, name: "value", depth: 0, into: &writer)
        return String(buffer: writer.buffer)
    }

    private init(root: JSONValue, values: PromptValues) {
        pointers = SchemaPointers(root)
        self.values = values
    }

    /// Instances do not nest deeper than this; what would is left out or empty.
    private static let maximumDepth = 24

    private mutating func write(_ schema: JSONValue, name: String, depth: Int, into writer: inout JSONWriter) {
        let schema = resolve(schema)
        charge(schema)
        if writer.buffer.readableBytes >= Self.largest { allowance = 0 }
        if let value = schema["const"] ?? schema["enum"]?.array?.first ?? schema["default"] ?? schema["examples"]?
            .array?.first
            ?? schema["example"]
        {
            return writer.value(value.onOneLine)
        }
        switch type(of: schema) {
        case "object": writeObject(schema, depth: depth, into: &writer)
        case "array": writeArray(schema, name: name, depth: depth, into: &writer)
        case "integer": writer.int(integer(schema))
        case "number": writer.double(number(schema))
        case "boolean": writer.bool(true)
        case "null": writer.null()
        default: writer.string(string(schema, name: name))
        }
    }

    private mutating func charge(_ schema: JSONValue) { allowance -= 1 + schema.range.count / 4_096 }

    private mutating func writeObject(_ schema: JSONValue, depth: Int, into writer: inout JSONWriter) {
        let required = Set(schema["required"]?.array?.prefix(Self.mostMembers).compactMap(\.text) ?? [])
        writer.beginObject()
        var written: Set<JSONString> = []
        if depth < Self.maximumDepth, allowance > 0 {
            var parts = Parts(of: schema)
            while allowance > 0, let part = parts.next().map({ resolve($0) }) {
                if !parts.isFirst { charge(part) }
                let own = Set(part["required"]?.array?.prefix(Self.mostMembers).compactMap(\.text) ?? [])
                for (key, member) in members(of: part) {
                    let isRequired = required.isEmpty || required.contains(key) || own.contains(key)
                    guard isRequired, allowance > 0, written.insert(key).inserted else { continue }
                    writer.key(key)
                    write(member, name: key.string, depth: depth + 1, into: &writer)
                }
            }
            if depth == 0, written.isEmpty, schema["additionalProperties"]?.bool != false {
                values.writeKeys(into: &writer)
            }
        }
        writer.endObject()
    }

    /// The fields in the order in which `required` names them, then the others: clients with maps of their own shuffle `properties`.
    private func members(of schema: JSONValue) -> [(key: JSONString, value: JSONValue)] {
        let names = schema["required"]?.array?.prefix(Self.mostMembers).compactMap(\.string) ?? []
        let order = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
        let known = schema["properties"]?.object?.prefix(Self.mostMembers)
        let members = known?.enumerated().map { (order[$1.key.string] ?? .max, $0, $1) } ?? []
        return members.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }

    /// The schema and those that it takes in by `allOf`.
    private struct Parts {
        private let schema: JSONValue
        private var others: JSONArray.Iterator?
        private var count = 0

        init(of schema: JSONValue) {
            self.schema = schema
            others = schema["allOf"]?.array?.makeIterator()
        }

        /// Whether the last part was the schema itself.
        var isFirst: Bool { count == 1 }

        mutating func next() -> JSONValue? {
            count += 1
            return isFirst ? schema : others?.next()
        }
    }

    private mutating func writeArray(_ schema: JSONValue, name: String, depth: Int, into writer: inout JSONWriter) {
        writer.beginArray()
        if depth < Self.maximumDepth {
            var count = 0
            if let items = schema["prefixItems"]?.array {
                for item in items {
                    guard allowance > 0 else { break }
                    write(item, name: name, depth: depth + 1, into: &writer)
                    count += 1
                }
            }
            let least = (schema["minItems"] ?? schema["min_items"])?.int ?? 0
            let most = (schema["maxItems"] ?? schema["max_items"])?.int ?? Int.max
            if let items = schema["items"], items.kind == .object {
                while count < max(least, min(1, most)), allowance > 0 {
                    write(items, name: name, depth: depth + 1, into: &writer)
                    count += 1
                }
            }
        }
        writer.endArray()
    }

    private mutating func string(_ schema: JSONValue, name: String) -> String {
        if schema["format"] == nil, schema["pattern"] == nil,
            let text = values.takeText(where: { SchemaString.lengths(of: schema).contains($0.unicodeScalars.count) })
        {
            return text
        }
        return SchemaString.value(for: schema, name: name)
    }

    private mutating func integer(_ schema: JSONValue) -> Int {
        Int(exactly: number(schema, where: { Int(exactly: $0) != nil }).rounded(.up)) ?? 1
    }

    /// The next number of the prompt that the bounds allow, else the one nearest to 1 that they do.
    private mutating func number(_ schema: JSONValue, where fits: (Double) -> Bool = { _ in true }) -> Double {
        var least = schema["minimum"]?.double ?? -Double.infinity
        var most = schema["maximum"]?.double ?? Double.infinity
        if let bound = schema["exclusiveMinimum"]?.double { least = max(least, bound + 1) }
        if let bound = schema["exclusiveMaximum"]?.double { most = min(most, bound - 1) }
        if schema["exclusiveMinimum"]?.bool == true { least += 1 }
        if schema["exclusiveMaximum"]?.bool == true { most -= 1 }
        let step = schema["multipleOf"]?.double.flatMap { $0 > 0 ? $0 : nil }
        let isMultiple = { (value: Double) in step.map { (value / $0).rounded() * $0 == value } ?? true }
        if let named = values.takeNumber(where: { $0 >= least && $0 <= most && fits($0) && isMultiple($0) }) {
            return named
        }
        var value = min(max(1, least), most)
        if let step { value = (value / step).rounded(.up) * step }
        return value.isFinite ? value : 1
    }

    /// The schema after resolving references and the first alternative that is not null.
    private mutating func resolve(_ schema: JSONValue) -> JSONValue {
        var schema = schema
        var outer = schema
        for step in 0..<16 {
            // The caller pays for the last one.
            if step > 0 { allowance -= outer.range.count / 4_096 }
            outer = schema
            if let reference = (schema["$ref"] ?? schema["ref"])?.string, let target = pointers.target(of: reference) {
                schema = target
            } else if schema["type"] == nil,
                let choices = (schema["anyOf"] ?? schema["any_of"] ?? schema["oneOf"])?.array,
                let choice = choices.first(where: { !$0["type"].isText("null") })
            {
                schema = choice
            } else {
                break
            }
        }
        return schema
    }

    /// The type in lower case: the first that is not null, or what the other fields suggest.
    private func type(of schema: JSONValue) -> String {
        if let type = schema["type"]?.string { return type.lowercased() }
        // Google's types by their numbers.
        let numbered = ["string", "string", "number", "integer", "boolean", "array", "object", "null"]
        if let number = schema["type"]?.int, numbered.indices.contains(number) { return numbered[number] }
        if let types = schema["type"]?.array {
            return types.compactMap(\.string).first { $0 != "null" } ?? "null"
        }
        if schema["properties"] != nil || schema["allOf"] != nil || schema["additionalProperties"] != nil {
            return "object"
        }
        if schema["items"] != nil || schema["prefixItems"] != nil { return "array" }
        if schema["minimum"] != nil || schema["maximum"] != nil || schema["multipleOf"] != nil { return "number" }
        return "string"
    }
}
