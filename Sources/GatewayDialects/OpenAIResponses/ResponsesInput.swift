// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// The items of a request's `input`, read one by one.
///
/// What the model said in a row becomes one assistant turn, since formats with messages want its text and its calls together; so do results in a row.
/// Items that only OpenAI could make use of are left out and named, never an error: clients send back whatever they once got (tools-07, tools-08).
struct ResponsesInput {
    private(set) var messages: [Message]
    private let firstTools: [ModelRequest.Tool]
    private var moreTools: [ModelRequest.Tool] = []
    /// The ids of the calls by the ids of their items: OpenAI's local shell names only those.
    private var callIDs: [JSONString: JSONString] = [:]
    private var customCalls: Set<JSONString> = []
    private var index = 0
    private let first: Int

    /// The most that is read; vendors' limits are far below.
    private static let maximumItems = 100_000

    /// Continues after messages that stand before the input, and adds to tools.
    init(messages: [Message], tools: [ModelRequest.Tool]) {
        self.messages = messages
        firstTools = tools
        first = messages.count
    }

    /// The tools of the request with those that items add.
    var tools: [ModelRequest.Tool] { ResponsesTools.merged(firstTools, moreTools) }

    /// Whether the input has said anything.
    var hasMessages: Bool { messages.count > first }

    /// Reads the next item.
    mutating func read(_ item: JSONValue, dropped: inout DroppedMembers) throws(GatewayError) {
        defer { index += 1 }
        if index & 63 == 0 { try GatewayError.checkCancellation() }
        guard index < Self.maximumItems else {
            throw .invalid("input", "must contain at most \(Self.maximumItems) items for this model.")
        }
        _ = try item.requestObject(path)
        guard let type = try item["type"]?.requestOptionalText("\(path).type") else {
            if item["role"] == nil, item["id"] != nil { throw reference }
            return try readMessage(item, dropped: &dropped)
        }
        if type == "message" {
            try readMessage(item, dropped: &dropped)
        } else if type == "function_call" {
            try readCall(item, isCustom: false)
        } else if type == "custom_tool_call" {
            try readCall(item, isCustom: true)
        } else if type == "function_call_output" || type == "custom_tool_call_output" {
            try readOutput(item, isCustom: type == "custom_tool_call_output", dropped: &dropped)
        } else if type == "reasoning" {
            try readReasoning(item)
        } else if type == "additional_tools" {
            moreTools += try ResponsesTools.decode(item["tools"] ?? item, "\(path).tools")
            guard moreTools.count <= ResponsesTools.maximumTools else {
                throw .invalid("input", "must add at most \(ResponsesTools.maximumTools) tools.")
            }
        } else if let tool = ClientRunTool.call(type) {
            try readCall(item, of: tool)
        } else if let tool = ClientRunTool.output(type) {
            try readOutput(item, of: tool)
        } else if type == "item_reference" {
            throw reference
        } else if let reason = Self.unanswerable.first(where: { type == $0.type })?.reason {
            throw .invalid(path, "\(reason)")
        } else {
            dropped.note("input[].\(DroppedMembers.printable(type))")
        }
    }

    /// Items without which the conversation is another one, or that ask for something to be done.
    private static let unanswerable: [(type: StaticString, reason: StaticString)] = [
        ("compaction", "holds earlier turns that only the vendor that compacted them can read; send those turns."),
        (
            "compaction_summary",
            "holds earlier turns that only the vendor that compacted them can read; send those turns."
        ),
        ("compaction_trigger", "asks for a compaction, which this model does not do; leave it out."),
        (
            "configuration_update",
            "changes the configuration of a conversation that the vendor keeps; set the fields of the request."
        ),
        ("mcp_approval_request", "belongs to a tool that runs at OpenAI; this model cannot go on with it."),
        ("mcp_approval_response", "answers a tool that runs at OpenAI; this model cannot go on with it."),
    ]

    private var path: String { "input[\(index)]" }

    private var reference: GatewayError {
        .invalid(path, "refers to an item that is kept elsewhere, which this model cannot read; send the item itself.")
    }

    // MARK: Messages

    private mutating func readMessage(_ item: JSONValue, dropped: inout DroppedMembers) throws(GatewayError) {
        guard let name = try item["role"]?.requestText("\(path).role") else {
            throw .invalid("\(path).role", "is missing.")
        }
        let role: Message.Role
        if name == "user" {
            role = .user
        } else if name == "assistant" {
            role = .assistant
        } else if name == "system" || name == "developer" {
            role = .system
        } else {
            throw .invalid("\(path).role", "must be 'user', 'assistant', 'system' or 'developer'.")
        }
        guard let content = item["content"], !content.isNull else { throw .invalid("\(path).content", "is missing.") }
        let parts = try ResponsesContent.decode(content, "\(path).content", dropped: &dropped)
        if role == .assistant {
            for part in parts { append(part) }
        } else {
            messages.append(Message(role: role, parts: parts))
        }
    }

    /// Adds to the model's turn.
    private mutating func append(_ part: Message.Part) {
        if messages.count == first || messages.last?.role != .assistant {
            messages.append(Message(role: .assistant, parts: []))
        }
        messages[messages.count - 1].parts.append(part)
    }

    /// Adds to the results that stand in a row.
    private mutating func append(_ result: Message.ToolResult) {
        // What is read as a message has no results.
        if messages.count == first || messages.last?.parts.first?.toolResult == nil {
            messages.append(Message(role: .user, parts: []))
        }
        messages[messages.count - 1].parts.append(.toolResult(result))
    }

