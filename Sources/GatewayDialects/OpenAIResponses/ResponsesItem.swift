// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// An output item that is being put together.
struct ResponsesItem {
    enum Kind {
        case message
        case reasoning
        case functionCall(Message.ToolCall)
        case customToolCall(Message.ToolCall)
        /// A call of a tool that OpenAI defines; it is told only when it is whole, since its action is an object.
        case clientRunCall(ClientRunTool, Message.ToolCall)
    }

    /// A text, a refusal or a piece of a summary; its text is JSON without the quotes.
    struct Part {
        enum Kind {
            case text
            case refusal
            case summary
        }

        let kind: Kind
        var text = ByteBuffer()
        /// Elements with a comma after each but the last, as are the others.
        var annotations = ByteBuffer()
        var annotationCount = 0
        var logprobs = ByteBuffer()
        /// What of the text was counted, in bytes, and how many characters (Unicode scalars) that is.
        private var counted = (bytes: 0, characters: 0)

        init(_ kind: Kind) {
            self.kind = kind
        }

        /// How many characters the text has so far; reads what came since it was asked last.
        mutating func countCharacters() -> Int {
            var rest = text
            rest.moveReaderIndex(forwardBy: counted.bytes)
            let piece = (try? JSONValue(validating: Self.string(rest)))?.string ?? ""
            counted = (text.readableBytes, counted.characters + piece.unicodeScalars.count)
            return counted.characters
        }

        /// Writes the part as it is now, without its text where it has just begun.
        func write(into writer: inout JSONWriter) {
            writer.beginObject()
            switch kind {
            case .text:
                writer.member("type", "output_text")
                writer.key("annotations")
                writer.raw(Self.array(annotations))
                writer.key("logprobs")
                writer.raw(Self.array(logprobs))
                writer.key("text")
            case .refusal:
                writer.member("type", "refusal")
                writer.key("refusal")
            case .summary:
                writer.member("type", "summary_text")
                writer.key("text")
            }
            writer.raw(Self.string(text))
            writer.endObject()
        }

        static func string(_ text: ByteBuffer) -> ByteBuffer { enclosed(text, "\"", "\"") }
        static func array(_ elements: ByteBuffer) -> ByteBuffer { enclosed(elements, "[", "]") }

        private static func enclosed(_ bytes: ByteBuffer, _ first: StaticString, _ last: StaticString) -> ByteBuffer {
            var buffer = ByteBufferAllocator().buffer(capacity: bytes.readableBytes + 2)
            buffer.writeStaticString(first)
            buffer.writeImmutableBuffer(bytes)
            buffer.writeStaticString(last)
            return buffer
        }
    }

    let kind: Kind
    let id: JSONString
    /// The parts that have ended.
    var parts = ByteBuffer()
    var partCount = 0
    var part: Part?
    /// A call's arguments or input, JSON without the quotes.
    var arguments = ByteBuffer()
    /// What proves or continues a thought.
    var state: OpaqueState?

    init(_ kind: Kind, id: JSONString) {
        self.kind = kind
        self.id = id
    }

    /// Bytes that are kept for it.
    var byteCount: Int {
        let open = part.map { $0.text.readableBytes + $0.logprobs.readableBytes + $0.annotations.readableBytes } ?? 0
        return parts.readableBytes + arguments.readableBytes + open
    }

    /// Ends the open part.
    mutating func endPart() {
        guard let part else { return }
        self.part = nil
        if partCount > 0 { parts.writeStaticString(",") }
        parts.writeJSON { part.write(into: &$0) }
        partCount += 1
    }

    /// Writes the item: whole, or as it has just begun.
    func write(isDone: Bool, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        switch kind {
        case .message:
            writer.member("type", "message")
            writer.member("status", isDone ? "completed" as StaticString : "in_progress")
            writer.member("role", "assistant")
            writer.key("content")
            writer.raw(Part.array(parts))
        case .reasoning:
            writer.member("type", "reasoning")
            writer.key("summary")
            writer.raw(Part.array(parts))
            // Clients send the item back to whichever model comes next, and OpenAI refuses one that has nothing for it to read.
            if let state = state ?? (isDone ? .unsigned : nil) { writer.member("encrypted_content", state.wrapped) }
        case .functionCall(let call): write(call, type: "function_call", "arguments", isDone: isDone, into: &writer)
        case .customToolCall(let call): write(call, type: "custom_tool_call", "input", isDone: isDone, into: &writer)
        case .clientRunCall(let tool, let call):
            var action = JSONWriter()
            guard let arguments = try? JSONValue(answer: ByteBuffer(string: decodedArguments)),
                tool.writeAction(arguments, into: &action)
            else {
                // No action that a client could run; it will say so to the model.
                write(call, type: "function_call", "arguments", isDone: isDone, into: &writer)
                break
            }
            writer.member("type", tool.call)
            writer.member("status", "completed")
            writer.member("call_id", call.id)
            writer.key(tool.action)
            writer.raw(action.buffer)
        }
        writer.endObject()
    }

    /// The arguments as text.
    private var decodedArguments: String {
        (try? JSONValue(validating: Part.string(arguments)))?.string ?? ""
    }

    private func write(
        _ call: Message.ToolCall,
        type: StaticString,
        _ member: StaticString,
        isDone: Bool,
        into writer: inout JSONWriter
    ) {
        writer.member("type", type)
        writer.member("status", isDone ? "completed" as StaticString : "in_progress")
        writer.member("call_id", call.id)
        writer.member("name", call.name)
        if let namespace = call.namespace { writer.member("namespace", namespace) }
        writer.key(member)
        if isDone { writer.raw(Part.string(arguments)) } else { writer.string("") }
    }
}
