// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Reads the `contents` and the `systemInstruction` of a client's request.
///
/// Calls need no ids in this format, so those that lack one get one by their place in the conversation: the same in every turn, so that prompts keep their
/// prefixes. Results without an id answer the first open call of their name.
struct GeminiContents {
    /// The most that any vendor takes: Anthropic's limit, PyPI `anthropic` 2.11.0 (2026-11).
    private static let maximumContents = 100_000

    private(set) var messages: [Message] = []
    private(set) var dropped = DroppedMembers()
    private var callCount = 0
    private var openCalls = GeminiOpenCalls()

    // The turn that is being read. Clients echo a stream as one content for each of its pieces, so a model's turn may go on in the next content.
    private var role: Message.Role?
    private var parts: [Message.Part] = []
    /// The pieces of the thought that is being read.
    private var thoughts: [JSONString] = []
    /// The pieces of the text that is being read.
    private var texts: [JSONString] = []
    /// The states of the thoughts of this turn.
    private var thoughtStates: Set<JSONString> = []

    /// Reads `systemInstruction`: a content, or a string as some clients send it.
    mutating func readSystem(_ value: JSONValue) throws(GatewayError) {
        if let text = value.text {
            messages.append(Message(role: .system, parts: [.text(text)]))
            return
        }
        var parts: [Message.Part] = []
        if let written = try value.requestObject("systemInstruction")["parts"], !written.isNull {
            for value in try written.requestArray("systemInstruction.parts") {
                guard let text = GeminiPart(value).text else {
                    throw .invalid("systemInstruction.parts[\(parts.count)]", "must be a text for this model.")
                }
                parts.append(.text(text))
            }
        }
        if !parts.isEmpty { messages.append(Message(role: .system, parts: parts)) }
    }

    mutating func read(_ value: JSONValue) throws(GatewayError) {
        var index = 0
        for content in try value.requestArray("contents") {
            if index & 63 == 0 { try GatewayError.checkCancellation() }
            guard index < Self.maximumContents else {
                throw .invalid("contents", "must contain at most \(Self.maximumContents) contents for this model.")
            }
            try read(content, at: index)
            index += 1
        }
        guard index > 0 else { throw .invalid("contents", "must contain at least one content.") }
        endTurn()
    }

    private mutating func read(_ value: JSONValue, at index: Int) throws(GatewayError) {
        let content = try value.requestObject("contents[\(index)]")
        let name = try content["role"]?.requestOptionalText("contents[\(index)].role") ?? "user"
        let isModel = name == "model"
        guard isModel || name == "user" || name == "function" || name == "tool" || name.isEmpty else {
            throw .invalid("contents[\(index)].role", "must be 'user' or 'model'.")
        }
        if role != .assistant || !isModel { endTurn() }
        self.role = isModel ? .assistant : .user
        guard let written = content["parts"], !written.isNull else { return }
        var position = 0
        for value in try written.requestArray("contents[\(index)].parts") {
            let path = "contents[\(index)].parts[\(position)]"
            guard value.object != nil else { throw .invalid(path, "must be an object.") }
            let part = GeminiPart(value)
            for key in part.others { dropped.note("contents[].parts[].\(DroppedMembers.printable(key))") }
            if isModel { try readModel(part, path) } else { try readUser(part, path) }
            position += 1
        }
    }

    private mutating func endTurn() {
        flush()
        if let role, !parts.isEmpty { messages.append(Message(role: role, parts: parts)) }
        parts.removeAll()
        if !thoughtStates.isEmpty { thoughtStates = [] }
        role = nil
    }

    // MARK: The model's turns

    private mutating func readModel(_ part: GeminiPart, _ path: String) throws(GatewayError) {
        let state = part.signature.flatMap(GeminiSignature.state)
        if let call = part.functionCall {
            flush()
            if let state, state.kind != .thought {
                recover(state)
                parts.append(.toolCall(try self.call(call, path)))
            } else {
                var read = Message.Part.toolCall(try self.call(call, path))
                read.state = state ?? OpaqueState.split(id: call["id"]?.text ?? "").state
                parts.append(read)
            }
        } else if part.isThought || state.map({ $0.kind != .thought }) == true {
            flushTexts()
            if part.isThought || part.text?.isEmpty == false { thoughts.append(part.text ?? "") }
            if let state { endThought(state) }
        } else if let text = part.text {
            flushThoughts()
            if let state {
                flushTexts()
                parts.append(Message.Part(.text(text), state: state))
            } else {
                texts.append(text)
            }
        } else if let media = try media(of: part, path) {
            flush()
            parts.append(Message.Part(.media(media), state: state))
        } else if let text = Self.codeText(of: part) {
            flushThoughts()
            texts.append(text)
        } else if part.functionResponse != nil {
            throw .invalid(path + ".functionResponse", "must be in a content with the role 'user'.")
        }
    }

    private func call(_ value: JSONValue, id: JSONString, _ path: String) throws(GatewayError) -> Message.ToolCall {
        guard let name = value["name"]?.text, !name.isEmpty else {
            throw .invalid(path + ".functionCall.name", "must be a string that is not empty.")
        }
        let arguments = value["args"].flatMap { $0.isNull ? nil : $0 } ?? JSONValue { $0.raw("{}") }
        guard arguments.object != nil else { throw .invalid(path + ".functionCall.args", "must be an object.") }
        return Message.ToolCall(id: id, name: name, arguments: .object(arguments))
    }

