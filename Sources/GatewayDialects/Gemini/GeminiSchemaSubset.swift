// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension GeminiSchemaWriter {
    /// The schema for models before Gemini 2.5: in the subset of OpenAPI that they know, with a note for what it cannot say.
    static func subset(
        _ schema: JSONValue,
        _ path: String,
        within bounds: inout GeminiSchemaBounds,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> JSONValue {
        var subset = GeminiSchemaSubset(schema, bounds)
        let written = try bounds.value(path) { writer in subset.write(schema, into: &writer) }
        try bounds.take(subset.references, path)
        for keyword in subset.notes.sorted() { dropped.note("\(path): \(keyword)") }
        return written
    }
}

/// Writes JSON Schema in the vendor's subset of OpenAPI 3.0.
private struct GeminiSchemaSubset {
    private(set) var references: GeminiSchemaReferences
    private(set) var notes: Set<String> = []
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
        case union(IndexingIterator<[JSONValue]>)
        /// What a reference names.
        case reference
    }

    /// Writes a schema and those in it; the writer bounds how deep they go, the references how many lead into one another.
    mutating func write(_ schema: JSONValue, into writer: inout JSONWriter) {
        open(schema, into: &writer)
        while writer.excess == nil, let cursor = cursors.popLast() { advance(cursor, into: &writer) }
    }

    private mutating func advance(_ cursor: Cursor, into writer: inout JSONWriter) {
        switch cursor {
        case .keywords(var keywords, let schema, let types, var properties):
            guard let (key, value) = keywords.next() else { return writer.endObject() }
            if case .required = Self.keywords[key], properties == nil {
                properties = Set((schema["properties"]?.members ?? []).map(\.key))
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
            open(schema, into: &writer)
        case .reference: references.leave()
        }
    }

    private mutating func open(_ schema: JSONValue, into writer: inout JSONWriter) {
        var schema = schema
        while schema["$ref"] != nil {
            guard let target = references.enter(schema) else {
                notes.insert("$ref that cannot be replaced")
                return writer.raw("{}")
            }
            cursors.append(.reference)
            schema = target
        }
        guard let members = schema.object else {
            // `true` allows everything, as no keyword does; `false` has no counterpart.
            if schema.bool == false { notes.insert("false") }
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
            notes.formUnion(types.narrowing(schema))
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
            writer.key(key)
            writer.value(value)
        case .constant: write(values: [value], types, into: &writer)
        case .values: write(values: value.elements, types, into: &writer)
        case .format:
            if let format = value.string, Self.formats.contains(format) {
                writer.member("format", value)
            } else {
                notes.insert("format")
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
            if key == "oneOf" { notes.insert("oneOf") }
            let alternatives = value.elements.filter { $0["type"]?.string != "null" }
            writer.key("anyOf")
            writer.beginArray()
            cursors.append(.union(alternatives.makeIterator()))
        case .required:
            // The subset refuses names without a property.
            let names = value.elements.filter { $0.text.map(properties.contains) == true }
            if names.count != value.array?.count { notes.insert("required") }
            writer.member("required", array: { writer in for name in names { writer.value(name) } })
        case .example:
            if let first = value.array?.first { writer.member("example", first) }
        case nil:
            // Nothing is lost where it allows what is allowed anyway.
            if key != "additionalProperties" || value.bool != true { notes.insert(key.string) }
        }
    }

    /// Values of `enum`, which are strings here, also for numbers.
    private mutating func write(values: [JSONValue], _ types: Types, into writer: inout JSONWriter) {
        let values = values.filter { !$0.isNull }
        guard values.allSatisfy({ $0.kind == .string || $0.kind == .number }) else {
            notes.insert("enum")
            return
        }
        if types.only == nil, types.names.isEmpty {
            let isText = values.allSatisfy { $0.kind == .string }
            let isNumber = values.allSatisfy { $0.kind == .number }
            guard isText || isNumber else {
                notes.insert("enum")
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

        init(_ schema: JSONValue) {
            let written =
                schema["type"]?.array.map { $0.compactMap(\.string) } ?? schema["type"]?.string.map { [$0] } ?? []
            names = written.filter { $0 != "null" }
            isNullable = written.contains("null") && !names.isEmpty
            if written == ["null"] { names = ["null"] }
            for key: StaticString in ["anyOf", "oneOf"] {
                let alternatives = schema[key]?.array.map(Array.init) ?? []
                if alternatives.contains(where: { $0["type"]?.string == "null" }) { isNullable = true }
            }
            if schema["enum"]?.array?.contains(where: \.isNull) == true { isNullable = true }
        }

        var only: String? { names.count == 1 ? names[0] : nil }

        /// The keywords that a list of types has no place for.
        func narrowing(_ schema: JSONValue) -> Set<String> {
            Set(
                schema.members.map(\.key)
                    .filter { $0 != "type" && !GeminiSchemaReferences.isAnnotation($0) }.map(\.string)
            )
        }
    }
}
