// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension OpenAIChat {
    /// Reads the tools and what is said of choosing among them.
    static func readTools(_ root: JSONValue, into prompt: inout Prompt) throws(Refusal) {
        prompt.allowsParallelCalls = root["parallel_tool_calls"]?.bool ?? true
        guard let tools = root["tools"]?.array else {
            for (name, value) in [
                ("tool_choice", root["tool_choice"]), ("parallel_tool_calls", root["parallel_tool_calls"]),
            ] {
                guard value != nil, !value.isText("none") else { continue }
                throw .invalid("'\(name)' is only allowed when 'tools' are specified.", parameter: name)
            }
            return
        }
        var strict: [Bool] = []
        for tool in tools {
            if let function = tool["function"] {
                prompt.tools.append(OfferedTool(name: function["name"]?.string ?? "", schema: function["parameters"]))
                strict.append(function["strict"]?.bool ?? false)
            } else {
                prompt.tools.append(OfferedTool(name: tool["custom"]?["name"]?.string ?? "", kind: .custom))
                strict.append(false)
            }
            prompt.inputTokens += TokenText.count(tool)
        }
        try OpenAIRequest.checkTools(prompt.tools[...], besides: &prompt.toolNames, strict: strict) {
            "tools[\($0)].function.parameters"
        }
        try readChoice(root["tool_choice"], into: &prompt)
    }

    private static func readChoice(_ choice: JSONValue?, into prompt: inout Prompt) throws(Refusal) {
        guard let choice else { return }
        if let word = choice.string {
            prompt.toolChoice = word == "none" ? .none : word == "required" ? .required : .auto
        } else if let name = (choice["function"] ?? choice["custom"])?["name"]?.string {
            guard prompt.tools.contains(where: { $0.name == name }) else {
                throw .invalid(
                    "Tool choice '\(name.prefix(64))' not found in 'tools' parameter.",
                    parameter: "tool_choice"
                )
            }
            prompt.toolChoice = .tool(name)
        } else if let allowed = choice["allowed_tools"], let tools = allowed["tools"]?.array {
            let offered = Set(prompt.tools.map(\.name))
            var names: Set<String> = []
            for tool in tools {
                guard let name = (tool["function"] ?? tool["custom"])?["name"]?.string, offered.contains(name)
                else {
                    throw .invalid("An allowed tool is not in 'tools'.", parameter: "tool_choice.allowed_tools.tools")
                }
                names.insert(name)
            }
            prompt.tools.removeAll { !names.contains($0.name) }
            prompt.toolChoice = allowed["mode"].isText("required") ? .required : .auto
        }
    }
}

extension TokenText {
    /// How many tokens a JSON value is, as it is written in the request.
    static func count(_ value: JSONValue) -> Int {
        value.bytes.withUnsafeReadableBytes { count($0) }
    }
}
