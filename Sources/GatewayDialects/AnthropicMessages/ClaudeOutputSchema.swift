// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The schema of an answer as Claude takes it (tools-19).
///
/// Claude refuses objects that allow further properties, and bounds of numbers, texts and arrays. Anthropic's SDKs rewrite schemas before they send them: objects are
/// closed, and what Claude does not enforce stands in the description, where the model reads it (the vendor's page on structured outputs, 2026-11).
enum ClaudeOutputSchema {
    private enum Keyword {
        case schema, schemas, list, description, additionalProperties
        /// The model is only told of it.
        case told
        /// Told of, unless its value is one that Claude enforces.
        case format, minItems
    }

    private static let keywords = KeyTable<Keyword>([
        "items": .schema, "properties": .schemas, "$defs": .schemas, "definitions": .schemas, "anyOf": .list,
        "oneOf": .list, "allOf": .list, "description": .description, "additionalProperties": .additionalProperties,
        "minimum": .told, "maximum": .told, "exclusiveMinimum": .told, "exclusiveMaximum": .told, "multipleOf": .told,
        "minLength": .told, "maxLength": .told, "maxItems": .told, "uniqueItems": .told, "minProperties": .told,
        "maxProperties": .told, "format": .format, "minItems": .minItems,
    ])

    private static let formats: Set<JSONString> = [
        "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
    ]

    /// Writes the schema; stops where the writer does.
    static func write(_ schema: JSONValue, into writer: inout JSONWriter, dropped: inout DroppedMembers) {
        guard let fields = schema.object, writer.excess == nil else { return writer.value(schema) }
        var description: JSONString?
        var told: [(JSONString, JSONValue)] = []
        writer.beginObject()
        for (key, value) in fields {
            switch keywords[key] {
            case nil: writer.copy(key, value)
            case .description:
                if let text = value.text { description = text } else { writer.copy(key, value) }
            case .additionalProperties:
                if !isObject(schema) { writer.copy(key, value) } else if value.bool != false { note(key, &dropped) }
            case .schema:
                writer.key(key)
                write(value, into: &writer, dropped: &dropped)
            case .schemas: writeAll(key, of: value, into: &writer, dropped: &dropped)
            case .list:
                // One of several is any of them to a model that makes one.
                writer.key(key == "oneOf" ? "anyOf" : key)
                writeList(value, into: &writer, dropped: &dropped)
            case .told: told.append((key, value))
            case .format:
                if value.text.map(formats.contains) ?? false {
                    writer.copy(key, value)
                } else {
                    told.append((key, value))
                }
            case .minItems:
                if value.int.map({ $0 <= 1 }) ?? false { writer.copy(key, value) } else { told.append((key, value)) }
            }
        }
        for (key, _) in told { note(key, &dropped) }
        writeDescription(description, told, into: &writer)
        if isObject(schema) { writer.member("additionalProperties", false) }
        writer.endObject()
    }

    private static func isObject(_ schema: JSONValue) -> Bool {
        schema["properties"] != nil || (schema["type"]?.text.map { $0 == "object" } ?? false)
    }

    private static func note(_ key: JSONString, _ dropped: inout DroppedMembers) {
        dropped.note("schema of the answer: \(DroppedMembers.printable(key))")
    }

    private static func writeAll(
        _ key: JSONString,
        of value: JSONValue,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        guard let schemas = value.object else { return writer.copy(key, value) }
        writer.key(key)
        writer.beginObject()
        for (name, schema) in schemas {
            writer.key(name)
            write(schema, into: &writer, dropped: &dropped)
        }
        writer.endObject()
    }

    private static func writeList(
        _ value: JSONValue,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        guard let schemas = value.array else { return writer.value(value) }
        writer.beginArray()
        for schema in schemas { write(schema, into: &writer, dropped: &dropped) }
        writer.endArray()
    }

    private static func writeDescription(
        _ description: JSONString?,
        _ told: [(JSONString, JSONValue)],
        into writer: inout JSONWriter
    ) {
        guard description != nil || !told.isEmpty else { return }
        writer.key("description")
        writer.beginString()
        if let description { writer.appendString(description) }
        if !told.isEmpty {
            writer.appendString(description == nil ? "{" : "\n\n{")
            for (index, (key, value)) in told.enumerated() {
                if index > 0 { writer.appendString(", ") }
                writer.appendString(key)
                writer.appendString(": ")
                writer.appendString(utf8: value.bytes)
            }
            writer.appendString("}")
        }
        writer.endString()
    }
}
