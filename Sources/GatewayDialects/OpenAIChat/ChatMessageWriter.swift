// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Writes the `message` of a choice.
///
/// Databricks' clients get an array of blocks for a content where a model thought or drew (Databricks documentation, "Query foundation models by type", 2026-11), OpenAI's a string with
/// `reasoning_content` and `images` beside it.
struct ChatMessageWriter {
    private let isMLflow: Bool
    /// Whether the client asked in the older form, with `functions`.
    let usesFunctions: Bool

    init(_ answer: AnswerContext) {
        isMLflow = answer.apiType == .mlflowChat
        usesFunctions = OpenAIChat.usesFunctions(answer)
    }

    func write(_ parts: [Message.Part], into writer: inout JSONWriter) {
        let parts = parts.map(Self.speakable)
        let hasBlocks =
            isMLflow
            && parts.contains { part in
                switch part.content {
                case .reasoning: true
                case .media(let media): media.kind == .image
                default: false
                }
            }
        writer.beginObject()
        writer.member("role", "assistant")
        writer.key("content")
        if hasBlocks { writeBlocks(parts, into: &writer) } else { writeText(parts, into: &writer) }
        writer.key("refusal")
        writeRefusal(parts, into: &writer)
        if !isMLflow {
            if ChatReasoning.hasText(parts) {
                writer.key("reasoning_content")
                ChatReasoning.writeText(of: parts, into: &writer)
            }
            writeImages(parts, into: &writer)
        }
        writeExtra(parts, hasBlocks: hasBlocks, into: &writer)
        writeAnnotations(parts, into: &writer)
        writeAudio(parts, into: &writer)
        writeCalls(parts, into: &writer)
        writer.endObject()
    }

    /// The part, or words for media that this format has no place for.
    private static func speakable(_ part: Message.Part) -> Message.Part {
        guard let media = part.media else { return part }
        switch (media.kind, media.source) {
        case (.image, _), (.audio, .base64): return part
        default: return Message.Part(.text(media.words), state: part.state)
        }
    }

    // MARK: Content

    /// The texts of an answer as one string; `null` where there is something else in their place.
    private func writeText(_ parts: [Message.Part], into writer: inout JSONWriter) {
        var hasText = false
        var hasOthers = false
        for part in parts {
            switch part.content {
            case .text(let text): hasText = hasText || !text.isEmpty
            case .toolCall, .refusal, .media: hasOthers = true
            case .toolResult, .reasoning: break
            }
        }
        guard hasText || !hasOthers else { return writer.null() }
        writer.beginString()
        for part in parts { if let text = part.text { writer.appendString(text) } }
        writer.endString()
    }

    private func writeBlocks(_ parts: [Message.Part], into writer: inout JSONWriter) {
        writer.beginArray()
        for part in parts {
            switch part.content {
            case .text(let text) where !text.isEmpty || part.state != nil:
                writer.beginObject()
                writer.member("type", "text")
                writer.member("text", text)
                if let citation = part.citations.first {
                    writer.key("citation")
                    ChatMessageWriter.write(citation, into: &writer)
                }
                if let state = part.state { writer.member("thoughtSignature", state.wrapped) }
                writer.endObject()
            case .reasoning(let reasoning) where !reasoning.texts.isEmpty || part.state != nil:
                ChatReasoning.writeBlock(reasoning, part, as: { JSONString($0.wrapped) }, into: &writer)
            case .media(let media) where media.kind == .image:
                ChatMessageWriter.writeImageBlock(media, into: &writer)
            default: break
            }
        }
        writer.endArray()
    }

    /// Writes a picture as a block of Databricks'.
    static func writeImageBlock(_ media: Media, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", "image")
        writer.key("image_url")
        switch media.source {
        case .base64(let type, let data): writer.dataURI(mediaType: type, data)
        case .url(let url, _): writer.string(url)
        case .file, .text: writer.string("")
        }
        writer.endObject()
    }

    private func writeRefusal(_ parts: [Message.Part], into writer: inout JSONWriter) {
        var texts: [JSONString] = []
        for part in parts { if case .refusal(let text) = part.content { texts.append(text) } }
        guard !texts.isEmpty else { return writer.null() }
        writer.beginString()
        for text in texts { writer.appendString(text) }
        writer.endString()
    }

