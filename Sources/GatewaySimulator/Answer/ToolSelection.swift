// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// Decides which tools the simulated model calls.
///
/// It calls tools when it must (a forced choice), or when the last user text, as long as no tool has answered since, names tools, or says "use the tool"
/// (the first one) or "all tools", or has the words after `get_` in a name (within its first 16 KiB); and it makes the calls that the user spelled out, one pair of brackets in each round.
enum ToolSelection {
    static func calls(for prompt: Prompt) throws(Refusal) -> [Answer.ToolCall] {
        guard prompt.toolChoice != .none, !prompt.tools.isEmpty else { return [] }
        let values = PromptValues(in: prompt.userText)
        let rounds = prompt.instructions.rounds
        if !rounds.isEmpty {
            guard prompt.rounds < rounds.count else { return [] }
            let tools = Dictionary(prompt.tools.lazy.map { ($0.name, $0) }) { first, _ in first }
            var calls: [Answer.ToolCall] = []
            for call in rounds[prompt.rounds] { calls.append(try scripted(call, among: tools, values)) }
            return calls
        }
        var tools: [OfferedTool]
        switch prompt.toolChoice {
        case .none: return []
        case .tool(let name): tools = Array(prompt.tools.filter { $0.name == name }.prefix(1))
        case .required:
            tools = named(in: prompt)
            if tools.isEmpty { tools = Array(prompt.tools.prefix(1)) }
        case .auto:
            guard prompt.results.isEmpty else { return [] }
            tools = named(in: prompt)
        }
        if !prompt.allowsParallelCalls { tools = Array(tools.prefix(1)) }
        return tools.map { Answer.ToolCall(tool: $0, arguments: TokenText(arguments(of: $0, values))) }
    }

    private static func scripted(
        _ call: Instructions.Call,
        among tools: [String: OfferedTool],
        _ values: PromptValues
    ) throws(Refusal) -> Answer.ToolCall {
        guard let tool = tools[call.name] else {
            throw .invalid("The simulator is told to call '\(call.name.prefix(128))', but no such tool is offered.")
        }
        let arguments = call.arguments ?? (tool.kind == .custom ? "" : instance(of: tool, values))
        if tool.kind == .function, (try? JSONValue(validating: ByteBuffer(string: arguments)))?.kind != .object {
            throw .invalid("The simulator is told to call '\(tool.name)' with arguments that are no JSON object.")
        }
        return Answer.ToolCall(tool: tool, arguments: TokenText(arguments))
    }

    private static func arguments(of tool: OfferedTool, _ values: PromptValues) -> String {
        switch tool.kind {
        case .custom: "Input for \(tool.name)"
        case .function: instance(of: tool, values)
        }
    }

    private static func instance(of tool: OfferedTool, _ values: PromptValues) -> String {
        tool.schema.map { SchemaInstance.json(of: $0, from: values) } ?? "{}"
    }

    /// The tools that the last user text asks for, in the order in which it names them.
    private static func named(in prompt: Prompt) -> [OfferedTool] {
        let text = Array(prompt.userText.utf8.prefix(16_384))
        let lowercased = text.map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }
        let asks = { (phrase: StaticString) in
            phrase.withUTF8Buffer { SpokenWords.find(Array($0), in: lowercased, from: 0) != nil }
        }
        if asks("all tools") || asks("all the tools") || asks("all your tools") || asks("every tool") {
            return prompt.tools
        }
        var found: [(position: Int, tool: OfferedTool)] = []
        var words = SpokenWords(text)
        for tool in prompt.tools {
            if let position = words.first(Array(tool.name.utf8)) { found.append((position, tool)) }
        }
        if found.isEmpty {
            words = SpokenWords(lowercased)
            for tool in prompt.tools {
                if let position = findSubject(of: tool, in: &words) { found.append((position, tool)) }
            }
        }
        if !found.isEmpty { return found.sorted { $0.position < $1.position }.map(\.tool) }
        for phrase: StaticString in ["use the tool", "use a tool", "use your tool", "call the tool", "call a tool"]
        where asks(phrase) {
            return Array(prompt.tools.prefix(1))
        }
        return []
    }

    /// Where the text has all words after `get_` in the tool's name: the user asks for what the tool gets.
    private static func findSubject(of tool: OfferedTool, in spoken: inout SpokenWords) -> Int? {
        let words = tool.name.lowercased().split(separator: "_")
        guard words.count > 1, words[0] == "get" else { return nil }
        var first: Int?
        for word in words.dropFirst() {
            guard let position = spoken.first(Array(word.utf8)) else { return nil }
            first = min(first ?? position, position)
        }
        return first
    }
}
