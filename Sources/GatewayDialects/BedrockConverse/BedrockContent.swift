// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Writes the system's words and the turns of a conversation as content blocks.
struct BedrockContent {
    private let model: BedrockModel
    /// The names of documents so far: two of one name are refused.
    private var documentNames: Set<String> = []
    /// The next number to try, by the name that it is put behind.
    private var documentNumbers: [String: Int] = [:]

    init(_ model: BedrockModel) {
        self.model = model
    }

    func write(system parts: [Message.Part], into writer: inout JSONWriter) {
        let parts = parts.filter { $0.text?.isBlank == false }
        guard !parts.isEmpty else { return }
        writer.key("system")
        writer.beginArray()
        for part in parts {
            guard let text = part.text else { continue }
            writer.object { $0.member("text", text) }
            if model.caches { Self.writeCachePoint(part.cacheControl, model, into: &writer) }
        }
        writer.endArray()
    }

    /// Writes a turn, and behind it a point up to which everything is cached.
    mutating func write(
        _ turn: Conversation.Turn,
        cacheControl: JSONValue?,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        writer.beginObject()
        writer.member("role", turn.isAssistant ? "assistant" as StaticString : "user")
        writer.key("content")
        writer.beginArray()
        var parts = turn.parts
        // Texts of nothing but whitespace are refused.
        if parts.contains(where: { $0.text?.isBlank != true }) { parts.removeAll { $0.text?.isBlank == true } }
        for (index, part) in parts.enumerated() {
            try write(part, into: &writer, dropped: &dropped)
            guard model.caches else { continue }
            let isLast = index == parts.count - 1
            Self.writeCachePoint(part.cacheControl ?? (isLast ? cacheControl : nil), model, into: &writer)
        }
        writer.endArray()
        writer.endObject()
    }

    /// Writes what Anthropic's `cache_control` of the block before means here.
    static func writeCachePoint(_ control: JSONValue?, _ model: BedrockModel, into writer: inout JSONWriter) {
        guard let control, !control.isNull else { return }
        writer.beginObject()
        writer.key("cachePoint")
        writer.beginObject()
        writer.member("type", "default")
        if model.cachesForHours, let ttl = control["ttl"]?.text, ttl == "1h" { writer.member("ttl", ttl) }
        writer.endObject()
        writer.endObject()
    }

    private mutating func write(
        _ part: Message.Part,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        switch part.content {
        case .text(let text), .refusal(let text): writer.object { $0.member("text", text) }
        case .reasoning(let reasoning): Self.write(reasoning, part.state, into: &writer)
        case .media(let media): try write(media, isResult: false, into: &writer)
        case .toolCall(let call):
            writer.beginObject()
            writer.key("toolUse")
            writer.beginObject()
            writer.member("toolUseId", CallIDSpelling.bedrock.spell(call.id))
            writer.member("name", call.name)
            writer.member("input", call.argumentsObject)
            writer.endObject()
            writer.endObject()
        case .toolResult(let result): try write(result, into: &writer, dropped: &dropped)
        }
    }

    /// Writes a thought; ``AnthropicThoughts/prepare(_:for:dropped:)`` has left only those with a state of this target.
    private static func write(_ reasoning: Message.Reasoning, _ state: OpaqueState?, into writer: inout JSONWriter) {
        guard let state else { return }
        writer.beginObject()
        writer.key("reasoningContent")
        writer.beginObject()
        if state.kind == .redacted {
            writer.member("redactedContent", state.data)
        } else {
            writer.key("reasoningText")
            writer.beginObject()
            writer.key("text")
            writer.beginString()
            for text in reasoning.texts { writer.appendString(text) }
            writer.endString()
            writer.member("signature", state.data)
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
    }

    private mutating func write(
        _ result: Message.ToolResult,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        writer.beginObject()
        writer.key("toolResult")
        writer.beginObject()
        writer.member("toolUseId", CallIDSpelling.bedrock.spell(result.callID))
        writer.key("content")
        writer.beginArray()
        for part in result.parts {
            switch part.content {
            case .text(let text), .refusal(let text):
                if !text.isBlank { writer.object { $0.member("text", text) } }
            case .media(let media): try write(media, isResult: true, into: &writer)
            case .reasoning, .toolCall, .toolResult: dropped.note("parts of a tool's result")
            }
        }
        writer.endArray()
        if result.isError {
            if model.takesResultStatus { writer.member("status", "error") } else { dropped.note("is_error") }
        }
        writer.endObject()
        writer.endObject()
    }

    private mutating func write(
        _ media: Media,
        isResult: Bool,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        let name = media.kind == .document ? documentName(of: media) : ""
        try BedrockMedia.write(media, documentName: name, isResult: isResult, into: &writer)
    }

    /// A name for a document that has not been taken: letters, digits, single spaces, hyphens, parentheses and brackets, at most 200.
    private mutating func documentName(of media: Media) -> String {
        var plain = ""
        for byte in media.name?.string.utf8.prefix(180) ?? "".utf8.prefix(0) {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "("), UInt8(ascii: ")"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                plain.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                if plain.last != " ", !plain.isEmpty { plain += " " }
            }
        }
        if plain.last == " " { plain.removeLast() }
        if plain.isEmpty { plain = "document" }
        if documentNames.insert(plain).inserted { return plain }
        var number = documentNumbers[plain] ?? 2
        var name: String
        repeat {
            name = "\(plain) (\(number))"
            number += 1
        } while !documentNames.insert(name).inserted
        documentNumbers[plain] = number
        return name
    }
}
