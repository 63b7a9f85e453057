// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Images and documents of the Messages API, both ways.
enum AnthropicMedia {
    // MARK: Reading

    /// Reads the source of an image.
    static func image(_ source: JSONValue?, _ path: String) throws(GatewayError) -> Media {
        guard let source, let type = source["type"]?.text else { throw .invalid("\(path).type", "is missing.") }
        guard type != "text", type != "content", let read = try self.source(source, type, path, mediaType: nil) else {
            throw .invalid("\(path).type", "must be 'base64', 'url' or 'file'.")
        }
        return Media(.image, read)
    }

    /// Reads a document; one that is made of blocks becomes its text and, behind it, its images.
    static func appendDocument(
        _ value: JSONValue,
        _ path: String,
        _ cacheControl: JSONValue?,
        to parts: inout [Message.Part]
    ) throws(GatewayError) {
        guard let source = value["source"], let type = source["type"]?.text else {
            throw .invalid("\(path).source.type", "is missing.")
        }
        var images: [Media] = []
        let read: Media.Source
        if type == "content" {
            read = .text(try text(ofBlocks: source["content"], "\(path).source.content", images: &images))
        } else if let simple = try self.source(source, type, "\(path).source", mediaType: "application/pdf") {
            read = simple
        } else {
            throw .invalid("\(path).source.type", "must be 'base64', 'text', 'content', 'url' or 'file'.")
        }
        var media = Media(.document, read, name: try value["title"]?.requestOptionalText("\(path).title"))
        media.context = try value["context"]?.requestOptionalText("\(path).context")
        media.enablesCitations = value["citations"]?["enabled"]?.bool ?? false
        parts.append(Message.Part(.media(media), cacheControl: images.isEmpty ? cacheControl : nil))
        for (index, image) in images.enumerated() {
            parts.append(
                Message.Part(.media(image), cacheControl: index == images.count - 1 ? cacheControl : nil)
            )
        }
    }

    /// A search result, as a document that has its source as context.
    static func searchResult(_ value: JSONValue) -> Media {
        let texts = value["content"]?.array?.compactMap { $0["text"]?.text } ?? []
        let text = texts.count == 1 ? texts[0] : JSONString(texts.map(\.string).joined(separator: "\n"))
        var media = Media(.document, .text(text), name: value["title"]?.text)
        media.context = value["source"]?.text
        media.enablesCitations = value["citations"]?["enabled"]?.bool ?? false
        return media
    }

    private static func source(
        _ value: JSONValue,
        _ type: JSONString,
        _ path: String,
        mediaType: JSONString?
    ) throws(GatewayError) -> Media.Source? {
        if type == "base64" {
            guard let mediaType = value["media_type"]?.text else {
                throw .invalid("\(path).media_type", "must be a string.")
            }
            guard let data = value["data"]?.text else { throw .invalid("\(path).data", "must be a string.") }
            return .base64(mediaType: mediaType, data: data)
        } else if type == "url" {
            guard let url = value["url"]?.text else { throw .invalid("\(path).url", "must be a string.") }
            guard let source = Media.Source(uri: url, mediaType: mediaType) else {
                throw .invalid("\(path).url", "must be a URL or a data URI in base64.")
            }
            return source
        } else if type == "file" {
            guard let id = value["file_id"]?.text else { throw .invalid("\(path).file_id", "must be a string.") }
            return .file(id)
        } else if type == "text" {
            guard let text = value["data"]?.text else { throw .invalid("\(path).data", "must be a string.") }
            return .text(text)
        }
        return nil
    }

    private static func text(
        ofBlocks content: JSONValue?,
        _ path: String,
        images: inout [Media]
    ) throws(GatewayError) -> JSONString {
        if let text = content?.text { return text }
        guard let blocks = content?.array else { throw .invalid(path, "must be a string or an array of blocks.") }
        var texts: [JSONString] = []
        var index = 0
        for block in blocks {
            if let text = block["text"]?.text {
                texts.append(text)
            } else if block["type"]?.text.map({ $0 == "image" }) == true {
                images.append(try image(block["source"], "\(path)[\(index)].source"))
            }
            index += 1
        }
        return texts.count == 1 ? texts[0] : JSONString(texts.map(\.string).joined(separator: "\n"))
    }

    // MARK: Writing

    /// The types of images that the vendor takes (PyPI `anthropic` 2.11.0, `types/base64_image_source_param.py`).
    private static let imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"]

    /// Writes a block.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` for what the vendor cannot take.
    static func write(
        _ media: Media,
        _ cacheControl: JSONValue?,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        let type: StaticString
        switch media.kind {
        case .image: type = "image"
        case .document: type = "document"
        case .audio: throw .invalid("messages", "contain audio, which this model does not accept.")
        case .video: throw .invalid("messages", "contain a video, which this model does not accept.")
        }
        writer.beginObject()
        writer.member("type", type)
        writer.key("source")
        writer.beginObject()
        try writeSource(of: media, into: &writer)
        writer.endObject()
        if media.kind == .document {
            if let name = media.name, !name.isEmpty { writer.member("title", name) }
            if let context = media.context, !context.isEmpty { writer.member("context", context) }
            if media.enablesCitations { writer.member("citations", object: { $0.member("enabled", true) }) }
        }
        if let cacheControl { writer.member("cache_control", cacheControl) }
        writer.endObject()
    }

    private static func writeSource(of media: Media, into writer: inout JSONWriter) throws(GatewayError) {
        switch media.source {
        case .base64(let mediaType, let data):
            if media.kind == .image {
                guard imageTypes.contains(where: { mediaType == $0 }) else {
                    throw .invalid(
                        "messages",
                        "contain an image of type '\(mediaType.string.prefix(64))'; this model accepts JPEG, PNG, GIF and WebP."
                    )
                }
            } else if mediaType != "application/pdf" {
                throw .invalid(
                    "messages",
                    "contain a file of type '\(mediaType.string.prefix(64))'; this model accepts PDF and plain text."
                )
            }
            writer.member("type", "base64")
            writer.member("media_type", mediaType)
            writer.member("data", data)
        case .url(let url, _):
            guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
                throw .invalid(
                    "messages",
                    "contain a URL that this model cannot read; send an 'https' URL or the data."
                )
            }
            writer.member("type", "url")
            writer.member("url", url)
        case .file(let id):
            // The vendor's own ids begin so; another vendor's would only be refused there.
            guard id.hasPrefix("file_") else {
                throw .invalid("messages", "name a file of another vendor, which this model cannot read; send data.")
            }
            writer.member("type", "file")
            writer.member("file_id", id)
        case .text(let text):
            writer.member("type", "text")
            writer.member("media_type", "text/plain")
            writer.member("data", text)
        }
    }
}
