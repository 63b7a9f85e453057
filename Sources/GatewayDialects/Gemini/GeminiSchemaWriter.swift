// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Writes a JSON Schema as a model takes it, and notes every keyword that the vendor leaves out of account (tools-05, tools-06).
///
/// Models since Gemini 2.5 take JSON Schema. Of it these keywords count: `$id`, `$defs`, `$ref`, `$anchor`, `type`, `format`, `title`, `description`, `enum` of
/// strings and numbers, `items`, `prefixItems`, `minItems`, `maxItems`, `minimum`, `maximum`, `anyOf`, `oneOf` (as `anyOf`), `properties`,
/// `additionalProperties`, `required`; a schema with `$ref` has no other keyword that counts (`GenerationConfig.responseJsonSchema` of the vendor's API
/// reference, 2026-11). So a schema is sent as it was written unless it has a `const`, which becomes an `enum`, or a reference that the vendor does not
/// follow: then references are replaced by what they name, except where that would never end.
///
/// A small schema can name much many times, and nest it. What is written is bounded by ``GeminiSchemaBounds``, and its depth by the writer.
struct GeminiSchemaWriter {
    private static let endless = "$ref that cannot be replaced"

    private var references: GeminiSchemaReferences
    private var notes: Set<String> = []
    private var keepsReferences = true
    private var keepsDefinitions = true
    private var cursors: [Cursor] = []

    private init(_ schema: JSONValue, _ bounds: GeminiSchemaBounds) {
        references = GeminiSchemaReferences(schema, work: bounds.work)
    }

    /// The schema for a model that takes JSON Schema.
    static func jsonSchema(
        _ schema: JSONValue,
        of owner: GeminiSchemaOwner,
        within bounds: inout GeminiSchemaBounds,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> JSONValue {
        guard schema.object != nil else { return schema }
        let findings = GeminiSchemaFindings(schema, work: bounds.findingWork)
        try bounds.take(findings, of: owner)
        for keyword in findings.unsupported.sorted() { dropped.note("\(owner.path): \(keyword)") }
        guard findings.hasConstant || findings.hasForeignReference else { return schema }
        var writer = GeminiSchemaWriter(schema, bounds)
        writer.keepsReferences = !findings.hasForeignReference
        writer.keepsDefinitions = writer.keepsReferences
        var written = try bounds.value(of: owner) { json in writer.write(schema, into: &json) }
        if !writer.keepsDefinitions, writer.notes.contains(endless) {
            writer.keepsDefinitions = true
            written = try bounds.value(of: owner) { json in writer.write(schema, into: &json) }
        }
        bounds.take(writer.references)
        for keyword in writer.notes.sorted() { dropped.note("\(owner.path): \(keyword)") }
        return written
    }

    enum Keyword {
        case schema, list, map, reference, constant
        /// Leaves the model free where the schema does not: not followed by the vendor, or not exactly.
        case unsupported, unsupportedSchema, unsupportedList, unsupportedMap
    }

    static let keywords = KeyTable<Keyword>([
        "$ref": .reference, "const": .constant, "items": .schema, "additionalProperties": .schema,
        "anyOf": .list, "prefixItems": .list, "properties": .map, "$defs": .map, "definitions": .map,
        "oneOf": .unsupportedList, "allOf": .unsupportedList, "not": .unsupportedSchema, "if": .unsupportedSchema,
        "then": .unsupportedSchema, "else": .unsupportedSchema, "patternProperties": .unsupportedMap,
        "dependentSchemas": .unsupportedMap, "dependentRequired": .unsupported, "dependencies": .unsupported,
        "contains": .unsupportedSchema, "minContains": .unsupported, "maxContains": .unsupported,
        "uniqueItems": .unsupported, "multipleOf": .unsupported, "exclusiveMinimum": .unsupported,
        "exclusiveMaximum": .unsupported, "propertyNames": .unsupportedSchema,
        "unevaluatedProperties": .unsupportedSchema, "unevaluatedItems": .unsupportedSchema,
        "additionalItems": .unsupportedSchema, "$dynamicRef": .unsupported,
    ])

    static func startsWithDollar(_ key: JSONString) -> Bool { key.hasPrefix("$") }

    // MARK: Writing

    /// Where the writing stands in something that is open.
    ///
    /// Cursors take the place of calls: the depth of a schema costs no stack.
    private enum Cursor {
        /// `isListed` says whether the schema has an `enum`, once it was asked for.
        case keywords(JSONObject.Iterator, of: JSONValue, isListed: Bool?)
        case list(JSONArray.Iterator)
        case map(JSONObject.Iterator)
        /// What a reference names.
        case reference
    }

    /// Writes a schema and those in it; the writer bounds how deep they go, the references how many lead into one another.
    ///
    /// - Returns: Whether it took no more than the references allow.
    private mutating func write(_ schema: JSONValue, into writer: inout JSONWriter) -> Bool {
        open(schema, into: &writer)
        while writer.excess == nil, let cursor = cursors.popLast() { advance(cursor, into: &writer) }
        return !references.isExhausted
    }

    private mutating func open(_ schema: JSONValue, into writer: inout JSONWriter) {
        var schema = schema
        while !keepsReferences, schema["$ref"] != nil {
            guard let target = references.enter(schema) else {
                notes.insert(Self.endless)
                break
            }
            if target["allOf"] != nil { notes.insert("allOf") }
            cursors.append(.reference)
            schema = target
        }
        guard references.read(schema) else { return writer.stop(.bytes) }
        guard let members = schema.object else { return writer.value(schema) }
        writer.beginObject()
        cursors.append(.keywords(members.makeIterator(), of: schema, isListed: nil))
    }

    private mutating func advance(_ cursor: Cursor, into writer: inout JSONWriter) {
        switch cursor {
        case .keywords(var keywords, let schema, var isListed):
            guard let (key, value) = keywords.next() else { return writer.endObject() }
            if case .constant = Self.keywords[key], isListed == nil { isListed = schema["enum"] != nil }
            cursors.append(.keywords(keywords, of: schema, isListed: isListed))
            write(key, value, isListed: isListed == true, into: &writer)
        case .list(var schemas):
            guard let schema = schemas.next() else { return writer.endArray() }
            cursors.append(.list(schemas))
            open(schema, into: &writer)
        case .map(var schemas):
            guard let (name, schema) = schemas.next() else { return writer.endObject() }
            cursors.append(.map(schemas))
            writer.key(name)
            open(schema, into: &writer)
        case .reference: references.leave()
        }
    }

    private mutating func write(
        _ key: JSONString,
        _ value: JSONValue,
        isListed: Bool,
        into writer: inout JSONWriter
    ) {
        if !keepsDefinitions, key == "$defs" || key == "definitions" { return }
        switch Self.keywords[key] {
        case .schema, .unsupportedSchema:
            writer.key(key)
            open(value, into: &writer)
        case .list, .unsupportedList:
            writer.key(key)
            writer.beginArray()
            if let schemas = value.array { cursors.append(.list(schemas.makeIterator())) } else { writer.endArray() }
        case .map, .unsupportedMap:
            writer.key(key)
            writer.beginObject()
            if let schemas = value.object { cursors.append(.map(schemas.makeIterator())) } else { writer.endObject() }
        case .constant where value.kind == .string || value.kind == .number:
            if !isListed { writer.member("enum", array: { $0.value(value) }) }
        case .constant, .reference, .unsupported, nil:
            writer.copy(key, value)
        }
    }
}
