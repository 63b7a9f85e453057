// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Walks the messages of a Converse request.
struct BedrockMessageReader {
    private(set) var prompt: Prompt
    /// Whether there is a `toolConfig`.
    var hasTools = false
    private let thinking: AnthropicMessages.Thinking
    private let state: OpaqueState
    /// Calls of the last assistant turn: id and name.
    private var calls: [(id: String, name: String)] = []
    /// The names of those calls by their ids.
    private var callNames: [String: String] = [:]
    private var ids: Set<String> = []
    private var documentNames: Set<String> = []
    private var role = ""
    private var index = 0
    /// The kind of the last assistant turn's first block, and its place.
    private var firstBlock: (isThought: Bool, index: Int)?
    private var lastTexts: [JSONString] = []

    init(prompt: Prompt, thinking: AnthropicMessages.Thinking, state: OpaqueState) {
        self.prompt = prompt
        self.thinking = thinking
        self.state = state
    }

    mutating func read(_ message: JSONValue, _ index: Int) throws(Refusal) {
        self.index = index
        let role = message["role"]?.string ?? ""
        if index == 0, role != "user" {
            throw .invalid(
                "A conversation must start with a user message. Try again with a conversation that starts with a user message."
            )
        }
        guard role != self.role else {
            throw .invalid(
                "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again."
            )
        }
        self.role = role
        prompt.inputTokens += Prompt.tokensPerMessage
        prompt.messageCount += 1
        let blocks = message["content"].elements
        guard !blocks.isEmpty else {
            throw .invalid(
                "The content field in the Message object at messages.\(index) is empty. Add a ContentBlock object to the content field and try again."
            )
        }
        if role == "assistant" {
            (calls, callNames) = ([], [:])
            firstBlock = nil
            prompt.results = []
        } else {
            try checkResults(blocks)
        }
        let hasResults = blocks.contains { $0["toolResult"] != nil }
        if role == "user", !hasResults, blocks.contains(where: { $0["text"] != nil }) { lastTexts = [] }
        for (position, block) in blocks.enumerated() {
            let path = "messages.\(index).content.\(position)"
            try BedrockConverse.checkUnion(block, path)
            try read(block, path, besideResults: hasResults)
        }
    }

    /// Each call is answered once, in the next message, before anything else.
    private func checkResults(_ blocks: [JSONValue]) throws(Refusal) {
        let answered = blocks.compactMap { $0["toolResult"]?["toolUseId"]?.string }
        guard answered.count <= calls.count else {
            throw .invalid(
                "The number of toolResult blocks at messages.\(index).content exceeds the number of toolUse blocks of previous turn."
            )
        }
        let known = Set(answered)
        let missing = calls.map(\.id).filter { !known.contains($0) }
        guard missing.isEmpty else {
            throw .invalid(
                "Expected toolResult blocks at messages.\(index).content for the following Ids: \(missing.joined(separator: ", "))"
            )
        }
        let results = blocks.prefix { $0["toolResult"] != nil || $0["cachePoint"] != nil }
        guard results.filter({ $0["toolResult"] != nil }).count == answered.count else {
            throw .invalid("messages.\(index).content: toolResult blocks must come before all other blocks")
        }
    }

    private mutating func read(_ block: JSONValue, _ path: String, besideResults: Bool) throws(Refusal) {
        if block["cachePoint"] != nil { return BedrockConverse.noteCachePoint(block, in: &prompt) }
        if role == "assistant", firstBlock == nil { firstBlock = (block["reasoningContent"] != nil, index) }
        if let text = block["text"]?.text {
            try readText(text, path, besideResults: besideResults)
        } else if let call = block["toolUse"] {
            try demand("assistant", "toolUse", path)
            try demandTools()
            let id = call["toolUseId"]?.string ?? ""
            guard ids.insert(id).inserted else { throw .invalid("messages: toolUse ids must be unique") }
            let name = call["name"]?.string ?? ""
            calls.append((id, name))
            callNames[id] = name
            prompt.rounds += calls.count == 1 ? 1 : 0
            prompt.inputTokens += 1 + (call["input"].map(TokenText.count) ?? 0)
        } else if let result = block["toolResult"] {
            try demand("user", "toolResult", path)
            try demandTools()
            try readResult(result, path)
        } else if let reasoning = block["reasoningContent"] {
            try demand("assistant", "reasoningContent", path)
            try readReasoning(reasoning, path)
        } else {
            try demand("user", "media", path)
            try readMedia(block, path)
        }
    }

    private func demand(_ expected: String, _ what: String, _ path: String) throws(Refusal) {
        guard role == expected else { throw .invalid("\(path): \(what) blocks can only be in \(expected) messages") }
    }

