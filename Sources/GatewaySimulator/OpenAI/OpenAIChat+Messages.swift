// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension OpenAIChat {
    /// Reads the messages in order, and checks that every tool call is answered before anything else is said.
    static func readMessages(_ root: JSONValue, into prompt: inout Prompt) throws(Refusal) {
        var reader = MessageReader(prompt: prompt)
        let messages = root["messages"].elements
        for (index, message) in messages.enumerated() { try reader.read(message, index) }
        try reader.checkAnswered(messages.count)
        try reader.prompt.read(markersIn: reader.lastTexts)
        prompt = reader.prompt
    }

    private struct MessageReader {
        var prompt: Prompt
        /// Calls of the last assistant message that no tool has answered yet.
        private var pending = OpenCalls()
        private var isAnswering = false
        /// The texts of the last user message.
        private(set) var lastTexts: [JSONString] = []

        init(prompt: Prompt) {
            self.prompt = prompt
        }

        mutating func read(_ message: JSONValue, _ index: Int) throws(Refusal) {
            prompt.inputTokens += Prompt.tokensPerMessage
            guard let role = message["role"]?.text else { return }
            if role == "tool" { return try readTool(message, index) }
            try checkAnswered(index)
            isAnswering = false
            if role == "system" || role == "developer" {
                for text in texts(message["content"]) {
                    prompt.instructionBytes += text.utf8Count
                    prompt.inputTokens += TokenText.count(text)
                }
                return
            }
            prompt.messageCount += 1
            if role == "user" {
                try readUser(message, index)
            } else if role == "assistant" {
                try readAssistant(message, index)
            } else {
                for text in texts(message["content"]) { prompt.inputTokens += TokenText.count(text) }
            }
        }

        func checkAnswered(_ index: Int) throws(Refusal) {
            guard !pending.isEmpty else { return }
            let ids = pending.ids.joined(separator: ", ")
            throw .invalid(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: \(ids)",
                parameter: "messages.[\(index)].role"
            )
        }

        private func texts(_ content: JSONValue?) -> [JSONString] {
            guard let content else { return [] }
            if let text = content.text { return [text] }
            return content.array?.compactMap { $0["text"]?.text ?? $0["refusal"]?.text } ?? []
        }

        private mutating func readUser(_ message: JSONValue, _ index: Int) throws(Refusal) {
            guard let content = message["content"] else { return }
            lastTexts = []
            if let text = content.text {
                lastTexts = [text]
                return prompt.hear(text)
            }
            for (part, item) in message["content"].elements.enumerated() {
                try readPart(item, "messages[\(index)].content[\(part)]")
            }
        }

        private mutating func readPart(_ part: JSONValue, _ path: String) throws(Refusal) {
            if let text = part["text"]?.text {
                lastTexts.append(text)
                return prompt.hear(text)
            }
            if let url = part["image_url"]?["url"]?.text {
                try OpenAIRequest.checkImage(url, "\(path).image_url.url", prompt.model)
                prompt.media.images += 1
                prompt.inputTokens += MediaCount.tokensPerImage
            } else if part["input_audio"] != nil || part["audio_url"] != nil {
                guard prompt.model.capabilities.contains(.audio) else {
                    throw .invalid(
                        "Invalid content type. Audio is not supported by \(prompt.model.name).",
                        parameter: path
                    )
                }
                prompt.media.audio += 1
                prompt.inputTokens += MediaCount.tokensPerAudio
            } else if part["video_url"] != nil {
                guard prompt.model.capabilities.contains(.video) else {
                    throw .invalid(
                        "Invalid content type. Video is not supported by \(prompt.model.name).",
                        parameter: path
                    )
                }
                prompt.media.videos += 1
                prompt.inputTokens += MediaCount.tokensPerVideo
            } else if let file = part["file"] {
                guard file["file_data"] != nil || file["file_id"] != nil else {
                    throw .invalid(
                        "Missing required parameter: '\(path).file.file_id'.",
                        parameter: "\(path).file.file_id",
                        code: "missing_required_parameter"
                    )
                }
                prompt.media.documents += 1
                prompt.inputTokens += MediaCount.tokensPerDocument
            }
        }

        private mutating func readAssistant(_ message: JSONValue, _ index: Int) throws(Refusal) {
            prompt.results = []
            let content = texts(message["content"])
            for text in content { prompt.inputTokens += TokenText.count(text) }
            for call in message["tool_calls"].elements {
                guard let id = call["id"]?.text else { continue }
                let function = call["function"] ?? call["custom"]
                pending.append(id: id.string, name: function?["name"]?.string ?? "")
                prompt.inputTokens += 1
                if let arguments = (function?["arguments"] ?? function?["input"])?.text {
                    prompt.inputTokens += TokenText.count(arguments)
                }
            }
            if pending.isEmpty {
                let hasOther =
                    message["refusal"]?.text != nil || message["function_call"]?.object != nil
                    || message["audio"]?.object != nil
                guard message["content"].map({ !$0.isNull }) ?? false || hasOther else {
                    throw .invalid(
                        "Invalid value for 'content': expected a string, got null.",
                        parameter: "messages.[\(index)].content"
                    )
                }
            } else {
                isAnswering = true
                prompt.rounds += 1
            }
        }

        private mutating func readTool(_ message: JSONValue, _ index: Int) throws(Refusal) {
            guard let id = message["tool_call_id"]?.text else { return }
            guard isAnswering, let name = pending.take(id: id.string) else {
                throw .invalid(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
                    parameter: "messages.[\(index)].role"
                )
            }
            if pending.isEmpty { pending = OpenCalls() }
            let texts = texts(message["content"])
            for text in texts { prompt.inputTokens += TokenText.count(text) }
            prompt.messageCount += 1
            prompt.results.append(Prompt.ToolResult(name: name, text: texts.map(\.string).joined(separator: " ")))
        }
    }
}
