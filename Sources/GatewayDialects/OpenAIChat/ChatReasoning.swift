// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// What models thought, in the messages of chat clients.
///
/// Databricks' clients have it in blocks of the content: `{"type": "reasoning", "summary": [{"type": "summary_text", "text", "signature"}, {"type":
/// "summary_encrypted_text", "data"}]}` (Databricks documentation, "Query foundation models by type", 2026-11). OpenAI's have the text in `reasoning_content` beside it, as DeepSeek and
/// most servers do; what the vendor attached stands in `extra_content.gatehouse.reasoning`, our own invention: entries in order, `{"index", "bytes",
/// "signature"}` for that many bytes of the text, of which the last of a thought has a signature (empty for none), `{"index", "data"}` for a thought without
/// text.
enum ChatReasoning {
    /// What stands between two texts that were put together.
    static var separator: StaticString { "\n\n" }

    /// Puts parts together from texts and what is attached to them.
    private struct Assembly {
        var parts: [Message.Part] = []
        private var texts: [JSONString] = []

        mutating func add(text: JSONString, signature: JSONString?) {
            if !text.isEmpty { texts.append(text) }
            if let signature { end(OpaqueState(wrapped: signature)) }
        }

        mutating func add(data: JSONString) {
            end(nil)
            if let state = OpaqueState(wrapped: data) { end(state) }
        }

        mutating func end(_ state: OpaqueState?) {
            guard !texts.isEmpty || state != nil else { return }
            let reasoning = Message.Reasoning(texts: texts, isSummary: state?.kind == .encrypted)
            parts.append(Message.Part(.reasoning(reasoning), state: state))
            texts = []
        }
    }

    /// Reads the `summary` of a block of Databricks'.
    static func parts(ofSummary summary: JSONValue?) -> [Message.Part] {
        var assembly = Assembly()
        for entry in summary?.array.map(Array.init) ?? [] {
            if let data = entry["data"]?.text {
                assembly.add(data: data)
            } else if let text = entry["text"]?.text {
                assembly.add(text: text, signature: entry["signature"]?.text)
            }
        }
        assembly.end(nil)
        return assembly.parts
    }

    /// Reads a part as Mistral has it: `{"type": "thinking", "thinking": [{"type": "text", "text"}]}`, or Anthropic's with a string.
    ///
    /// Source: Mistral's guide on reasoning (2026-11).
    static func parts(ofThinking part: JSONValue) -> [Message.Part] {
        var assembly = Assembly()
        for text in texts(ofThinking: part) { assembly.add(text: text, signature: nil) }
        assembly.end(part["signature"]?.text.flatMap(OpaqueState.init(wrapped:)))
        return assembly.parts
    }

    /// The texts of such a part.
    static func texts(ofThinking part: JSONValue) -> [JSONString] {
        if let text = part["thinking"]?.text { return [text] }
        return (part["thinking"]?.array.map(Array.init) ?? []).compactMap { $0["text"]?.text }
    }

    /// Reads `reasoning_content`, with `extra_content` where the client kept it.
    static func parts(of content: JSONString, extra: JSONValue?) -> [Message.Part] {
        var assembly = Assembly()
        guard let entries = extra?["gatehouse"]?["reasoning"]?.array else {
            assembly.add(text: content, signature: nil)
            assembly.end(nil)
            return assembly.parts
        }
        let text = content.string
        var rest = text.utf8[...]
        for entry in entries {
            if let data = entry["data"]?.text {
                assembly.add(data: data)
                continue
            }
            guard let count = entry["bytes"]?.int, count >= 0, count <= rest.count,
                let piece = String(rest.prefix(count))
            else { return parts(of: content, extra: nil) }
            assembly.add(text: JSONString(piece), signature: entry["signature"]?.text)
            rest = rest.dropFirst(count)
            if rest.starts(with: separator.description.utf8) { rest = rest.dropFirst(separator.utf8CodeUnitCount) }
        }
        if let last = String(rest) { assembly.add(text: JSONString(last), signature: nil) }
        assembly.end(nil)
        return assembly.parts
    }

    // MARK: Writing

    /// Writes a block of Databricks'; `spelling` says whether the state is wrapped or the vendor's own.
    static func writeBlock(
        _ reasoning: Message.Reasoning,
        _ part: Message.Part,
        as spelling: (OpaqueState) -> JSONString,
        into writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("type", "reasoning")
        writer.key("summary")
        writer.beginArray()
        for (index, text) in reasoning.texts.enumerated() {
            writer.beginObject()
            writer.member("type", "summary_text")
            writer.member("text", text)
            if let state = part.state, index == reasoning.texts.count - 1 {
                writer.member("signature", spelling(state))
            }
            writer.endObject()
        }
        if reasoning.texts.isEmpty, let state = part.state {
            writer.beginObject()
            writer.member("type", "summary_encrypted_text")
            writer.member("data", spelling(state))
            writer.endObject()
        }
        writer.endArray()
        if let cacheControl = part.cacheControl { writer.member("cache_control", cacheControl) }
        writer.endObject()
    }

    /// Whether an answer has any text of reasoning.
    static func hasText(_ parts: [Message.Part]) -> Bool {
        parts.contains { $0.reasoning?.texts.contains { !$0.isEmpty } ?? false }
    }

    /// Writes all texts as one string.
    static func writeText(of parts: [Message.Part], into writer: inout JSONWriter) {
        writer.beginString()
        var isFirst = true
        for part in parts {
            for text in part.reasoning?.texts ?? [] where !text.isEmpty {
                if !isFirst { writer.appendString(separator) }
                isFirst = false
                writer.appendString(text)
            }
        }
        writer.endString()
    }
}
