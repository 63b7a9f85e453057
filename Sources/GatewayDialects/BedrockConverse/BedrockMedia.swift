// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Writes images, sounds, films and documents as Bedrock takes them: as bytes or from S3, with their format named.
enum BedrockMedia {
    /// The formats by MIME type (botocore 1.43.11, `ImageFormat`, `AudioFormat`, `VideoFormat`, `DocumentFormat`).
    private static let formats: [Media.Kind: [(type: StaticString, format: StaticString)]] = [
        .image: [
            ("image/png", "png"), ("image/jpeg", "jpeg"), ("image/jpg", "jpeg"), ("image/gif", "gif"),
            ("image/webp", "webp"),
        ],
        .audio: [
            ("audio/mpeg", "mp3"), ("audio/mp3", "mp3"), ("audio/opus", "opus"), ("audio/wav", "wav"),
            ("audio/x-wav", "wav"), ("audio/wave", "wav"), ("audio/aac", "aac"), ("audio/flac", "flac"),
            ("audio/ogg", "ogg"), ("audio/mp4", "mp4"), ("audio/m4a", "m4a"), ("audio/x-m4a", "m4a"),
            ("audio/webm", "webm"), ("audio/pcm", "pcm"), ("audio/x-matroska", "mka"),
        ],
        .video: [
            ("video/mp4", "mp4"), ("video/quicktime", "mov"), ("video/mov", "mov"), ("video/x-matroska", "mkv"),
            ("video/webm", "webm"), ("video/x-flv", "flv"), ("video/mpeg", "mpeg"), ("video/mpg", "mpg"),
            ("video/x-ms-wmv", "wmv"), ("video/wmv", "wmv"), ("video/3gpp", "three_gp"),
        ],
        .document: [
            ("application/pdf", "pdf"), ("text/plain", "txt"), ("text/csv", "csv"), ("text/html", "html"),
            ("text/markdown", "md"), ("application/msword", "doc"),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
            ("application/vnd.ms-excel", "xls"),
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        ],
    ]

    /// Writes a block; a tool's result (`isResult`) holds no sound.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` for what the vendor cannot take.
    static func write(
        _ media: Media,
        documentName: String,
        isResult: Bool,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        if isResult, media.kind == .audio {
            throw .invalid("messages", "contain audio in a tool's result, which this model does not accept.")
        }
        writer.beginObject()
        writer.key(member(media.kind))
        writer.beginObject()
        if let format = try format(of: media) { writer.member("format", format) }
        if media.kind == .document {
            writer.member("name", documentName)
            if let context = media.context, !context.isEmpty { writer.member("context", context) }
            if media.enablesCitations { writer.member("citations", object: { $0.member("enabled", true) }) }
        }
        writer.key("source")
        writer.beginObject()
        switch media.source {
        case .base64(_, let data): writer.member("bytes", data)
        case .url(let url, _): writer.member("s3Location", object: { $0.member("uri", url) })
        case .text(let text): writer.member("text", text)
        case .file: break
        }
        writer.endObject()
        writer.endObject()
        writer.endObject()
    }

    private static func member(_ kind: Media.Kind) -> StaticString {
        switch kind {
        case .image: "image"
        case .audio: "audio"
        case .video: "video"
        case .document: "document"
        }
    }

    /// The format's name; nil for a text, which needs none.
    private static func format(of media: Media) throws(GatewayError) -> StaticString? {
        let words: StaticString =
            switch media.kind {
            case .image: "an image"
            case .audio: "audio"
            case .video: "a video"
            case .document: "a document"
            }
        let type: JSONString?
        switch media.source {
        case .base64(let mediaType, _): type = mediaType
        case .url(let url, let mediaType):
            guard url.hasPrefix("s3://") else {
                throw .invalid("messages", "contain \(words) by URL, which this model cannot read; send its data.")
            }
            type = mediaType ?? typeByName(url, media.kind)
        case .file:
            throw .invalid("messages", "name a file of another vendor, which this model cannot read; send its data.")
        case .text: return media.kind == .document ? "txt" : nil
        }
        let known = formats[media.kind] ?? []
        guard let type, let format = known.first(where: { type == $0.type }) else {
            var names: [String] = []
            for (_, format) in known where !names.contains(format.description) { names.append(format.description) }
            throw .invalid(
                "messages",
                "contain \(words) of type '\(type?.string.prefix(64) ?? "unknown")'; this model accepts \(names.joined(separator: ", "))."
            )
        }
        return format.format
    }

    /// The type that the end of an object's name tells.
    private static func typeByName(_ url: JSONString, _ kind: Media.Kind) -> JSONString? {
        let name = url.string.lowercased()
        guard let dot = name.lastIndex(of: ".") else { return nil }
        let suffix = name[name.index(after: dot)...]
        return formats[kind]?.first { $0.format.description == suffix }.map { JSONString($0.type) }
    }
}