    private func demandTools() throws(Refusal) {
        guard hasTools else {
            throw .invalid(
                "The toolConfig field must be defined when using toolUse and toolResult content blocks."
            )
        }
    }

    private mutating func readText(_ text: JSONString, _ path: String, besideResults: Bool) throws(Refusal) {
        guard text.string.contains(where: { !$0.isWhitespace }) else {
            throw .invalid(
                "The text field in the ContentBlock object at \(path) is blank. Add text to the text field, and try again."
            )
        }
        if role == "assistant" || besideResults {
            prompt.inputTokens += TokenText.count(text)
        } else {
            lastTexts.append(text)
            prompt.hear(text)
        }
    }

    private mutating func readResult(_ result: JSONValue, _ path: String) throws(Refusal) {
        let id = result["toolUseId"]?.string ?? ""
        guard let name = callNames[id] else {
            throw .invalid("\(path): the toolUseId \(id) has no toolUse block in the previous turn.")
        }
        var texts: [String] = []
        for (part, item) in result["content"].elements.enumerated() {
            try BedrockConverse.checkUnion(item, "\(path).content.\(part)")
            if let text = item["text"]?.string {
                texts.append(text)
                prompt.inputTokens += TokenText.count(text)
            } else if let json = item["json"] {
                texts.append(String(buffer: json.bytes))
                prompt.inputTokens += TokenText.count(json)
            } else {
                try readMedia(item, "\(path).content.\(part)")
            }
        }
        prompt.results.append(
            Prompt.ToolResult(
                name: name,
                text: texts.joined(separator: " "),
                isError: result["status"].isText("error")
            )
        )
    }

    private mutating func readReasoning(_ reasoning: JSONValue, _ path: String) throws(Refusal) {
        try BedrockConverse.checkUnion(reasoning, path)
        guard prompt.model.family == .claude else {
            throw .invalid("\(path): reasoningContent is not supported in the messages of this model")
        }
        if let data = reasoning["redactedContent"]?.string {
            guard state.isGenuine(data, of: "", for: .bedrockRedacted) else {
                throw .invalid("\(path): Invalid `data` in `redacted_thinking` block")
            }
            return
        }
        let thought = reasoning["reasoningText"]
        let text = thought?["text"]?.string ?? ""
        guard state.isGenuine(thought?["signature"]?.string ?? "", of: text, for: .bedrockReasoning) else {
            throw .invalid("\(path): Invalid `signature` in `thinking` block")
        }
        prompt.inputTokens += TokenText.count(text)
    }

    private mutating func readMedia(_ block: JSONValue, _ path: String) throws(Refusal) {
        guard let (kind, value) = block.object.flatMap({ Array($0).first }) else { return }
        if let data = value["source"]?["bytes"]?.text {
            let isValid = data.withBytes { bytes, _ in Base64.looksValid(bytes) }
            guard isValid else { throw .invalid("\(path).source.bytes: invalid base64 data") }
        }
        if kind == "image" {
            guard prompt.model.capabilities.contains(.vision) else {
                throw .invalid("This model doesn't support the image content block that you provided.")
            }
            prompt.media.images += 1
            prompt.inputTokens += MediaCount.tokensPerImage
        } else if kind == "video" {
            prompt.media.videos += 1
            prompt.inputTokens += MediaCount.tokensPerVideo
        } else if kind == "audio" {
            prompt.media.audio += 1
            prompt.inputTokens += MediaCount.tokensPerAudio
        } else if kind == "document" {
            guard documentNames.insert(value["name"]?.string ?? "").inserted else {
                throw .invalid("messages: document names must be unique")
            }
            prompt.media.documents += 1
            prompt.inputTokens += MediaCount.tokensPerDocument
        } else {
            prompt.inputTokens += TokenText.count(value)
        }
    }

    /// What only the end of the conversation shows.
    mutating func finish() throws(Refusal) {
        guard !role.isEmpty else {
            throw .invalid("The messages field is empty. Add a user message and try again.")
        }
        if role == "assistant" {
            guard calls.isEmpty else {
                throw .invalid(
                    "Expected toolResult blocks for the following Ids: \(calls.map(\.id).joined(separator: ", "))"
                )
            }
            if prompt.model.isClaude46 || thinking != .disabled {
                throw .invalid(
                    "This model does not support assistant message prefill. The conversation must end with a user message."
                )
            }
        }
        if thinking == .enabled, !calls.isEmpty, !prompt.results.isEmpty, let firstBlock, !firstBlock.isThought {
            throw .invalid(
                "messages.\(firstBlock.index).content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block."
            )
        }
        try prompt.read(markersIn: lastTexts)
    }
}
