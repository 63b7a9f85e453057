// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

extension AnthropicMessages {
    /// Reads the messages in order, and checks that every tool call is answered in the next message.
    static func readMessages(
        _ root: JSONValue,
        thinking: Thinking,
        state: OpaqueState,
        into prompt: inout Prompt
    ) throws(Refusal) {
        var reader = AnthropicMessageReader(prompt: prompt, thinking: thinking, state: state)
        for (index, message) in root["messages"].elements.enumerated() { try reader.read(message, index) }
        try reader.finish()
        prompt = reader.prompt
    }
}

/// Walks the messages of a request.
struct AnthropicMessageReader {
    private(set) var prompt: Prompt
    private let thinking: AnthropicMessages.Thinking
    private let state: OpaqueState
    /// The names of the calls of the last assistant turn, by their ids.
    private var calls: [String: String] = [:]
    /// Those that no result has answered yet.
    private var pending = OpenCalls()
    private var ids: Set<String> = []
    /// The role of the message before; neighbours of one role are one turn.
    private var role = ""
    private var index = 0
    /// How the last assistant turn begins, and where.
    private var firstBlock: (type: String, index: Int)?
    private var lastTexts: [JSONString] = []
    /// The text that an assistant message at the end leaves unfinished.
    private var endsWith: JSONString?

    init(prompt: Prompt, thinking: AnthropicMessages.Thinking, state: OpaqueState) {
        self.prompt = prompt
        self.thinking = thinking
        self.state = state
    }

    mutating func read(_ message: JSONValue, _ index: Int) throws(Refusal) {
        self.index = index
        let role = message["role"]?.string ?? ""
        if index == 0, role != "user" { throw .invalid("messages: first message must use the \"user\" role") }
        prompt.inputTokens += Prompt.tokensPerMessage
        if role == "system" {
            for text in texts(of: message) { AnthropicMessages.note(text, in: &prompt) }
            return
        }
        prompt.messageCount += 1
        let isNewTurn = role != self.role
        if isNewTurn, role == "assistant" {
            try checkAnswered()
            if !calls.isEmpty { (calls, pending) = ([:], OpenCalls()) }
            firstBlock = nil
            prompt.results = []
        }
        self.role = role
        endsWith = nil
        if let text = message["content"]?.text {
            try readString(text)
        } else {
            try readBlocks(message["content"])
        }
        if role == "user" { try checkAnswered() }
    }

    private func texts(of message: JSONValue) -> [JSONString] {
        guard let content = message["content"] else { return [] }
        return content.text.map { [$0] } ?? content.array?.compactMap { $0["text"]?.text } ?? []
    }

    private mutating func readString(_ text: JSONString) throws(Refusal) {
        if role == "assistant" {
            if firstBlock == nil { firstBlock = ("text", index) }
            endsWith = text
            prompt.inputTokens += TokenText.count(text)
        } else {
            guard !text.isEmpty else { throw .invalid("messages.\(index): user messages must have non-empty content") }
            lastTexts = [text]
            prompt.hear(text)
        }
    }

    private mutating func readBlocks(_ content: JSONValue?) throws(Refusal) {
        let blocks = content.elements
        if role == "user", blocks.isEmpty {
            throw .invalid("messages.\(index): user messages must have non-empty content")
        }
        let hasResults = blocks.contains { $0["type"].isText("tool_result") }
        if role == "user", !hasResults, blocks.contains(where: { $0["text"]?.text != nil }) { lastTexts = [] }
        var hasOther = false
        for (position, block) in blocks.enumerated() {
            if block["type"].isText("tool_result") {
                guard !hasOther else {
                    throw .invalid(
                        "messages.\(index).content.\(position): `tool_result` blocks must come before all other blocks"
                    )
                }
            } else {
                hasOther = true
            }
            try read(block, "messages.\(index).content.\(position)", besideResults: hasResults)
            AnthropicCache.note(block, in: &prompt)
        }
    }

