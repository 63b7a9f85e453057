// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// A field of the request that the `response` object repeats.
///
/// Clients that check answers against a schema want all its fields, and within a field those that OpenAI fills in (Open Responses specification, 2026-04-24).
struct RequestEcho: Sendable {
    typealias Default = (key: StaticString, json: StaticString)

    let key: StaticString
    /// What the answer says where the client said nothing.
    let otherwise: StaticString
    private let completion: Completion

    /// What is added to a value that the client sent.
    private enum Completion {
        case nothing
        /// The fields that an object lacks.
        case fields([Default])
        /// Those that a tool lacks.
        case tools
        /// Those that an object lacks, and those that a JSON Schema in it lacks.
        case text([Default])
    }

    private init(_ key: StaticString, _ otherwise: StaticString, _ completion: Completion = .nothing) {
        self.key = key
        self.otherwise = otherwise
        self.completion = completion
    }

    static let fields: [RequestEcho] = [
        RequestEcho("instructions", "null"), RequestEcho("max_output_tokens", "null"),
        RequestEcho("max_tool_calls", "null"), RequestEcho("parallel_tool_calls", "true"),
        RequestEcho("previous_response_id", "null"), RequestEcho("prompt_cache_key", "null"),
        RequestEcho("prompt_cache_retention", "null"),
        RequestEcho("reasoning", #"{"effort":null,"summary":null}"#, .fields(reasoningFields)),
        RequestEcho("safety_identifier", "null"), RequestEcho("store", "true"), RequestEcho("temperature", "1"),
        RequestEcho("text", textOtherwise, .text(textFields)),
        RequestEcho("tool_choice", #""auto""#), RequestEcho("tools", "[]", .tools), RequestEcho("top_logprobs", "0"),
        RequestEcho("top_p", "1"), RequestEcho("presence_penalty", "0"), RequestEcho("frequency_penalty", "0"),
        RequestEcho("truncation", #""disabled""#), RequestEcho("user", "null"), RequestEcho("metadata", "{}"),
    ]

    private static let plainText: StaticString = #"{"type":"text"}"#
    private static let textFields: [Default] = [("format", plainText), ("verbosity", #""medium""#)]
    private static let textOtherwise: StaticString = #"{"format":{"type":"text"},"verbosity":"medium"}"#

    private static let reasoningFields: [Default] = [("effort", "null"), ("summary", "null")]

    /// Other vendors do not hold a model to a schema that nobody called strict.
    private static let functionTool: [Default] = [
        ("description", "null"), ("parameters", "null"), ("strict", "false"),
    ]
    private static let schemaFormat: [Default] = [("description", "null"), ("strict", "false")]

    /// The value of the client, with what it left out.
    func completed(_ value: JSONValue) -> JSONValue {
        switch completion {
        case .nothing: value
        case .fields(let defaults): Self.completed(value, with: defaults)
        case .tools: Self.completedTools(value)
        case .text(let defaults): Self.completed(Self.completedFormat(of: value), with: defaults)
        }
    }

    private static func completedTools(_ value: JSONValue) -> JSONValue {
        guard let tools = value.array else { return value }
        return JSONValue { writer in
            writer.array { writer in
                for tool in tools {
                    let isFunction = tool["type"]?.text.map { $0 == "function" } ?? false
                    writer.value(isFunction ? completed(tool, with: functionTool) : tool)
                }
            }
        }
    }

    private static func completedFormat(of text: JSONValue) -> JSONValue {
        guard let format = text["format"], format["type"]?.text.map({ $0 == "json_schema" }) ?? false,
            let fields = text.object
        else { return text }
        return JSONValue { writer in
            writer.object { writer in
                for (key, value) in fields {
                    writer.key(key)
                    writer.value(key == "format" ? completed(value, with: schemaFormat) : value)
                }
            }
        }
    }

    /// An object with the fields that it lacks.
    private static func completed(_ value: JSONValue, with defaults: [Default]) -> JSONValue {
        guard let fields = value.object else { return value }
        let missing = defaults.filter { value[$0.key].map(\.isNull) ?? true }
        guard !missing.isEmpty else { return value }
        return JSONValue { writer in
            writer.object { writer in
                for (key, value) in fields where !missing.contains(where: { key == $0.key }) {
                    writer.key(key)
                    writer.value(value)
                }
                for (key, json) in missing {
                    writer.key(key)
                    writer.raw(json)
                }
            }
        }
    }
}
