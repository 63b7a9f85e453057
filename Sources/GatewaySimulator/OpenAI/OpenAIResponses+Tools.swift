// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

extension OpenAIResponses {
    /// Reads tools, of the request or of an item that adds some.
    static func readTools(_ value: JSONValue?, path: String, into prompt: inout Prompt) throws(Refusal) {
        guard let tools = value?.array else { return }
        let first = prompt.tools.count
        var strict: [Bool] = []
        for tool in tools {
            prompt.inputTokens += TokenText.count(tool)
            let type = tool["type"]?.string ?? ""
            if type == "namespace" {
                for inner in tool["tools"].elements {
                    add(inner, namespace: tool["name"]?.string, &strict, into: &prompt)
                }
            } else if type == "function" || type == "custom" {
                add(tool, namespace: nil, &strict, into: &prompt)
            }
        }
        // Those of before have been looked at.
        try OpenAIRequest.checkTools(prompt.tools[first...], besides: &prompt.toolNames, strict: strict) {
            "\(path)[\($0)].parameters"
        }
    }

    private static func add(_ tool: JSONValue, namespace: String?, _ strict: inout [Bool], into prompt: inout Prompt) {
        let isCustom = tool["type"].isText("custom")
        let schema = tool["parameters"].flatMap { $0.isNull ? nil : $0 }
        prompt.tools.append(
            OfferedTool(
                name: tool["name"]?.string ?? "",
                kind: isCustom ? .custom : .function,
                namespace: namespace,
                schema: isCustom ? nil : schema
            )
        )
        strict.append(tool["strict"]?.bool ?? false)
    }

    /// Reads what is said of choosing among the tools.
    static func readChoice(_ choice: JSONValue?, into prompt: inout Prompt) throws(Refusal) {
        guard let choice, !choice.isNull else { return }
        if let word = choice.string {
            if word == "required", prompt.tools.isEmpty {
                throw .invalid(
                    "Tool choice 'required' must be specified with 'tools' parameter.",
                    parameter: "tool_choice"
                )
            }
            prompt.toolChoice = word == "none" ? .none : word == "required" ? .required : .auto
            return
        }
        if let tools = choice["tools"]?.array {
            let names = tools.compactMap { $0["name"]?.string }
            let offered = Set(prompt.tools.map(\.name))
            for name in names where !offered.contains(name) {
                throw .invalid(
                    "Tool choice '\(name.prefix(64))' not found in 'tools' parameter.",
                    parameter: "tool_choice"
                )
            }
            let allowed = Set(names)
            prompt.tools.removeAll { !allowed.contains($0.name) }
            prompt.toolChoice = choice["mode"].isText("required") ? .required : .auto
        } else if let name = choice["name"]?.string, choice["server_label"] == nil {
            guard prompt.tools.contains(where: { $0.name == name }) else {
                throw .invalid(
                    "Tool choice '\(name.prefix(64))' not found in 'tools' parameter.",
                    parameter: "tool_choice"
                )
            }
            prompt.toolChoice = .tool(name)
        }
    }
}
