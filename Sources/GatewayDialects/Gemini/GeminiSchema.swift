// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Schemas between this vendor's subset of OpenAPI 3.0 and JSON Schema.
///
/// The subset (`Schema` in PyPI `google-genai` 3.4.0, 2026-11) names types in capitals, says `nullable`, spells numbers of 64 bits and all values of `enum` as
/// strings, and orders properties by a list of their names.
enum GeminiSchema {
    /// JSON Schema that allows exactly what a schema of the subset allows.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if it is not an object.
    static func jsonSchema(_ schema: JSONValue, _ path: @autoclosure () -> String) throws(GatewayError) -> JSONValue {
        guard schema.object != nil else { throw .invalid(path(), "must be a schema object.") }
        return JSONValue { writer in writeJSONSchema(schema, into: &writer) }
    }

    private enum Keyword {
        case type, nullable, values, format, properties, ordering, reference, example
        /// The keyword as JSON Schema spells it; its value is a schema, a list or a map of schemas, a number, or whatever it is.
        case schema(StaticString)
        case list(StaticString)
        case map(StaticString)
        case count(StaticString)
    }

    private static let keywords = KeyTable<Keyword>([
        "type": .type, "nullable": .nullable, "enum": .values, "format": .format, "properties": .properties,
        "propertyOrdering": .ordering, "property_ordering": .ordering, "ref": .reference, "$ref": .reference,
        "example": .example, "items": .schema("items"), "additionalProperties": .schema("additionalProperties"),
        "additional_properties": .schema("additionalProperties"), "not": .schema("not"), "anyOf": .list("anyOf"),
        "any_of": .list("anyOf"), "oneOf": .list("oneOf"), "one_of": .list("oneOf"), "allOf": .list("allOf"),
        "prefixItems": .list("prefixItems"), "prefix_items": .list("prefixItems"), "defs": .map("$defs"),
        "$defs": .map("$defs"), "maxItems": .count("maxItems"), "max_items": .count("maxItems"),
        "minItems": .count("minItems"), "min_items": .count("minItems"), "maxLength": .count("maxLength"),
        "max_length": .count("maxLength"), "minLength": .count("minLength"), "min_length": .count("minLength"),
        "maxProperties": .count("maxProperties"), "max_properties": .count("maxProperties"),
        "minProperties": .count("minProperties"), "min_properties": .count("minProperties"),
    ])

    private static func writeJSONSchema(_ schema: JSONValue, into writer: inout JSONWriter) {
        guard let members = schema.object else { return writer.value(schema) }
        let type = schema["type"].flatMap { GeminiEnumeration.name($0, of: GeminiEnumeration.type) }
        let isNullable = schema["nullable"]?.bool == true
        // A reference has no place for a type of its own.
        let wrapsReference = isNullable && type == nil && (schema["ref"] ?? schema["$ref"]) != nil
        if wrapsReference {
            writer.beginObject()
            writer.key("anyOf")
            writer.beginArray()
        }
        // Looked up once, however often `properties` is repeated.
        var order: JSONArray??
        writer.beginObject()
        for (key, value) in members {
            switch keywords[key] {
            case .type:
                if let type, type != "type_unspecified" {
                    writer.key("type")
                    writeType(type, isNullable: isNullable, into: &writer)
                } else if let types = value.array {
                    writer.member(
                        "type",
                        array: { writer in for type in types { writer.string(type.string?.lowercased() ?? "") } }
                    )
                }
            case .values:
                guard let values = value.array else { continue }
                writer.member(
                    "enum",
                    array: { writer in
                        for value in values { write(value, asValueOf: type, into: &writer) }
                        if isNullable { writer.null() }
                    }
                )
            case .format:
                // Says of a string that it has an `enum`.
                if value.text.map({ $0 == "enum" }) != true { writer.member("format", value) }
            case .properties:
                let names = order ?? schema.member("propertyOrdering", "property_ordering")?.array
                // An order is told once: the first `properties` are those that count.
                writeProperties(value, in: order == nil ? names : nil, into: &writer)
                order = .some(names)
            case .ordering, .nullable: break
            case .reference:
                writer.key("$ref")
                writer.value(value)
            case .example: writer.member("examples", array: { $0.value(value) })
            case .schema(let key):
                writer.key(key)
                writeJSONSchema(value, into: &writer)
            case .list(let key):
                guard let schemas = value.array else { continue }
                let isUnion = key.description == "anyOf"
                writer.member(
                    key,
                    array: { writer in
                        for schema in schemas { writeJSONSchema(schema, into: &writer) }
                        if isNullable, isUnion { writer.object { $0.member("type", "null") } }
                    }
                )
            case .map(let key):
                writer.member(
                    key,
                    object: { writer in
                        guard let schemas = value.object else { return }
                        for (name, schema) in schemas {
                            writer.key(name)
                            writeJSONSchema(schema, into: &writer)
                        }
                    }
                )
            case .count(let key):
                guard let number = value.int ?? value.string.flatMap({ Int($0) }) else { continue }
                writer.member(key, number)
            case nil:
                writer.key(key)
                writer.value(value)
            }
        }
        writer.endObject()
        if wrapsReference {
            writer.object { $0.member("type", "null") }
            writer.endArray()
            writer.endObject()
        }
    }

    private static func writeType(_ type: String, isNullable: Bool, into writer: inout JSONWriter) {
        guard isNullable, type != "null" else { return writer.string(type) }
        writer.array { writer in
            writer.string(type)
            writer.string("null")
        }
    }

    /// A value of `enum`: strings are what this vendor has, also for numbers.
    private static func write(_ value: JSONValue, asValueOf type: String?, into writer: inout JSONWriter) {
        if type == "integer" || type == "number", let text = value.string,
            let number = try? JSONValue(validating: ByteBuffer(string: text), maximumDepth: 1), number.number != nil
        {
            return writer.value(number)
        }
        writer.value(value)
    }

    /// The properties in the order that the schema asks for; those it does not name come last.
    private static func writeProperties(_ properties: JSONValue, in order: JSONArray?, into writer: inout JSONWriter) {
        writer.member(
            "properties",
            object: { writer in
                guard let members = properties.object else { return }
                var written: Set<JSONString> = []
                if let order {
                    var schemas: [JSONString: JSONValue] = [:]
                    for (name, schema) in members { schemas[name] = schema }
                    for element in order {
                        guard let name = element.text, let schema = schemas[name], written.insert(name).inserted else {
                            continue
                        }
                        writer.key(name)
                        writeJSONSchema(schema, into: &writer)
                    }
                }
                for (name, schema) in members where !written.contains(name) {
                    writer.key(name)
                    writeJSONSchema(schema, into: &writer)
                }
            }
        )
    }
}
