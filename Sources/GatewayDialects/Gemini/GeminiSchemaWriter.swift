// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Writes a JSON Schema as a model takes it, and notes every keyword that the vendor leaves out of account (pains T05, T06).
///
/// Models since Gemini 2.5 take JSON Schema. Of it these keywords count: `$id`, `$defs`, `$ref`, `$anchor`, `type`, `format`, `title`, `description`, `enum` of
/// strings and numbers, `items`, `prefixItems`, `minItems`, `maxItems`, `minimum`, `maximum`, `anyOf`, `oneOf` (as `anyOf`), `properties`,
/// `additionalProperties`, `required`; a schema with `$ref` has no other keyword that counts (`GenerationConfig.responseJsonSchema` of the vendor's API
/// reference, 2026-11). So a schema is sent as it was written unless it has a `const`, which becomes an `enum`, or a reference that the vendor does not
/// follow: then references are replaced by what they name, except where that would never end.
struct GeminiSchemaWriter {
    /// A schema that is larger than this once its references are replaced is refused, in bytes.
    static let maximumBytes = 1 << 20
    private static let endless = "$ref that cannot be replaced"

    private var references: GeminiSchemaReferences
    private var notes: Set<String> = []
    private var keepsReferences = true
    private var keepsDefinitions = true
    private var isTooLarge = false

    private init(_ schema: JSONValue) {
        references = GeminiSchemaReferences(schema)
    }

    /// The schema for a model that takes JSON Schema.
    static func jsonSchema(
        _ schema: JSONValue,
        _ path: String,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> JSONValue {
        guard schema.object != nil else { return schema }
        var findings = Findings()
        findings.inspect(schema)
        for keyword in findings.unsupported.sorted() { dropped.note("\(path): \(keyword)") }
        guard findings.hasConstant || findings.hasForeignReference else { return schema }
        var writer = GeminiSchemaWriter(schema)
        writer.keepsReferences = !findings.hasForeignReference
        writer.keepsDefinitions = writer.keepsReferences
        var written = JSONValue { json in writer.write(schema, into: &json) }
        if !writer.keepsDefinitions, writer.notes.contains(endless) {
            writer.keepsDefinitions = true
            written = JSONValue { json in writer.write(schema, into: &json) }
        }
        guard !writer.isTooLarge, !writer.references.isExhausted else {
            throw .invalid(path, "would have more than \(maximumBytes) bytes once its '$ref's are replaced.")
        }
        for keyword in writer.notes.sorted() { dropped.note("\(path): \(keyword)") }
        return written
    }

    // MARK: Looking

    /// What has to be done about a schema.
    private struct Findings {
        var hasConstant = false
        var hasForeignReference = false
        var unsupported: Set<String> = []

        mutating func inspect(_ schema: JSONValue) {
            guard let members = schema.object else { return }
            var isAlone: Bool?
            for (key, value) in members {
                switch GeminiSchemaWriter.keywords[key] {
                case .schema: inspect(value)
                case .list: for schema in value.elements { inspect(schema) }
                case .map: for (_, schema) in value.members { inspect(schema) }
                case .unsupportedSchema:
                    unsupported.insert(key.string)
                    inspect(value)
                case .unsupportedList:
                    unsupported.insert(key.string)
                    for schema in value.elements { inspect(schema) }
                case .unsupportedMap:
                    unsupported.insert(key.string)
                    for (_, schema) in value.members { inspect(schema) }
                case .reference:
                    if hasForeignReference { break }
                    let alone = isAlone ?? members.allSatisfy { GeminiSchemaWriter.startsWithDollar($0.key) }
                    isAlone = alone
                    if value.text?.hasPrefix("#/$defs/") != true || !alone { hasForeignReference = true }
                case .constant:
                    if value.kind == .string || value.kind == .number {
                        hasConstant = true
                    } else {
                        unsupported.insert("const")
                    }
                case .unsupported: unsupported.insert(key.string)
                case nil: break
                }
            }
        }
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

    private mutating func write(_ schema: JSONValue, into writer: inout JSONWriter) {
        guard writer.buffer.readableBytes <= Self.maximumBytes, !isTooLarge else {
            isTooLarge = true
            return writer.null()
        }
        guard let members = schema.object else { return writer.value(schema) }
        if !keepsReferences, schema["$ref"] != nil {
            if let target = references.enter(schema) {
                if target["allOf"] != nil { notes.insert("allOf") }
                write(target, into: &writer)
                references.leave()
                return
            }
            notes.insert(Self.endless)
        }
        var hasValues: Bool?
        writer.beginObject()
        for (key, value) in members {
            if !keepsDefinitions, key == "$defs" || key == "definitions" { continue }
            switch Self.keywords[key] {
            case .schema, .unsupportedSchema:
                writer.key(key)
                write(value, into: &writer)
            case .list, .unsupportedList:
                writer.key(key)
                writer.beginArray()
                for schema in value.elements { write(schema, into: &writer) }
                writer.endArray()
            case .map, .unsupportedMap:
                writer.key(key)
                writer.beginObject()
                for (name, schema) in value.members {
                    writer.key(name)
                    write(schema, into: &writer)
                }
                writer.endObject()
            case .constant where value.kind == .string || value.kind == .number:
                let isListed = hasValues ?? (schema["enum"] != nil)
                hasValues = isListed
                if !isListed { writer.member("enum", array: { $0.value(value) }) }
            case .constant, .reference, .unsupported, nil:
                writer.key(key)
                writer.value(value)
            }
        }
        writer.endObject()
    }
}