    private mutating func call(_ value: JSONValue, _ path: String) throws(GatewayError) -> Message.ToolCall {
        callCount += 1
        var id = OpaqueState.split(id: value["id"]?.text ?? "").id
        if id.isEmpty { id = JSONString("call_\(callCount)") }
        let call = try call(value, id: id, path)
        openCalls.append(id: id, name: call.name)
        return call
    }

    private mutating func flush() {
        flushThoughts()
        flushTexts()
    }

    private mutating func flushThoughts() {
        if !thoughts.isEmpty { endThought(nil) }
    }

    private mutating func flushTexts() {
        guard !texts.isEmpty else { return }
        parts.append(.text(texts.count == 1 ? texts[0] : JSONString(texts.map(\.string).joined())))
        texts.removeAll(keepingCapacity: true)
    }

    private mutating func endThought(_ state: OpaqueState?) {
        let pieces = thoughts.filter { !$0.isEmpty }
        let whole = pieces.count <= 1 ? pieces : [JSONString(pieces.map(\.string).joined())]
        let reasoning = Message.Reasoning(texts: whole, isSummary: true)
        thoughts.removeAll(keepingCapacity: true)
        guard state != nil || !reasoning.texts.isEmpty else { return }
        if let state { thoughtStates.insert(state.data) }
        parts.append(Message.Part(.reasoning(reasoning), state: state))
    }

    /// Puts back a thought whose own part the client left out; the call that followed it carries its state as well.
    private mutating func recover(_ state: OpaqueState) {
        guard thoughtStates.insert(state.data).inserted else { return }
        parts.append(Message.Part(.reasoning(Message.Reasoning(texts: [], isSummary: true)), state: state))
    }

    // MARK: The user's turns

    private mutating func readUser(_ part: GeminiPart, _ path: String) throws(GatewayError) {
        if let response = part.functionResponse {
            parts.append(.toolResult(try result(response, path)))
        } else if let text = part.text {
            parts.append(.text(text))
        } else if let media = try media(of: part, path) {
            parts.append(Message.Part(.media(media)))
        } else if let text = Self.codeText(of: part) {
            parts.append(.text(text))
        } else if part.functionCall != nil {
            throw .invalid(path + ".functionCall", "must be in a content with the role 'model'.")
        } else if part.others.isEmpty {
            throw .invalid(path, "must contain a text, data, a file or the response of a function.")
        }
    }

    private mutating func result(_ value: JSONValue, _ path: String) throws(GatewayError) -> Message.ToolResult {
        let path = path + ".functionResponse"
        guard let name = value["name"]?.text, !name.isEmpty else {
            throw .invalid(path + ".name", "must be a string that is not empty.")
        }
        var id = OpaqueState.split(id: value["id"]?.text ?? "").id
        if let call = openCalls.answer(id: id, name: name) { id = call }
        guard !id.isEmpty else { throw .invalid(path, "matches no function call of the conversation.") }
        if value.member("willContinue", "will_continue")?.bool == true {
            dropped.note("contents[].parts[].functionResponse.willContinue")
        }
        if value["scheduling"] != nil { dropped.note("contents[].parts[].functionResponse.scheduling") }
        var result = Message.ToolResult(callID: id, name: name, parts: [])
        if let response = value["response"], !response.isNull {
            guard response.object != nil else { throw .invalid(path + ".response", "must be an object.") }
            let (text, isError) = Self.text(of: response)
            result.parts.append(.text(text))
            result.isError = isError
        }
        if let parts = value["parts"], !parts.isNull {
            for part in try parts.requestArray(path + ".parts") {
                guard let media = try media(of: GeminiPart(part), path + ".parts") else { continue }
                result.parts.append(Message.Part(.media(media)))
            }
        }
        return result
    }

    /// What a `response` says: the vendor's keys for it are `output` and `error`, its SDK's `result` and `error`; any other object is the result itself.
    private static func text(of response: JSONValue) -> (JSONString, isError: Bool) {
        var members = response.object?.makeIterator()
        if let (key, value) = members?.next(), members?.next() == nil,
            key == "output" || key == "result" || key == "error"
        {
            return (value.text ?? JSONString(String(buffer: value.bytes)), key == "error")
        }
        return (JSONString(String(buffer: response.bytes)), false)
    }

    // MARK: Parts of both

    private func media(of part: GeminiPart, _ path: String) throws(GatewayError) -> Media? {
        var media: Media
        if let data = part.inlineData {
            guard let read = GeminiMedia.decode(inlineData: data) else {
                throw .invalid(path + ".inlineData", "must have a mimeType and data in base64.")
            }
            media = read
        } else if let file = part.fileData {
            guard let read = GeminiMedia.decode(fileData: file) else {
                throw .invalid(path + ".fileData.fileUri", "must be a URI.")
            }
            media = read
        } else {
            return nil
        }
        if let resolution = part.resolution {
            if resolution == "MEDIA_RESOLUTION_LOW" { media.detail = "low" }
            if resolution == "MEDIA_RESOLUTION_HIGH" || resolution == "MEDIA_RESOLUTION_ULTRA_HIGH" {
                media.detail = "high"
            }
        }
        return media
    }

    /// Code that the vendor ran in an earlier turn, and what came out, as words for models that run none.
    private static func codeText(of part: GeminiPart) -> JSONString? {
        if let code = part.executableCode {
            return JSONString(
                "```\(code["language"]?.string?.lowercased() ?? "")\n\(code["code"]?.string ?? "")\n```\n"
            )
        }
        if let result = part.codeExecutionResult { return JSONString("```\n\(result["output"]?.string ?? "")\n```\n") }
        return nil
    }
}
