// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension OpenAIResponses {
    /// Reads the input, and checks that every tool call has its output.
    static func readInput(_ input: JSONValue?, _ prompt: Prompt, _ state: OpaqueState) throws(Refusal) -> Prompt {
        var reader = ResponseItemReader(prompt: prompt, state: state)
        if let text = input?.text {
            reader.read(text)
        } else {
            for (index, item) in input.elements.enumerated() { try reader.read(item, index) }
        }
        return try reader.finish()
    }
}

/// Walks the input items of a request.
struct ResponseItemReader {
    private var prompt: Prompt
    private let state: OpaqueState
    /// Calls so far: id, name, and whether their output has come.
    private var calls: [(id: JSONString, name: String, isAnswered: Bool)] = []
    /// The place of the latest call of each id.
    private var places: [JSONString: Int] = [:]
    private var lastTexts: [JSONString] = []
    /// A reasoning item that is still without what it led to.
    private var openReasoning: String?
    /// Whether the item before was a call, so that this one belongs to the same round.
    private var isInRound = false

    init(prompt: Prompt, state: OpaqueState) {
        self.prompt = prompt
        self.state = state
    }

    /// A prompt that is one text.
    mutating func read(_ text: JSONString) {
        prompt.messageCount += 1
        prompt.inputTokens += Prompt.tokensPerMessage
        lastTexts = [text]
        prompt.hear(text)
    }

    mutating func read(_ item: JSONValue, _ index: Int) throws(Refusal) {
        prompt.inputTokens += Prompt.tokensPerMessage
        let type = item["type"]?.string ?? "message"
        let role = item["role"]?.string
        if type != "reasoning", type != "item_reference", type != "message" || role == "assistant" {
            openReasoning = nil
        }
        let isCall = type == "function_call" || type == "custom_tool_call"
        if isCall, !isInRound { prompt.rounds += 1 }
        isInRound = isCall
        switch type {
        case "message": try readMessage(item, role ?? "user", index)
        case "function_call", "custom_tool_call": readCall(item)
        case "function_call_output", "custom_tool_call_output": try readOutput(item, index)
        case "reasoning": try readReasoning(item, index)
        case "compaction": try readCompaction(item, index)
        case "additional_tools":
            try OpenAIResponses.readTools(item["tools"], path: "input[\(index)].tools", into: &prompt)
        case "item_reference":
            let id = item["id"]?.string ?? ""
            throw Refusal(404, "Item with id '\(id.prefix(64))' not found.", parameter: "input")
        default: prompt.inputTokens += TokenText.count(item)
        }
    }

    private mutating func readMessage(_ item: JSONValue, _ role: String, _ index: Int) throws(Refusal) {
        if role == "system" || role == "developer" {
            for text in try texts(item, role, index) {
                prompt.instructionBytes += text.utf8Count
                prompt.inputTokens += TokenText.count(text)
            }
            return
        }
        prompt.messageCount += 1
        let texts = try texts(item, role, index)
        if role == "assistant" {
            prompt.results = []
            for text in texts { prompt.inputTokens += TokenText.count(text) }
        } else {
            lastTexts = texts
            for text in texts { prompt.hear(text) }
        }
    }

    /// The texts of a message, after a look at all of its parts.
    private mutating func texts(_ item: JSONValue, _ role: String, _ index: Int) throws(Refusal) -> [JSONString] {
        guard let content = item["content"] else { return [] }
        if let text = content.text { return [text] }
        var texts: [JSONString] = []
        for (position, part) in item["content"].elements.enumerated() {
            let path = "input[\(index)].content[\(position)]"
            let type = part["type"]?.string ?? ""
            let isOutput = type == "output_text" || type == "refusal"
            guard isOutput == (role == "assistant") else {
                let allowed =
                    role == "assistant"
                    ? "'output_text' and 'refusal'" : "'input_text', 'input_image', and 'input_file'"
                throw .invalid(
                    "Invalid value: '\(type)'. Supported values are: \(allowed).",
                    parameter: path,
                    code: "invalid_value"
                )
            }
            if let text = (part["text"] ?? part["refusal"])?.text {
                texts.append(text)
            } else {
                try readMedia(part, type, path)
            }
        }
        return texts
    }

