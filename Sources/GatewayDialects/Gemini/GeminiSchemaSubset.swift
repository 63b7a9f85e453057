// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension GeminiSchemaWriter {
    /// The schema for models before Gemini 2.5: in the subset of OpenAPI that they know, with a note for what it cannot say.
    static func subset(
        _ schema: JSONValue,
        of owner: GeminiSchemaOwner,
        within bounds: inout GeminiSchemaBounds,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> JSONValue {
        var subset = GeminiSchemaSubset(schema, bounds)
        let written = try bounds.value(of: owner) { writer in subset.write(schema, into: &writer) }
        bounds.take(subset.references)
        for keyword in subset.notes.sorted() { dropped.note("\(owner.path): \(keyword)") }
        return written
    }
}

/// Writes JSON Schema in the vendor's subset of OpenAPI 3.0.
private struct GeminiSchemaSubset {
    private(set) var references: GeminiSchemaReferences
    private(set) var notes: Set<String> = []
    /// How many names of properties may still be kept: more than fit into what may be written.
    private var remainingNames = 1 << 18
    /// The most keywords that are noted.
    private static let maximumNotes = 256
    private var cursors: [Cursor] = []

    init(_ schema: JSONValue, _ bounds: GeminiSchemaBounds) {
        references = GeminiSchemaReferences(schema, work: bounds.work)
    }

    private enum Keyword {
        /// Says the same in both.
        case same
        case type, constant, values, format, properties, items, union, required, example
        /// Written elsewhere, or only for people.
        case silent
    }

    private static let keywords = KeyTable<Keyword>([
        "title": .same, "description": .same, "default": .same, "minimum": .same, "maximum": .same,
        "minItems": .same, "maxItems": .same, "minLength": .same, "maxLength": .same, "minProperties": .same,
        "maxProperties": .same, "pattern": .same, "type": .type, "const": .constant, "enum": .values,
        "format": .format, "properties": .properties, "items": .items, "anyOf": .union, "oneOf": .union,
        "required": .required, "examples": .example, "$schema": .silent, "$id": .silent, "$comment": .silent,
        "$defs": .silent, "definitions": .silent, "$anchor": .silent, "deprecated": .silent, "readOnly": .silent,
        "writeOnly": .silent, "contentMediaType": .silent, "contentEncoding": .silent,
    ])

    /// The formats that the subset knows (ai.google.dev/api/caching#Schema, 2026-11).
    private static let formats: Set<String> = ["float", "double", "int32", "int64", "date-time", "enum"]

    /// Where the writing stands in something that is open; in place of calls, so that depth costs no stack.
    private enum Cursor {
        /// `properties` are the names of the schema\'s own, once they were asked for.
        case keywords(JSONObject.Iterator, of: JSONValue, Types, properties: Set<JSONString>?)
        case properties(JSONObject.Iterator)
        case union(JSONArray.Iterator)
        /// What a reference names.
        case reference
    }

    /// Writes a schema and those in it; the writer bounds how deep they go, the references how many lead into one another.
    ///
    /// - Returns: Whether it took no more than the references allow.
    mutating func write(_ schema: JSONValue, into writer: inout JSONWriter) -> Bool {
        open(schema, into: &writer)
        while writer.excess == nil, let cursor = cursors.popLast() { advance(cursor, into: &writer) }
        return !references.isExhausted
    }

    private mutating func note(_ keyword: @autoclosure () -> String) {
        if notes.count < Self.maximumNotes { notes.insert(keyword()) }
    }

    /// The names of a schema's own properties; nil if they are too many.
    private mutating func names(of schema: JSONValue) -> Set<JSONString>? {
        var names: Set<JSONString> = []
        guard let properties = schema["properties"]?.object else { return names }
        for (name, _) in properties {
            guard remainingNames > 0 else {
                references.exhaust()
                return nil
            }
            remainingNames -= 1
            names.insert(name)
        }
        return names
    }

    private mutating func advance(_ cursor: Cursor, into writer: inout JSONWriter) {
        switch cursor {
        case .keywords(var keywords, let schema, let types, var properties):
            guard let (key, value) = keywords.next() else { return writer.endObject() }
            if case .required = Self.keywords[key], properties == nil {
                properties = names(of: schema)
                guard properties != nil else { return writer.stop(.bytes) }
            }
            cursors.append(.keywords(keywords, of: schema, types, properties: properties))
            write(key, value, types, properties ?? [], into: &writer)
        case .properties(var properties):
            guard let (name, schema) = properties.next() else { return writer.endObject() }
            cursors.append(.properties(properties))
            writer.key(name)
            open(schema, into: &writer)
        case .union(var alternatives):
            guard let schema = alternatives.next() else { return writer.endArray() }
            cursors.append(.union(alternatives))
            if Types.isNull(schema) { return }
            open(schema, into: &writer)
        case .reference: references.leave()
        }
    }

