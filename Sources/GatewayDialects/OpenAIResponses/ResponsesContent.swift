// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The parts of messages and of tools' results.
enum ResponsesContent {
    /// Reads a content: a string, or an array of parts.
    static func decode(
        _ content: JSONValue,
        _ path: String,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> [Message.Part] {
        if let text = content.text { return [.text(text)] }
        guard let array = content.array else { throw .invalid(path, "must be a string or an array of parts.") }
        var parts: [Message.Part] = []
        var index = 0
        for part in array {
            let here = "\(path)[\(index)]"
            index += 1
            guard let type = part["type"]?.text else { throw .invalid("\(here).type", "is missing.") }
            if type == "input_text" || type == "output_text" || type == "text" {
                guard let text = part["text"]?.text else { throw .invalid("\(here).text", "must be a string.") }
                var decoded = Message.Part.text(text)
                if let annotations = part["annotations"]?.array { decoded.citations = annotations.compactMap(citation) }
                parts.append(decoded)
            } else if type == "refusal" {
                guard let text = part["refusal"]?.text else { throw .invalid("\(here).refusal", "must be a string.") }
                parts.append(Message.Part(.refusal(text)))
            } else if type == "input_image" {
                parts.append(Message.Part(.media(try image(part, here))))
            } else if type == "input_file" {
                parts.append(Message.Part(.media(try file(part, here))))
            } else if type == "input_audio" {
                parts.append(Message.Part(.media(try audio(part, here))))
            } else {
                dropped.note("input[].content[].\(DroppedMembers.printable(type))")
            }
        }
        return parts
    }

    private static func image(_ part: JSONValue, _ path: String) throws(GatewayError) -> Media {
        let detail = try part["detail"]?.requestOptionalText("\(path).detail")
        if let url = try part["image_url"]?.requestOptionalText("\(path).image_url") {
            return Media(.image, try source(url, "\(path).image_url"), detail: detail)
        }
        guard let id = try part["file_id"]?.requestOptionalText("\(path).file_id") else {
            throw .invalid("\(path).image_url", "is missing.")
        }
        return Media(.image, .file(id), detail: detail)
    }

    private static func file(_ part: JSONValue, _ path: String) throws(GatewayError) -> Media {
        let name = try part["filename"]?.requestOptionalText("\(path).filename")
        if let data = try part["file_data"]?.requestOptionalText("\(path).file_data") {
            // The vendor also takes the data alone.
            guard data.hasPrefix("data:") else {
                let mediaType: JSONString = name.map(Self.mediaType) ?? "application/pdf"
                return Media(.document, .base64(mediaType: mediaType, data: data), name: name)
            }
            return Media(.document, try source(data, "\(path).file_data"), name: name)
        }
        if let url = try part["file_url"]?.requestOptionalText("\(path).file_url") {
            return Media(.document, try source(url, "\(path).file_url"), name: name)
        }
        guard let id = try part["file_id"]?.requestOptionalText("\(path).file_id") else {
            throw .invalid("\(path).file_data", "is missing.")
        }
        return Media(.document, .file(id), name: name)
    }

    private static func mediaType(ofFile name: JSONString) -> JSONString {
        let name = name.string.lowercased()
        if name.hasSuffix(".txt") || name.hasSuffix(".md") { return "text/plain" }
        if name.hasSuffix(".csv") { return "text/csv" }
        if name.hasSuffix(".html") { return "text/html" }
        return "application/pdf"
    }

    private static func audio(_ part: JSONValue, _ path: String) throws(GatewayError) -> Media {
        guard let audio = part["input_audio"], audio.object != nil, let data = audio["data"]?.text else {
            throw .invalid("\(path).input_audio.data", "must be a string.")
        }
        guard let format = audio["format"]?.text else { throw .invalid("\(path).input_audio.format", "is missing.") }
        let type = format.string
        guard type.utf8.count <= 16, type.utf8.allSatisfy({ ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 }) else {
            throw .invalid("\(path).input_audio.format", "must be the name of a format such as 'wav' or 'mp3'.")
        }
        return Media(.audio, .base64(mediaType: JSONString("audio/\(type)"), data: data))
    }

    private static func source(_ uri: JSONString, _ path: String) throws(GatewayError) -> Media.Source {
        guard let source = Media.Source(uri: uri) else {
            throw .invalid(path, "must be an http(s) URL or a data URI of the form 'data:<type>;base64,<data>'.")
        }
        return source
    }

    // MARK: Annotations

    /// The types of annotations that clients know.
    private static let annotations = KeyTable<Void>([
        "url_citation": (), "file_citation": (), "container_file_citation": (), "file_path": (),
    ])

    /// Reads an annotation.
    static func citation(_ value: JSONValue) -> Citation? {
        guard value.object != nil else { return nil }
        var range: Range<Int>?
        if let start = value["start_index"]?.int, let end = value["end_index"]?.int, start >= 0, end >= start {
            range = start..<end
        }
        return Citation(
            url: value["url"]?.text,
            title: value["title"]?.text ?? value["filename"]?.text,
            range: range,
            original: value
        )
    }

    /// Writes a citation as an annotation; `end` is how many characters of text there are so far.
    static func write(_ citation: Citation, end: Int, into writer: inout JSONWriter) {
        if let original = citation.original, let type = original["type"]?.text, annotations[type] != nil,
            original["url_citation"] == nil
        {
            return writer.value(original.onOneLine)
        }
        writer.beginObject()
        if let url = citation.url {
            writer.member("type", "url_citation")
            writer.member("start_index", citation.range?.lowerBound ?? 0)
            writer.member("end_index", citation.range?.upperBound ?? end)
            writer.member("title", citation.title ?? "")
            writer.member("url", url)
        } else {
            // A document of the request; it has no id but its name.
            writer.member("type", "file_citation")
            writer.member("file_id", citation.title ?? "")
            writer.member("filename", citation.title ?? "")
            writer.member("index", citation.range?.upperBound ?? end)
        }
        writer.endObject()
    }
}