    private mutating func readMedia(_ part: JSONValue, _ type: String, _ path: String) throws(Refusal) {
        switch type {
        case "input_image":
            guard let url = part["image_url"]?.text else {
                let id = part["file_id"]?.string ?? ""
                throw Refusal(404, "File with id '\(id.prefix(64))' not found.", parameter: path)
            }
            try OpenAIRequest.checkImage(url, path, prompt.model)
            prompt.media.images += 1
            prompt.inputTokens += MediaCount.tokensPerImage
        case "input_file":
            guard part["file_data"]?.text != nil || part["file_url"]?.text != nil else {
                throw .invalid(
                    "Missing required parameter: '\(path).file_data'.",
                    parameter: path,
                    code: "missing_required_parameter"
                )
            }
            prompt.media.documents += 1
            prompt.inputTokens += MediaCount.tokensPerDocument
        default:
            throw .invalid(
                "Audio is not supported by \(prompt.model.name).",
                parameter: path,
                code: "unsupported_value"
            )
        }
    }

    private mutating func readCall(_ item: JSONValue) {
        guard let id = item["call_id"]?.text else { return }
        prompt.results = []
        places[id] = calls.count
        calls.append((id, item["name"]?.string ?? "", false))
        prompt.inputTokens += 1
        if let arguments = (item["arguments"] ?? item["input"])?.text {
            prompt.inputTokens += TokenText.count(arguments)
        }
    }

    private mutating func readOutput(_ item: JSONValue, _ index: Int) throws(Refusal) {
        guard let id = item["call_id"]?.text else { return }
        guard let position = places[id] else {
            throw .invalid("No tool call found for function call output with call_id \(id.string).", parameter: "input")
        }
        guard !calls[position].isAnswered else {
            throw .invalid("Duplicate function call output with call_id \(id.string).", parameter: "input")
        }
        calls[position].isAnswered = true
        var texts: [String] = item["output"]?.string.map { [$0] } ?? []
        for (part, content) in item["output"].elements.enumerated() {
            if let text = content["text"]?.string {
                texts.append(text)
            } else {
                try readMedia(content, content["type"]?.string ?? "", "input[\(index)].output[\(part)]")
            }
        }
        for text in texts { prompt.inputTokens += TokenText.count(text) }
        prompt.results.append(Prompt.ToolResult(name: calls[position].name, text: texts.joined(separator: " ")))
    }

    /// A reasoning item must be one of ours: by its sealed content, or by its id, which is as good as stored.
    private mutating func readReasoning(_ item: JSONValue, _ index: Int) throws(Refusal) {
        let id = item["id"]?.string ?? ""
        openReasoning = id
        if let content = item["encrypted_content"]?.string {
            guard ResponseReasoning.isGenuine(content, for: .openAIReasoning, state) else {
                throw Self.unverified(id, index)
            }
        } else if !ResponseReasoning.isGenuineID(id, state) {
            throw Refusal(404, "Item with id '\(id.prefix(64))' not found.", parameter: "input")
        }
        prompt.inputTokens += TokenText.count(item["encrypted_content"]?.string ?? "")
    }

    /// A compaction must be one of ours.
    private mutating func readCompaction(_ item: JSONValue, _ index: Int) throws(Refusal) {
        guard let content = item["encrypted_content"]?.string else {
            throw .invalid(
                "Missing required parameter: 'input[\(index)].encrypted_content'.",
                parameter: "input[\(index)].encrypted_content",
                code: "missing_required_parameter"
            )
        }
        guard ResponseReasoning.isGenuine(content, for: .openAICompaction, state) else {
            throw Self.unverified(item["id"]?.string ?? "", index)
        }
        prompt.inputTokens += TokenText.count(content)
    }

    private static func unverified(_ id: String, _ index: Int) -> Refusal {
        .invalid(
            "The encrypted content for item \(id.prefix(64)) could not be verified.",
            parameter: "input[\(index)].encrypted_content",
            code: "invalid_encrypted_content"
        )
    }

    /// What only the end of the input shows.
    mutating func finish() throws(Refusal) -> Prompt {
        if let call = calls.first(where: { !$0.isAnswered }) {
            throw .invalid("No tool output found for function call \(call.id.string).", parameter: "input")
        }
        if let openReasoning {
            throw .invalid(
                "Item '\(openReasoning.prefix(64))' of type 'reasoning' was provided without its required following item.",
                parameter: "input"
            )
        }
        try prompt.read(markersIn: lastTexts)
        return prompt
    }
}
