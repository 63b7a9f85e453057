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
    /// - Throws: ``GatewayError/Code/invalidRequest`` if it is not an object, or would nest too deep.
    static func jsonSchema(_ schema: JSONValue, _ path: @autoclosure () -> String) throws(GatewayError) -> JSONValue {
        guard schema.object != nil else { throw .invalid(path(), "must be a schema object.") }
        do throws(JSONWriter.Excess) {
            return try JSONValue(maximumBytes: .max) { writer in
                var schemas = JSONSchemaWriter()
                schemas.write(schema, into: &writer)
            }
        } catch {
            throw .invalid(path(), "would nest more than \(JSONWriter.maximumDepth) levels as JSON Schema.")
        }
    }
}

/// Writes schemas of the subset as JSON Schema.
private struct JSONSchemaWriter {
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

    /// What is known of a schema before its keywords are written.
    private struct Head {
        let schema: JSONValue
        let type: String?
        let isNullable: Bool
        /// Whether the schema stands in a union with `null`: a reference has no place for a type of its own.
        let isWrapped: Bool
        /// Whether the order of the properties was looked up: the first `properties` are those that count, however often they are repeated.
        var hasOrder = false

        /// The order of the properties that a keyword begins; nil for another keyword.
        mutating func order(before key: JSONString) -> JSONArray? {
            guard case .properties = JSONSchemaWriter.keywords[key], !hasOrder else { return nil }
            hasOrder = true
            return schema.member("propertyOrdering", "property_ordering")?.array
        }
    }

    /// Where the writing stands in something that is open; in place of calls, so that depth costs no stack.
    private enum Cursor {
        case keywords(JSONObject.Iterator, Head)
        case list(JSONArray.Iterator, addsNull: Bool)
        case map(JSONObject.Iterator)
        case properties(IndexingIterator<[(key: JSONString, value: JSONValue)]>)
    }

    private var cursors: [Cursor] = []

    /// Writes a schema and those in it; the writer bounds how deep they go.
    mutating func write(_ schema: JSONValue, into writer: inout JSONWriter) {
        open(schema, into: &writer)
        while writer.excess == nil, let cursor = cursors.popLast() { advance(cursor, into: &writer) }
    }

    private mutating func open(_ schema: JSONValue, into writer: inout JSONWriter) {
        guard let members = schema.object else { return writer.value(schema) }
        let type = schema["type"].flatMap { GeminiEnumeration.name($0, of: GeminiEnumeration.type) }
        let isNullable = schema["nullable"]?.bool == true
        let isWrapped = isNullable && type == nil && (schema["ref"] ?? schema["$ref"]) != nil
        if isWrapped {
            writer.beginObject()
            writer.key("anyOf")
            writer.beginArray()
        }
        writer.beginObject()
        let head = Head(schema: schema, type: type, isNullable: isNullable, isWrapped: isWrapped)
        cursors.append(.keywords(members.makeIterator(), head))
    }

    private mutating func advance(_ cursor: Cursor, into writer: inout JSONWriter) {
        switch cursor {
        case .keywords(var keywords, var head):
            guard let (key, value) = keywords.next() else { return close(head, into: &writer) }
            let order = head.order(before: key)
            cursors.append(.keywords(keywords, head))
            write(key, value, of: head, order, into: &writer)
        case .list(var schemas, let addsNull):
            guard let schema = schemas.next() else {
                if addsNull { writer.object { $0.member("type", "null") } }
                return writer.endArray()
            }
            cursors.append(.list(schemas, addsNull: addsNull))
            open(schema, into: &writer)
        case .map(var schemas):
            guard let (name, schema) = schemas.next() else { return writer.endObject() }
            cursors.append(.map(schemas))
            writer.key(name)
            open(schema, into: &writer)
        case .properties(var properties):
            guard let (name, schema) = properties.next() else { return writer.endObject() }
            cursors.append(.properties(properties))
            writer.key(name)
            open(schema, into: &writer)
        }
    }

    private func close(_ head: Head, into writer: inout JSONWriter) {
        writer.endObject()
        guard head.isWrapped else { return }
        writer.object { $0.member("type", "null") }
        writer.endArray()
        writer.endObject()
    }

    private mutating func write(
        _ key: JSONString,
        _ value: JSONValue,
        of head: Head,
        _ order: JSONArray?,
        into writer: inout JSONWriter
    ) {
        switch Self.keywords[key] {
        case .type: Self.writeType(value, of: head, into: &writer)
        case .values:
            guard let values = value.array else { return }
            writer.key("enum")
            writer.beginArray()
            for value in values { Self.write(value, asValueOf: head.type, into: &writer) }
            if head.isNullable { writer.null() }
            writer.endArray()
        case .format:
            // Says of a string that it has an `enum`.
            if value.text.map({ $0 == "enum" }) != true { writer.member("format", value) }
        case .properties:
            writer.key("properties")
            writer.beginObject()
            cursors.append(.properties(Self.properties(value, in: order).makeIterator()))
        case .ordering, .nullable: break
        case .reference: writer.member("$ref", value)
        case .example: writer.member("examples", array: { $0.value(value) })
        case .schema(let key):
            writer.key(key)
            open(value, into: &writer)
        case .list(let key):
            guard let schemas = value.array else { return }
            writer.key(key)
            writer.beginArray()
            let addsNull = head.isNullable && key.description == "anyOf"
            cursors.append(.list(schemas.makeIterator(), addsNull: addsNull))
        case .map(let key):
            writer.key(key)
            writer.beginObject()
            if let schemas = value.object { cursors.append(.map(schemas.makeIterator())) } else { writer.endObject() }
        case .count(let key):
            guard let number = value.int ?? value.string.flatMap({ Int($0) }) else { return }
            writer.member(key, number)
        case nil:
            writer.copy(key, value)
        }
    }

    private static func writeType(_ value: JSONValue, of head: Head, into writer: inout JSONWriter) {
        if let type = head.type, type != "type_unspecified" {
            writer.key("type")
            writeType(type, isNullable: head.isNullable, into: &writer)
        } else if let types = value.array {
            writer.key("type")
            writer.beginArray()
            for type in types { writer.string(type.string?.lowercased() ?? "") }
            writer.endArray()
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
    private static func properties(
        _ properties: JSONValue,
        in order: JSONArray?
    ) -> [(key: JSONString, value: JSONValue)] {
        guard let members = properties.object else { return [] }
        var ordered: [(key: JSONString, value: JSONValue)] = []
        var taken: Set<JSONString> = []
        if let order {
            var schemas: [JSONString: JSONValue] = [:]
            for (name, schema) in members { schemas[name] = schema }
            for element in order {
                guard let name = element.text, let schema = schemas[name], taken.insert(name).inserted else { continue }
                ordered.append((name, schema))
            }
        }
        for (name, schema) in members where !taken.contains(name) { ordered.append((name, schema)) }
        return ordered
    }
}
