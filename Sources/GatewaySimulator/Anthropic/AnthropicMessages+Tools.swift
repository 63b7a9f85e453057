// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

extension AnthropicMessages {
    /// Reads the tools and what is said of choosing among them.
    static func readTools(_ root: JSONValue, thinking: Thinking, into prompt: inout Prompt) throws(Refusal) {
        let choice = root["tool_choice"]
        guard let tools = root["tools"]?.array, !tools.isEmpty else {
            if choice != nil, !choice["type"].isText("none") {
                throw .invalid("tool_choice: `tool_choice` may only be specified while providing `tools`")
            }
            return
        }
        var names: Set<String> = []
        for (index, tool) in tools.enumerated() {
            prompt.inputTokens += TokenText.count(tool)
            let name = tool["name"]?.string ?? ""
            guard name.isEmpty || names.insert(name).inserted else {
                throw .invalid("tools: Tool names must be unique.")
            }
            if let schema = tool["input_schema"] {
                try checkSchema(schema, index)
                prompt.tools.append(OfferedTool(name: name, schema: schema))
            }
            AnthropicCache.note(tool, in: &prompt)
        }
        try readChoice(choice, thinking: thinking, names: names, into: &prompt)
    }

    private static func checkSchema(_ schema: JSONValue, _ index: Int) throws(Refusal) {
        for keyword: StaticString in ["oneOf", "allOf", "anyOf"] where schema[keyword] != nil {
            throw .invalid(
                "tools.\(index).custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
            )
        }
        if let problem = SchemaCheck.problem(in: schema) {
            throw .invalid(
                "tools.\(index).custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12: \(problem)"
            )
        }
        let rule = NameRule(limit: 64, allowsDots: true, startsWithLetter: false, pattern: "^[a-zA-Z0-9_.-]{1,64}$")
        for (key, _) in schema["properties"].members {
            guard rule.allows(key.string) else {
                throw .invalid(
                    "tools.\(index).custom.input_schema.properties: Property keys should match pattern '\(rule.pattern)'"
                )
            }
        }
    }

    private static func readChoice(
        _ choice: JSONValue?,
        thinking: Thinking,
        names: Set<String>,
        into prompt: inout Prompt
    ) throws(Refusal) {
        guard let choice, let type = choice["type"]?.string else { return }
        prompt.allowsParallelCalls = !(choice["disable_parallel_tool_use"]?.bool ?? false)
        switch type {
        case "none": prompt.toolChoice = .none
        case "any": prompt.toolChoice = .required
        case "tool":
            let name = choice["name"]?.string ?? ""
            guard names.contains(name) else { throw .invalid("Tool '\(name.prefix(128))' not found in provided tools") }
            prompt.toolChoice = .tool(name)
        default: return
        }
        if prompt.toolChoice != .none, prompt.model.refusesForcedCalls {
            throw .invalid("tool_choice: forced tool use is not supported for this model.")
        }
        if thinking != .disabled, prompt.toolChoice != .none {
            throw .invalid("Thinking may not be enabled when tool_choice forces tool use.")
        }
    }
}