    // MARK: Calls

    private mutating func readCall(_ item: JSONValue, isCustom: Bool) throws(GatewayError) {
        guard let written = try item["call_id"]?.requestText("\(path).call_id"), !written.isEmpty else {
            throw .invalid("\(path).call_id", "is missing.")
        }
        guard let name = try item["name"]?.requestText("\(path).name") else {
            throw .invalid("\(path).name", "is missing.")
        }
        let text = try item[isCustom ? "input" : "arguments"]?.requestOptionalText(
            "\(path).\(isCustom ? "input" : "arguments")"
        )
        var call = Message.ToolCall(id: written, name: name, arguments: .text(text ?? ""), isCustom: isCustom)
        call.namespace = try item["namespace"]?.requestOptionalText("\(path).namespace")
        append(call, of: item, id: written)
    }

    private mutating func readCall(_ item: JSONValue, of tool: ClientRunTool) throws(GatewayError) {
        guard let written = item["call_id"]?.text ?? item["id"]?.text, !written.isEmpty else {
            throw .invalid("\(path).call_id", "is missing.")
        }
        guard let action = item[tool.action], action.object != nil else {
            throw .invalid("\(path).\(tool.action)", "must be an object.")
        }
        var call = Message.ToolCall(id: written, name: JSONString(tool.type), arguments: .object(action))
        call.hostedType = JSONString(tool.type)
        append(call, of: item, id: written)
    }

    /// Adds a call whose id may carry a state.
    private mutating func append(_ call: Message.ToolCall, of item: JSONValue, id written: JSONString) {
        var call = call
        let (id, state) = OpaqueState.split(id: written)
        call.id = id
        call.itemID = item["id"]?.text
        if let itemID = call.itemID { callIDs[itemID] = id }
        if call.isCustom { customCalls.insert(id) }
        var part = Message.Part.toolCall(call)
        part.state = state
        append(part)
    }

    // MARK: Results

    private mutating func readOutput(
        _ item: JSONValue,
        isCustom: Bool,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        guard let output = item["output"] else { throw .invalid("\(path).output", "is missing.") }
        let parts: [Message.Part]
        guard output.text != nil || output.array != nil else {
            throw .invalid("\(path).output", "must be a string or an array of parts.")
        }
        parts = try ResponsesContent.decode(output, "\(path).output", dropped: &dropped)
        let id = try callID(of: item)
        var result = Message.ToolResult(callID: id, parts: parts, isCustom: isCustom || customCalls.contains(id))
        result.name = try item["name"]?.requestOptionalText("\(path).name")
        append(result)
    }

    /// Reads a result as the model shall see it: its text, or its JSON where it has several members.
    private mutating func readOutput(_ item: JSONValue, of tool: ClientRunTool) throws(GatewayError) {
        let output = item["output"]
        let text = output?.text ?? output.map { JSONString(String(buffer: $0.bytes)) } ?? ""
        var result = Message.ToolResult(callID: try callID(of: item), parts: [.text(text)])
        result.name = JSONString(tool.type)
        result.isError = item["status"]?.text.map { $0 == "failed" } ?? false
        result.hostedType = JSONString(tool.type)
        append(result)
    }

    private func callID(of item: JSONValue) throws(GatewayError) -> JSONString {
        if let id = try item["call_id"]?.requestOptionalText("\(path).call_id"), !id.isEmpty {
            return OpaqueState.split(id: id).id
        }
        guard let id = try item["id"]?.requestOptionalText("\(path).id"), !id.isEmpty else {
            throw .invalid("\(path).call_id", "is missing.")
        }
        return callIDs[id] ?? OpaqueState.split(id: id).id
    }

    // MARK: Reasoning

    /// Reads a thought with the state that the gateway gave its client; another's encrypted content is not for any target of a translation.
    private mutating func readReasoning(_ item: JSONValue) throws(GatewayError) {
        let summary = try texts(item["summary"], "summary")
        let content = try texts(item["content"], "content")
        var state = item["encrypted_content"]?.text.flatMap(OpaqueState.init(wrapped:))
        if state?.isUnsigned == true { state = nil }
        let texts = summary.isEmpty ? content : summary
        if texts.isEmpty, let state, state.kind == .thought {
            return continueText(with: state)
        }
        guard !texts.isEmpty || state != nil else { return }
        let isSummary = state.map { $0.kind == .encrypted } ?? content.isEmpty
        append(Message.Part(.reasoning(Message.Reasoning(texts: texts, isSummary: isSummary)), state: state))
    }

    /// Gives a state that stands alone back to the text that it came with.
    private mutating func continueText(with state: OpaqueState) {
        // Nothing may hold on to the parts while one of them is changed: each change would copy all.
        if messages.count > first, messages.last?.role == .assistant, let part = messages.last?.parts.last,
            part.text != nil, part.state == nil
        {
            let turn = messages.count - 1
            messages[turn].parts[messages[turn].parts.count - 1].state = state
        } else {
            append(Message.Part(.text(""), state: state))
        }
    }

    private func texts(_ value: JSONValue?, _ member: String) throws(GatewayError) -> [JSONString] {
        guard let value, !value.isNull else { return [] }
        var texts: [JSONString] = []
        for part in try value.requestArray("\(path).\(member)") {
            guard let text = part["text"]?.text else {
                throw .invalid("\(path).\(member)[\(texts.count)].text", "must be a string.")
            }
            texts.append(text)
        }
        return texts
    }
}