    private mutating func read(_ block: JSONValue, _ path: String, besideResults: Bool) throws(Refusal) {
        let type = block["type"]?.string ?? ""
        if role == "assistant", firstBlock == nil { firstBlock = (type, index) }
        endsWith = nil
        switch type {
        case "text": try readText(block, besideResults: besideResults)
        case "tool_use":
            try demand("assistant", type, path)
            let id = block["id"]?.string ?? ""
            guard ids.insert(id).inserted else { throw .invalid("messages: `tool_use` ids must be unique") }
            let name = block["name"]?.string ?? ""
            calls[id] = name
            pending.append(id: id, name: name)
            prompt.rounds += calls.count == 1 ? 1 : 0
            prompt.inputTokens += 1 + (block["input"].map(TokenText.count) ?? 0)
        case "tool_result": try readResult(block, path)
        case "thinking":
            try demand("assistant", type, path)
            let text = block["thinking"]?.string ?? ""
            guard state.isGenuine(block["signature"]?.string ?? "", of: text, for: .anthropicThinking) else {
                throw .invalid("\(path): Invalid `signature` in `thinking` block")
            }
            prompt.inputTokens += TokenText.count(text)
        case "redacted_thinking":
            try demand("assistant", type, path)
            guard state.isGenuine(block["data"]?.string ?? "", of: "", for: .anthropicRedacted) else {
                throw .invalid("\(path): Invalid `data` in `redacted_thinking` block")
            }
        case "image", "document":
            try demand("user", type, path)
            try AnthropicMedia.read(block, path, into: &prompt)
        default:
            prompt.inputTokens += TokenText.count(block)
        }
    }

    private func demand(_ expected: String, _ type: String, _ path: String) throws(Refusal) {
        guard role == expected else {
            throw .invalid("\(path): `\(type)` blocks can only be in `\(expected)` messages")
        }
    }

    private mutating func readText(_ block: JSONValue, besideResults: Bool) throws(Refusal) {
        guard let text = block["text"]?.text else { return }
        guard !text.isEmpty else { throw .invalid("messages: text content blocks must be non-empty") }
        if role == "assistant" {
            endsWith = text
            prompt.inputTokens += TokenText.count(text)
        } else if besideResults {
            // Agents add notes to their results; the task is still the one before.
            prompt.inputTokens += TokenText.count(text)
        } else {
            lastTexts.append(text)
            prompt.hear(text)
        }
    }

    private mutating func readResult(_ block: JSONValue, _ path: String) throws(Refusal) {
        try demand("user", "tool_result", path)
        let id = block["tool_use_id"]?.string ?? ""
        guard let name = calls[id] else {
            throw .invalid(
                "\(path): unexpected `tool_use_id` found in `tool_result` blocks: \(id). Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        }
        guard pending.take(id: id) != nil else {
            throw .invalid(
                "\(path): each tool_use must have a single result. Found multiple `tool_result` blocks with id: \(id)"
            )
        }
        var text = block["content"]?.string ?? ""
        prompt.inputTokens += TokenText.count(text)
        for (part, item) in block["content"].elements.enumerated() {
            if let content = item["text"]?.string {
                guard !content.isEmpty else { throw .invalid("messages: text content blocks must be non-empty") }
                text += text.isEmpty ? content : " \(content)"
                prompt.inputTokens += TokenText.count(content)
            } else {
                try AnthropicMedia.read(item, "\(path).content.\(part)", into: &prompt)
            }
        }
        prompt.results.append(Prompt.ToolResult(name: name, text: text, isError: block["is_error"]?.bool ?? false))
    }

    /// The results must be in the turn right after the calls.
    private mutating func checkAnswered() throws(Refusal) {
        guard !pending.isEmpty else { return }
        throw .invalid(
            "messages.\(max(0, index - 1)): `tool_use` ids were found without `tool_result` blocks immediately after: \(pending.ids.joined(separator: ", ")). Each `tool_use` block must have a corresponding `tool_result` block in the next message."
        )
    }

    /// What only the end of the conversation shows.
    mutating func finish() throws(Refusal) {
        if role == "assistant" {
            if !pending.isEmpty {
                throw .invalid(
                    "messages.\(index): `tool_use` ids were found without `tool_result` blocks immediately after: \(pending.ids.joined(separator: ", ")). Each `tool_use` block must have a corresponding `tool_result` block in the next message."
                )
            }
            if prompt.model.isClaude46 || thinking != .disabled {
                throw .invalid(
                    "This model does not support assistant message prefill. The conversation must end with a user message."
                )
            }
            if let last = endsWith?.string.unicodeScalars.last, last.properties.isWhitespace {
                throw .invalid("messages: final assistant content cannot end with trailing whitespace")
            }
        }
        if thinking == .enabled, !calls.isEmpty, !prompt.results.isEmpty, let firstBlock,
            firstBlock.type != "thinking", firstBlock.type != "redacted_thinking"
        {
            throw .invalid(
                "messages.\(firstBlock.index).content.0.type: Expected `thinking` or `redacted_thinking`, but found `\(firstBlock.type)`. When `thinking` is enabled, a final `assistant` message must start with a thinking block."
            )
        }
        try prompt.read(markersIn: lastTexts)
    }
}
