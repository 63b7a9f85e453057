// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Which schemas OpenAI takes with `strict: true` (tools-23).
///
/// It refuses an object that does not close itself or does not require all of its properties (OpenAI's guide on structured outputs, "Supported schemas", 2026-11);
/// Anthropic's strict tools and output formats may leave properties out.
enum OpenAIStrictSchema {
    /// As deep as OpenAI takes schemas, and some more.
    private static let maximumDepth = 16

    private enum Keyword {
        case schema, schemas, list
    }

    private static let keywords = KeyTable<Keyword>([
        "items": .schema, "properties": .schemas, "$defs": .schemas, "definitions": .schemas, "anyOf": .list,
    ])

    /// Whether a schema is taken, as far as its objects show.
    static func takes(_ schema: JSONValue) -> Bool { takes(schema, depth: 0) }

    private static func takes(_ schema: JSONValue, depth: Int) -> Bool {
        guard let fields = schema.object else { return true }
        guard depth < maximumDepth else { return false }
        let isObject = schema["type"]?.text.map { $0 == "object" } ?? false
        if isObject || schema["properties"] != nil {
            guard schema["additionalProperties"]?.bool == false else { return false }
            let required = Set((schema["required"]?.array.map(Array.init) ?? []).compactMap(\.text))
            guard (schema["properties"]?.object.map(Array.init) ?? []).allSatisfy({ required.contains($0.key) }) else {
                return false
            }
        }
        for (key, value) in fields {
            let children: [JSONValue] =
                switch keywords[key] {
                case .schema: [value]
                case .schemas: (value.object.map(Array.init) ?? []).map(\.value)
                case .list: value.array.map(Array.init) ?? []
                case nil: []
                }
            guard children.allSatisfy({ takes($0, depth: depth + 1) }) else { return false }
        }
        return true
    }
}
