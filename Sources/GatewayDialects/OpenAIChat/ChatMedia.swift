// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The media parts of chat messages, both ways.
///
/// | Part | From |
/// |---|---|
/// | `image_url`, `input_audio`, `file` | OpenAI; PyPI `openai` 3.52.0 (2026-11) |
/// | `audio_url`, `video_url` | Databricks' "Use model services" page and vLLM (2026-11) |
enum ChatMedia {
    /// Reads a part of this type; nil if the type is not one of media.
    static func decode(
        _ part: JSONValue,
        type: JSONString,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> Media? {
        if type == "image_url" {
            // Some clients write the URL itself in place of the object.
            let image = part["image_url"]
            var media = try Media(.image, uri(image?["url"] ?? image, "\(path()).image_url.url"))
            media.detail = try image?["detail"]?.requestOptionalText("\(path()).image_url.detail")
            return media
        }
        if type == "audio_url" {
            let audio = part["audio_url"]
            return try Media(.audio, uri(audio?["url"] ?? audio, "\(path()).audio_url.url"))
        }
        if type == "video_url" {
            let video = part["video_url"]
            return try Media(.video, uri(video?["url"] ?? video, "\(path()).video_url.url"))
        }
        if type == "input_audio" {
            guard let data = part["input_audio"]?["data"]?.text else {
                throw .invalid("\(path()).input_audio.data", "must be a string of base64.")
            }
            guard let format = part["input_audio"]?["format"]?.text, !format.isEmpty else {
                throw .invalid("\(path()).input_audio.format", "must be a string such as 'wav' or 'mp3'.")
            }
            return Media(.audio, .base64(mediaType: mediaType(ofAudio: format), data: data))
        }
        if type == "file" { return try file(part["file"], path()) }
        return nil
    }

    private static func uri(_ value: JSONValue?, _ path: @autoclosure () -> String) throws(GatewayError) -> Media.Source
    {
        guard let text = value?.text, !text.isEmpty else {
            throw .invalid(path(), "must be a URL or a data URI.")
        }
        return try source(text, path())
    }

    /// The source that a URI names.
    static func source(_ uri: JSONString, _ path: @autoclosure () -> String) throws(GatewayError) -> Media.Source {
        guard let source = Media.Source(uri: uri) else {
            throw .invalid(path(), "must be a data URI in base64, such as 'data:image/png;base64,...'.")
        }
        return source
    }

    private static func file(_ file: JSONValue?, _ path: @autoclosure () -> String) throws(GatewayError) -> Media {
        guard let file, file.object != nil else { throw .invalid("\(path()).file", "must be an object.") }
        var source: Media.Source
        if let data = file["file_data"], !data.isNull {
            let text = try data.requestText("\(path()).file.file_data")
            if text.hasPrefix("data:") || text.hasPrefix("http") {
                source = try self.source(text, "\(path()).file.file_data")
            } else {
                // Bare base64, as the vendor's own reference describes it; its guide has data URIs.
                source = .base64(mediaType: "application/pdf", data: text)
            }
        } else if let id = file["file_id"], !id.isNull {
            source = .file(try id.requestText("\(path()).file.file_id"))
        } else {
            throw .invalid("\(path()).file", "must have 'file_data' or 'file_id'.")
        }
        var kind = Media.Kind.document
        if case .base64(let type, _) = source {
            if type.hasPrefix("image/") { kind = .image }
            if type.hasPrefix("audio/") { kind = .audio }
            if type.hasPrefix("video/") { kind = .video }
        }
        return Media(kind, source, name: try file["filename"]?.requestOptionalText("\(path()).file.filename"))
    }

    // MARK: Audio formats

    /// The MIME type of a format such as `wav`.
    static func mediaType(ofAudio format: JSONString) -> JSONString {
        if format == "wav" { return "audio/wav" }
        if format == "mp3" { return "audio/mp3" }
        return JSONString("audio/\(format.string)")
    }

    /// The format that a MIME type stands for: `mp3` for `audio/mpeg`.
    static func audioFormat(of mediaType: JSONString) -> JSONString {
        switch mediaType.string.lowercased() {
        case "audio/mpeg", "audio/mp3": "mp3"
        case "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave": "wav"
        case "audio/x-flac": "flac"
        default: mediaType.hasPrefix("audio/") ? mediaType.dropping(bytes: 6) : mediaType
        }
    }

    // MARK: Writing

    /// Writes a part; ids of files are meant for this upstream only where the client's format is one of OpenAI's.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` for a source that this format has no place for.
    static func write(
        _ part: Message.Part,
        _ media: Media,
        isOpenAIs: Bool,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        switch (media.kind, media.source) {
        case (.document, .text(let text)):
            // The words of a document are text here.
            return ChatParts.writeText(text, title: media.name, cacheControl: part.cacheControl, into: &writer)
        case (_, .text):
            throw .invalid("messages", "must not contain media as plain text for this model.")
        case (.document, .url):
            throw .invalid("messages", "must not contain documents by URL for this model; send their data in base64.")
        case (.document, .file) where !isOpenAIs, (.image, .file), (.audio, .file), (.video, .file):
            throw .invalid("messages", "must not contain files by id for this model; send their data in base64.")
        case (.document, .file), (.document, .base64):
            writer.beginObject()
            writer.member("type", "file")
            writer.key("file")
            writeFile(media, into: &writer)
        case (.image, _):
            writer.beginObject()
            writer.member("type", "image_url")
            writer.key("image_url")
            writeURL(of: media, into: &writer)
        case (.audio, .base64(let mediaType, let data)):
            writer.beginObject()
            writer.member("type", "input_audio")
            writer.key("input_audio")
            writer.beginObject()
            writer.member("data", data)
            writer.member("format", audioFormat(of: mediaType))
            writer.endObject()
        case (.audio, .url):
            writer.beginObject()
            writer.member("type", "audio_url")
            writer.key("audio_url")
            writeURL(of: media, into: &writer)
        case (.video, _):
            writer.beginObject()
            writer.member("type", "video_url")
            writer.key("video_url")
            writeURL(of: media, into: &writer)
        }
        if let cacheControl = part.cacheControl { writer.member("cache_control", cacheControl) }
        writer.endObject()
    }

    /// Writes `{"url", "detail"}`; a source that is neither data nor a URL has an empty one.
    static func writeURL(of media: Media, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("url")
        switch media.source {
        case .base64(let mediaType, let data): writer.dataURI(mediaType: mediaType, data)
        case .url(let url, _): writer.string(url)
        case .file, .text: writer.string("")
        }
        if let detail = media.detail { writer.member("detail", detail) }
        writer.endObject()
    }

    private static func writeFile(_ media: Media, into writer: inout JSONWriter) {
        writer.beginObject()
        switch media.source {
        case .base64(let mediaType, let data):
            // The vendor refuses data without a name.
            writer.member("filename", media.name ?? (mediaType == "application/pdf" ? "document.pdf" : "document"))
            writer.key("file_data")
            writer.dataURI(mediaType: mediaType, data)
        case .file(let id):
            writer.member("file_id", id)
            if let name = media.name { writer.member("filename", name) }
        case .url, .text: break
        }
        writer.endObject()
    }
}
