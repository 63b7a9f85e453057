// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// Walks the contents of a request, and checks that calls and responses follow one another as Google demands.
struct GeminiContentReader {
    private var prompt: Prompt
    private let state: OpaqueState
    /// The calls of the last model turn.
    private var calls = OpenCalls()
    private var lastTexts: [JSONString] = []
    private var hasContent = false
    /// A call of the current turn that came back without its signature, in words for the error.
    private var unsigned: String?

    init(prompt: Prompt, state: OpaqueState) {
        self.prompt = prompt
        self.state = state
    }

    mutating func read(_ content: JSONValue, _ index: Int) throws(Refusal) {
        let role = content["role"]?.string ?? "user"
        guard role == "user" || role == "model" || role == "function" else {
            throw .invalid("Please use a valid role: user, model.")
        }
        prompt.messageCount += 1
        prompt.inputTokens += Prompt.tokensPerMessage
        let parts = content["parts"].elements
        let responses = parts.compactMap { $0.member("functionResponse", "function_response") }
        if !calls.isEmpty {
            guard role != "model", responses.count == calls.count else {
                throw .invalid(
                    "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn."
                )
            }
        } else if !responses.isEmpty {
            throw .invalid("Please ensure that function response turn comes immediately after a function call turn.")
        }
        if role == "model" {
            try readModel(parts, index)
        } else {
            try readUser(parts, responses, index)
        }
        hasContent = true
    }

    private mutating func readModel(_ parts: [JSONValue], _ index: Int) throws(Refusal) {
        prompt.results = []
        for (position, part) in parts.enumerated() {
            let signature = part.member("thoughtSignature", "thought_signature")?.string
            if let call = part.member("functionCall", "function_call") {
                guard hasContent else {
                    throw .invalid(
                        "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
                    )
                }
                let name = call["name"]?.string ?? ""
                if calls.isEmpty {
                    prompt.rounds += 1
                    // Only the first of parallel calls carries a signature.
                    if prompt.model.demandsThoughtSignatures, signature == nil, unsigned == nil {
                        unsigned =
                            "Function call `\(name)` in the \(index + 1). content block is missing a `thought_signature`."
                    }
                }
                calls.append(id: call["id"]?.string, name: name)
                prompt.inputTokens += 1 + (call["args"].map(TokenText.count) ?? 0)
            } else if let text = part["text"]?.text {
                prompt.inputTokens += TokenText.count(text)
            } else {
                try readMedia(part, "contents[\(index)].parts[\(position)]")
            }
            if let signature { try check(signature) }
        }
    }

    /// A signature must be one of ours, or the word with which Google lets histories of other models pass.
    private func check(_ signature: String) throws(Refusal) {
        if signature == "skip_thought_signature_validator" || signature == "context_engineering_is_the_way_to_go" {
            return
        }
        guard state.isGenuine(signature, of: "", for: .geminiThought) else {
            throw .invalid("Thought signature is not valid")
        }
    }

    private mutating func readUser(_ parts: [JSONValue], _ responses: [JSONValue], _ index: Int) throws(Refusal) {
        var open = calls
        calls = OpenCalls()
        if responses.isEmpty, parts.contains(where: { $0["text"] != nil }) { lastTexts = [] }
        for (position, part) in parts.enumerated() {
            if let response = part.member("functionResponse", "function_response") {
                try readResponse(response, &open)
            } else if let text = part["text"]?.text {
                if responses.isEmpty {
                    lastTexts.append(text)
                    prompt.hear(text)
                    // A new question: what came before is not looked at any more.
                    unsigned = nil
                } else {
                    prompt.inputTokens += TokenText.count(text)
                }
            } else {
                try readMedia(part, "contents[\(index)].parts[\(position)]")
            }
        }
    }

    private mutating func readResponse(
        _ response: JSONValue,
        _ open: inout OpenCalls
    ) throws(Refusal) {
        let name = response["name"]?.string ?? ""
        let answered = response["id"]?.string.flatMap { open.take(id: $0) } ?? open.take(name: name)
        guard answered == name else {
            throw .invalid(
                "The function response for '\(name.prefix(128))' does not belong to a function call of the turn before."
            )
        }
        let value = response["response"]
        let text = value?["output"]?.string ?? value?["result"]?.string ?? value?["error"]?.string
        let written = text ?? value.map { String(buffer: $0.bytes) } ?? ""
        prompt.inputTokens += value.map(TokenText.count) ?? 0
        for part in response["parts"].elements {
            try readMedia(part, "function_response.parts")
        }
        prompt.results.append(Prompt.ToolResult(name: name, text: written, isError: value?["error"] != nil))
    }

    private mutating func readMedia(_ part: JSONValue, _ path: String) throws(Refusal) {
        let blob = part.member("inlineData", "inline_data")
        guard let media = blob ?? part.member("fileData", "file_data") else {
            let isKnown =
                part.object.map { object in object.contains { $0.key != "thought" && $0.key != "thoughtSignature" } }
                ?? false
            guard isKnown else {
                throw .invalid(
                    "* GenerateContentRequest.\(path).data: required oneof field 'data' must have one initialized field\n",
                    parameter: path
                )
            }
            prompt.inputTokens += TokenText.count(part)
            return
        }
        if let data = blob?["data"]?.text {
            let isValid = data.withBytes { bytes, _ in Base64.looksValid(bytes) }
            guard isValid else {
                throw .invalid(
                    "Invalid value at '\(path).inline_data.data' (TYPE_BYTES), Base64 decoding failed",
                    parameter: path
                )
            }
        }
        try GeminiMedia.count(media.member("mimeType", "mime_type")?.string, path, into: &prompt)
    }

    /// What only the end of the conversation shows.
    mutating func finish() throws(Refusal) -> Prompt {
        guard calls.isEmpty else {
            throw .invalid(
                "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn."
            )
        }
        if let unsigned { throw .invalid(unsigned) }
        try prompt.read(markersIn: lastTexts)
        return prompt
    }
}
