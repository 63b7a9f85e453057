// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The `content` of chat messages: a string, or an array of parts.
enum ChatParts {
    /// Reads a content; an assistant's may hold refusals and reasoning.
    static func decode(
        _ content: JSONValue,
        isAssistant: Bool,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> [Message.Part] {
        if let text = content.text { return [.text(text)] }
        guard let array = content.array else { throw .invalid(path(), "must be a string or an array of parts.") }
        var parts: [Message.Part] = []
        var position = 0
        for part in array {
            try decode(part, isAssistant: isAssistant, "\(path())[\(position)]", into: &parts)
            position += 1
        }
        return parts
    }

    private static func decode(
        _ value: JSONValue,
        isAssistant: Bool,
        _ path: @autoclosure () -> String,
        into parts: inout [Message.Part]
    ) throws(GatewayError) {
        guard let type = value["type"]?.text else { throw .invalid("\(path()).type", "is missing.") }
        let count = parts.count
        if type == "text" {
            guard let text = value["text"]?.text else { throw .invalid("\(path()).text", "must be a string.") }
            var part = Message.Part.text(text)
            if isAssistant { part.state = value["thoughtSignature"]?.text.flatMap(OpaqueState.init(wrapped:)) }
            parts.append(part)
        } else if let media = try ChatMedia.decode(value, type: type, path()) {
            parts.append(Message.Part(.media(media)))
        } else if isAssistant, type == "refusal", let text = value["refusal"]?.text {
            parts.append(Message.Part(.refusal(text)))
        } else if isAssistant, type == "reasoning" {
            parts += ChatReasoning.parts(ofSummary: value["summary"])
        } else if isAssistant, type == "thinking" {
            parts += ChatReasoning.parts(ofThinking: value)
        } else if isAssistant, type == "image", let image = value["image_url"] {
            // As the gateway itself writes a picture that a model drew.
            guard let url = (image["url"] ?? image).text else {
                throw .invalid("\(path()).image_url", "must be a string.")
            }
            parts.append(Message.Part(.media(Media(.image, try ChatMedia.source(url, "\(path()).image_url")))))
        } else {
            throw .invalid(
                path(),
                "is a part of type '\(type.string.prefix(64))', which cannot be sent to this model."
            )
        }
        // Behind the last piece of what the client marked.
        if parts.count > count, let cacheControl = value["cache_control"], !cacheControl.isNull {
            parts[parts.count - 1].cacheControl = cacheControl
        }
    }

    // MARK: Writing

    /// Writes the texts and media of a turn: one plain text as a string, everything else as parts.
    static func write(_ parts: [Message.Part], isOpenAIs: Bool, into writer: inout JSONWriter) throws(GatewayError) {
        guard let first = parts.first else { return writer.string("") }
        if parts.count == 1, first.cacheControl == nil {
            switch first.content {
            case .text(let text), .refusal(let text): return writer.string(text)
            default: break
            }
        }
        writer.beginArray()
        for part in parts {
            switch part.content {
            case .text(let text): writeText(text, cacheControl: part.cacheControl, into: &writer)
            case .refusal(let text):
                writer.beginObject()
                writer.member("type", "refusal")
                writer.member("refusal", text)
                writer.endObject()
            case .media(let media): try ChatMedia.write(part, media, isOpenAIs: isOpenAIs, into: &writer)
            case .reasoning(let reasoning): ChatReasoning.writeBlock(reasoning, part, as: \.data, into: &writer)
            case .toolCall, .toolResult: break
            }
        }
        writer.endArray()
    }

    static func writeText(
        _ text: JSONString,
        title: JSONString? = nil,
        cacheControl: JSONValue?,
        into writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("type", "text")
        writer.key("text")
        writer.beginString()
        if let title {
            writer.appendString(title)
            writer.appendString("\n\n")
        }
        writer.appendString(text)
        writer.endString()
        if let cacheControl { writer.member("cache_control", cacheControl) }
        writer.endObject()
    }
}
