// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Google's own kind of schema: a part of OpenAPI's, where every other keyword of JSON Schema is an unknown name.
///
/// The fields are those of `Schema` in PyPI `google-genai` 3.4.0 (2026-11). A full JSON Schema goes into `parametersJsonSchema`.
extension Gemini {
    static let schema = ObjectShape(
        plain + [
            .optional("items", nested),
            .optional("anyOf", .array(of: nested)),
            .optional("properties", .map(of: nested)),
            .optional("defs", .map(of: nested)),
            .optional("additionalProperties", .anything),
        ],
        hasSnakeCase: true
    )

    /// A schema in a schema.
    ///
    /// It is checked one level at a time by ``checkSchema(_:at:)``, since a value cannot hold itself.
    private static let nested = Shape.map(of: .anything)

    /// Enumerations may also be written as the numbers of the protocol buffers (PyPI `google-ai-generativelanguage` 0.12.1).
    private static let plain: [ObjectShape.Member] = [
        .optional(
            "type",
            .either([
                .oneOf([
                    "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL", "TYPE_UNSPECIFIED", "string",
                    "number", "integer", "boolean", "array", "object", "null",
                ]),
                .integer(0...7),
            ])
        ),
        .optional("format", .text),
        .optional("title", .text),
        .optional("description", .text),
        .optional("nullable", .boolean),
        .optional("enum", .array(of: .text)),
        .optional("maxItems", bound),
        .optional("minItems", bound),
        .optional("maxLength", bound),
        .optional("minLength", bound),
        .optional("maxProperties", bound),
        .optional("minProperties", bound),
        .optional("maximum", .number(-.greatestFiniteMagnitude ... .greatestFiniteMagnitude)),
        .optional("minimum", .number(-.greatestFiniteMagnitude ... .greatestFiniteMagnitude)),
        .optional("pattern", .text),
        .optional("required", .array(of: .text)),
        .optional("propertyOrdering", .array(of: .text)),
        .optional("default", .anything),
        .optional("example", .anything),
        .optional("ref", .text),
    ]

    private static let bound = Shape.either([.integer(from: 0), .text])

    /// Checks a schema and all those in it.
    ///
    /// - Parameters:
    ///   - value: The schema.
    ///   - path: Where it stands, for the message.
    /// - Throws: 400 with the first thing that is wrong.
    static func checkSchema(_ value: JSONValue, at path: [Violation.Element]) throws(Refusal) {
        // In place of calls, so that depth costs no stack.
        var open = [try OpenSchema(value, at: path)]
        while var schema = open.popLast() {
            guard let (steps, inner) = schema.schemas.next() else {
                try schema.checkRequired()
                continue
            }
            open.append(schema)
            open.append(try OpenSchema(inner, at: schema.path + steps))
        }
    }

    /// A schema that was compared with its shape, and those in it that were not yet.
    private struct OpenSchema {
        let value: JSONValue
        let path: [Violation.Element]
        var schemas: IndexingIterator<[(steps: [Violation.Element], value: JSONValue)]>

        init(_ value: JSONValue, at path: [Violation.Element]) throws(Refusal) {
            do throws(Violation) { try Shape.object(Gemini.schema).check(value) } catch {
                var violation = error
                violation.path = path + violation.path
                throw GeminiError.refusal(violation)
            }
            self.value = value
            self.path = path
            var schemas: [(steps: [Violation.Element], value: JSONValue)] = []
            for key: StaticString in ["items", "additionalProperties"] {
                if let inner = value[key], inner.kind == .object { schemas.append(([.member("\(key)")], inner)) }
            }
            for (index, inner) in (value["anyOf"] ?? value["any_of"]).elements.enumerated() {
                schemas.append(([.member("anyOf"), .index(index)], inner))
            }
            for key: StaticString in ["properties", "defs"] {
                for (name, inner) in value[key].members {
                    schemas.append(([.member("\(key)"), .member(name.string)], inner))
                }
            }
            self.schemas = schemas.makeIterator()
        }

        func checkRequired() throws(Refusal) {
            let required = value["required"]?.array?.compactMap(\.text) ?? []
            let properties = required.isEmpty ? [] : Set(value["properties"].members.map(\.key))
            for name in required where !properties.contains(name) {
                let place = GeminiError.path(path + [.member("required")])
                throw .invalid(
                    "* GenerateContentRequest.\(place): only allowed for properties that are defined; '\(name.string)' is not.\n",
                    parameter: place
                )
            }
        }
    }
}
