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
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> JSONValue {
        var subset = GeminiSchemaSubset(schema, maximumBytes: maximumBytes)
        let written = JSONValue { writer in subset.write(schema, into: &writer) }
        guard !subset.isTooLarge, !subset.references.isExhausted else {
            throw .invalid(path, "would have more than \(maximumBytes) bytes once its '$ref's are replaced.")
        }
        for keyword in subset.notes.sorted() { dropped.note("\(path): \(keyword)") }
        return written
    }
}

/// Writes JSON Schema in the vendor's subset of OpenAPI 3.0.
private struct GeminiSchemaSubset {
    private(set) var references: GeminiSchemaReferences
    private let maximumBytes: Int
    private(set) var notes: Set<String> = []
    private(set) var isTooLarge = false

    init(_ schema: JSONValue, maximumBytes: Int) {
        references = GeminiSchemaReferences(schema)
        self.maximumBytes = maximumBytes
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

    mutating func write(_ schema: JSONValue, into writer: inout JSONWriter) {
        guard writer.buffer.readableBytes <= maximumBytes, !isTooLarge else {
            isTooLarge = true
            return writer.null()
        }
        guard let members = schema.object else {
            // `true` allows everything, as no keyword does; `false` has no counterpart.
            if schema.bool == false { notes.insert("false") }
            return writer.raw("{}")
        }
        if schema["$ref"] != nil {
            guard let target = references.enter(schema) else {
                notes.insert("$ref that cannot be replaced")
                return writer.raw("{}")
            }
            write(target, into: &writer)
            references.leave()
            return
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
        var properties: Set<JSONString>?
        for (key, value) in members { write(key, value, of: schema, types, &properties, into: &writer) }
        writer.endObject()
    }

    private mutating func write(
        _ key: JSONString,
        _ value: JSONValue,
        of schema: JSONValue,
        _ types: Types,
        _ properties: inout Set<JSONString>?,
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
            writer.member(
                "properties",
                object: { writer in
                    for (name, schema) in members {
                        writer.key(name)
                        write(schema, into: &writer)
                    }
                }
            )
        case .items:
            writer.key("items")
            write(value, into: &writer)
        case .union:
            if key == "oneOf" { notes.insert("oneOf") }
            let alternatives = value.elements.filter { $0["type"]?.string != "null" }
            writer.member(
                "anyOf",
                array: { writer in
                    for schema in alternatives { write(schema, into: &writer) }
                }
            )
        case .required:
            // The subset refuses names without a property.
            let known = properties ?? Set((schema["properties"]?.members ?? []).map(\.key))
            properties = known
            let names = value.elements.filter { $0.text.map(known.contains) == true }
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