    private mutating func open(_ schema: JSONValue, into writer: inout JSONWriter) {
        var schema = schema
        while schema["$ref"] != nil {
            guard let target = references.enter(schema) else {
                note("$ref that cannot be replaced")
                return references.isExhausted ? writer.stop(.bytes) : writer.raw("{}")
            }
            cursors.append(.reference)
            schema = target
        }
        guard references.read(schema) else { return writer.stop(.bytes) }
        guard let members = schema.object else {
            // `true` allows everything, as no keyword does; `false` has no counterpart.
            if schema.bool == false { note("false") }
            return writer.raw("{}")
        }
        let types = Types(schema)
        writer.beginObject()
        if types.isNullable { writer.member("nullable", true) }
        if let type = types.only { writer.member("type", type.uppercased()) }
        if types.names.count > 1, schema["anyOf"] == nil, schema["oneOf"] == nil {
            writer.member(
                "anyOf",
                array: { writer in
                    for name in types.names { writer.object { $0.member("type", name.uppercased()) } }
                }
            )
            // The keywords that a list of types has no place for.
            for (key, _) in members where key != "type" && !GeminiSchemaReferences.isAnnotation(key) {
                note(key.string)
            }
        }
        cursors.append(.keywords(members.makeIterator(), of: schema, types, properties: nil))
    }

    private mutating func write(
        _ key: JSONString,
        _ value: JSONValue,
        _ types: Types,
        _ properties: Set<JSONString>,
        into writer: inout JSONWriter
    ) {
        switch Self.keywords[key] {
        case .type, .silent: break
        case .same:
            guard types.names.count <= 1 || GeminiSchemaReferences.isAnnotation(key) else { return }
            writer.copy(key, value)
        case .constant: write(values: CollectionOfOne(value), types, into: &writer)
        case .values:
            if let values = value.array {
                write(values: values, types, into: &writer)
            } else {
                write(values: EmptyCollection(), types, into: &writer)
            }
        case .format:
            if let format = value.string, Self.formats.contains(format) {
                writer.member("format", value)
            } else {
                note("format")
            }
        case .properties:
            guard let members = value.object, !members.isEmpty else { return }
            writer.key("properties")
            writer.beginObject()
            cursors.append(.properties(members.makeIterator()))
        case .items:
            writer.key("items")
            open(value, into: &writer)
        case .union:
            if key == "oneOf" { note("oneOf") }
            writer.key("anyOf")
            writer.beginArray()
            if let schemas = value.array { cursors.append(.union(schemas.makeIterator())) } else { writer.endArray() }
        case .required:
            // The subset refuses names without a property.
            writer.key("required")
            writer.beginArray()
            var isWhole = value.kind == .array
            if let names = value.array {
                for name in names {
                    if name.text.map(properties.contains) == true { writer.value(name) } else { isWhole = false }
                }
            }
            writer.endArray()
            if !isWhole { note("required") }
        case .example:
            if let first = value.array?.first { writer.member("example", first) }
        case nil:
            // Nothing is lost where it allows what is allowed anyway.
            if key != "additionalProperties" || value.bool != true { note(key.string) }
        }
    }

    /// Values of `enum`, which are strings here, also for numbers.
    private mutating func write(
        values: some Sequence<JSONValue>,
        _ types: Types,
        into writer: inout JSONWriter
    ) {
        let values = values.lazy.filter { !$0.isNull }
        guard values.allSatisfy({ $0.kind == .string || $0.kind == .number }) else {
            note("enum")
            return
        }
        if types.only == nil, types.names.isEmpty {
            let isText = values.allSatisfy { $0.kind == .string }
            let isNumber = values.allSatisfy { $0.kind == .number }
            guard isText || isNumber else {
                note("enum")
                return
            }
            writer.member("type", isText ? "STRING" as StaticString : "NUMBER")
        }
        writer.member(
            "enum",
            array: { writer in
                for value in values {
                    if let text = value.text { writer.string(text) } else { writer.string(String(buffer: value.bytes)) }
                }
            }
        )
    }

    /// The types that a schema allows.
    private struct Types {
        var names: [String] = []
        var isNullable = false
        /// More than there are.
        private static let maximumNames = 16

        init(_ schema: JSONValue) {
            var written: [String] = []
            if let types = schema["type"]?.array {
                for type in types {
                    guard let name = type.string, !written.contains(name) else { continue }
                    written.append(name)
                    if written.count == Self.maximumNames { break }
                }
            } else if let type = schema["type"]?.string {
                written = [type]
            }
            names = written.filter { $0 != "null" }
            isNullable = written.contains("null") && !names.isEmpty
            if written == ["null"] { names = ["null"] }
            for key: StaticString in ["anyOf", "oneOf"] where schema[key]?.array?.contains(where: Self.isNull) == true {
                isNullable = true
            }
            if schema["enum"]?.array?.contains(where: \.isNull) == true { isNullable = true }
        }

        /// Whether a schema allows nothing but null.
        static func isNull(_ schema: JSONValue) -> Bool { schema["type"]?.text.map { $0 == "null" } == true }

        var only: String? { names.count == 1 ? names[0] : nil }
    }
}
