// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// What the messages and deltas of chat answers hold besides plain text, as the many servers of this format write it.
///
/// | Member | From |
/// |---|---|
/// | `reasoning_content` | DeepSeek, vLLM, SGLang, llama.cpp, xAI |
/// | `reasoning`, `reasoning_details` | OpenRouter, Groq, newer vLLM |
/// | `content` with `reasoning` blocks | Databricks |
/// | `content` with `thinking` parts | Mistral |
/// | `images` | OpenRouter |
/// | `audio`, `annotations`, `refusal` | OpenAI |
///
/// Read off their API references and SDKs (2026-11).
enum ChatAnswerParts {
    /// The text of an element of `reasoning_details`, and whether it is a summary.
    static func text(of detail: JSONValue) -> (JSONString?, isSummary: Bool) {
        if let text = detail["text"]?.text, !text.isEmpty { return (text, false) }
        if let text = detail["summary"]?.text, !text.isEmpty { return (text, true) }
        return (nil, false)
    }

    /// The parts of a content: a string or an array of blocks.
    static func content(_ content: JSONValue?, from origin: StateOrigin) -> [Message.Part] {
        guard let content else { return [] }
        if let text = content.text { return text.isEmpty ? [] : [.text(text)] }
        var parts: [Message.Part] = []
        for block in content.array.map(Array.init) ?? [] { append(block, from: origin, to: &parts) }
        return parts
    }

    /// Appends what a block of a content says; nothing for one that is not known.
    static func append(_ block: JSONValue, from origin: StateOrigin, to parts: inout [Message.Part]) {
        guard let type = block["type"]?.text else { return }
        if type == "text" {
            guard let text = block["text"]?.text else { return }
            var part = Message.Part.text(text)
            if let signature = block["thoughtSignature"]?.text {
                part.state = OpaqueState(.thought, signature, from: origin)
            }
            if !text.isEmpty || part.state != nil { parts.append(part) }
        } else if type == "reasoning" {
            for entry in block["summary"]?.array.map(Array.init) ?? [] {
                if let data = entry["data"]?.text {
                    let state = OpaqueState(.redacted, data, from: origin)
                    parts.append(Message.Part(.reasoning(Message.Reasoning(texts: [])), state: state))
                    continue
                }
                let signature = entry["signature"]?.text.flatMap { $0.isEmpty ? nil : $0 }
                let state = signature.map { OpaqueState(.signature, $0, from: origin) }
                guard let text = entry["text"]?.text, !text.isEmpty || state != nil else { continue }
                parts.append(Message.Part(.reasoning(Message.Reasoning(texts: [text])), state: state))
            }
        } else if type == "thinking" {
            let texts = ChatReasoning.texts(ofThinking: block).filter { !$0.isEmpty }
            if !texts.isEmpty { parts.append(Message.Part(.reasoning(Message.Reasoning(texts: texts)))) }
        } else if type == "refusal" {
            if let text = block["refusal"]?.text, !text.isEmpty { parts.append(Message.Part(.refusal(text))) }
        } else if type == "image_url" || type == "image" {
            if let media = image(block) { parts.append(Message.Part(.media(media))) }
        }
    }

    /// The pictures of a message or delta.
    static func images(of message: JSONValue) -> [Message.Part] {
        (message["images"]?.array.map(Array.init) ?? []).compactMap { image($0).map { Message.Part(.media($0)) } }
    }

    private static func image(_ block: JSONValue) -> Media? {
        guard let image = block["image_url"], let url = (image["url"] ?? image).text,
            let source = Media.Source(uri: url)
        else { return nil }
        return Media(.image, source)
    }

    /// The spoken answer: its words and its sound.
    static func audio(of message: JSONValue) -> [Message.Part] {
        guard let audio = message["audio"], audio.object != nil else { return [] }
        var parts: [Message.Part] = []
        if let transcript = audio["transcript"]?.text, !transcript.isEmpty { parts.append(.text(transcript)) }
        if let data = audio["data"]?.text, !data.isEmpty {
            // The answer does not repeat the format that was asked for.
            let media = Media(.audio, .base64(mediaType: "audio/wav", data: data), name: audio["id"]?.text)
            parts.append(Message.Part(.media(media)))
        }
        return parts
    }

    /// The sources that `annotations` name.
    static func citations(of message: JSONValue) -> [Citation] {
        (message["annotations"]?.array.map(Array.init) ?? []).compactMap { annotation in
            guard let citation = annotation["url_citation"], citation.object != nil else { return nil }
            var range: Range<Int>?
            if let start = citation["start_index"]?.int, let end = citation["end_index"]?.int, 0 <= start, start <= end
            {
                range = start..<end
            }
            return Citation(
                url: citation["url"]?.text,
                title: citation["title"]?.text,
                citedText: citation["content"]?.text,
                range: range,
                original: annotation
            )
        }
    }
}