    // MARK: Beside the content

    private func writeImages(_ parts: [Message.Part], into writer: inout JSONWriter) {
        let images = parts.compactMap(\.media).filter { $0.kind == .image }
        guard !images.isEmpty else { return }
        writer.key("images")
        writer.beginArray()
        for (index, image) in images.enumerated() { ChatMessageWriter.write(image, index: index, into: &writer) }
        writer.endArray()
    }

    /// Writes a picture as OpenRouter's servers do, with an index so that SDKs can put deltas together.
    static func write(_ image: Media, index: Int, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("index", index)
        writer.member("type", "image_url")
        writer.key("image_url")
        ChatMedia.writeURL(of: image, into: &writer)
        writer.endObject()
    }

    /// Writes what vendors attached, where the content has no place for it.
    private func writeExtra(_ parts: [Message.Part], hasBlocks: Bool, into writer: inout JSONWriter) {
        let signature = hasBlocks ? nil : parts.last { $0.text != nil && $0.state != nil }?.state
        var thoughts = ChatThoughts()
        if !isMLflow {
            for part in parts {
                guard let reasoning = part.reasoning else { continue }
                for text in reasoning.texts { thoughts.add(bytes: text.utf8Count) }
                thoughts.end(part.state)
            }
        }
        guard signature != nil || !thoughts.isEmpty else { return }
        writer.key("extra_content")
        writer.beginObject()
        if let signature {
            writer.key("google")
            writer.object { $0.member("thought_signature", signature.wrapped) }
        }
        if !thoughts.isEmpty { thoughts.write(into: &writer) }
        writer.endObject()
    }

    private func writeAnnotations(_ parts: [Message.Part], into writer: inout JSONWriter) {
        guard parts.contains(where: { !$0.citations.isEmpty }) else { return }
        writer.key("annotations")
        writer.beginArray()
        for part in parts { for citation in part.citations { Self.write(citation, into: &writer) } }
        writer.endArray()
    }

    /// Writes a source as OpenAI's `url_citation`; one without a URL has an empty one.
    static func write(_ citation: Citation, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", "url_citation")
        writer.key("url_citation")
        writer.beginObject()
        writer.member("url", citation.url ?? "")
        writer.member("title", citation.title ?? "")
        writer.member("start_index", citation.range?.lowerBound ?? 0)
        writer.member("end_index", citation.range?.upperBound ?? 0)
        if let text = citation.citedText { writer.member("content", text) }
        writer.endObject()
        writer.endObject()
    }

    private func writeAudio(_ parts: [Message.Part], into writer: inout JSONWriter) {
        guard let audio = parts.lazy.compactMap(\.media).first(where: { $0.kind == .audio }) else { return }
        writer.key("audio")
        Self.write(audio: audio, into: &writer)
    }

    /// Writes a sound; its words are the text of the answer.
    static func write(audio media: Media, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", media.name ?? "audio")
        if case .base64(_, let data) = media.source { writer.member("data", data) } else { writer.member("data", "") }
        writer.member("expires_at", 0)
        writer.member("transcript", "")
        writer.endObject()
    }

    private func writeCalls(_ parts: [Message.Part], into writer: inout JSONWriter) {
        var hasToolCalls = false
        for part in parts {
            guard let call = part.toolCall else { continue }
            if usesFunctions {
                // The older form has room for one.
                if !hasToolCalls {
                    writer.key("function_call")
                    writer.beginObject()
                    writer.member("name", call.name)
                    writer.key("arguments")
                    ChatTools.write(call.arguments, into: &writer)
                    writer.endObject()
                }
                hasToolCalls = true
                continue
            }
            if !hasToolCalls {
                hasToolCalls = true
                writer.key("tool_calls")
                writer.beginArray()
            }
            ChatTools.write(
                call,
                id: OpaqueState.id(call.id, carrying: part.state),
                signature: part.state.map { JSONString($0.wrapped) },
                into: &writer
            )
        }
        if hasToolCalls, !usesFunctions { writer.endArray() }
    }
}
