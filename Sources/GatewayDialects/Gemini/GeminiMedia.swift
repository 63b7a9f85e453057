// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// `inlineData` and `fileData`, read and written.
enum GeminiMedia {
    // MARK: Reading

    /// Reads a `Blob`: its base64 may be spelled for URLs and may lack its padding, as the vendor's own SDK sends it.
    static func decode(inlineData value: JSONValue) -> Media? {
        guard let mediaType = value.member("mimeType", "mime_type")?.text, !mediaType.isEmpty,
            let data = value["data"]?.text
        else { return nil }
        return Media(
            kind(of: mediaType),
            .base64(mediaType: mediaType, data: standardBase64(data)),
            name: value.member("displayName", "display_name")?.text
        )
    }

    /// Reads a `FileData`.
    static func decode(fileData value: JSONValue) -> Media? {
        guard let uri = value.member("fileUri", "file_uri")?.text, !uri.isEmpty else { return nil }
        let mediaType = value.member("mimeType", "mime_type")?.text
        let known = mediaType.flatMap { $0.isEmpty ? nil : $0 } ?? self.mediaType(ofURL: uri).map { JSONString($0) }
        return Media(
            known.map(kind) ?? (isYouTube(uri) ? .video : .document),
            .url(uri, mediaType: known),
            name: value.member("displayName", "display_name")?.text
        )
    }

    /// What a MIME type is to a model.
    static func kind(of mediaType: JSONString) -> Media.Kind {
        let type = mediaType.string.lowercased()
        if type.hasPrefix("image/") { return .image }
        if type.hasPrefix("audio/") { return .audio }
        if type.hasPrefix("video/") { return .video }
        return .document
    }

    /// The same bytes in the usual alphabet with padding; the text itself where it is so already.
    private static func standardBase64(_ text: JSONString) -> JSONString {
        let isStandard = text.withBytes { bytes, _ in
            bytes.count % 4 == 0 && !bytes.contains { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
        if isStandard { return text }
        var bytes: [UInt8] = []
        let written = text.string
        bytes.reserveCapacity(written.utf8.count + 3)
        for byte in written.utf8 {
            switch byte {
            case UInt8(ascii: "-"): bytes.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): bytes.append(UInt8(ascii: "/"))
            default: bytes.append(byte)
            }
        }
        while bytes.count % 4 != 0 { bytes.append(UInt8(ascii: "=")) }
        return JSONString(String(decoding: bytes, as: UTF8.self))
    }

    // MARK: Writing

    /// Writes the member `inlineData` or `fileData` into the open object.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if the vendor cannot get at the source.
    static func encode(
        _ media: Media,
        for model: GeminiModel,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        switch media.source {
        case .base64(let mediaType, let data):
            writer.beginMember("inlineData")
            writer.member("mimeType", mediaType)
            writer.member("data", data)
            writer.endObject()
        case .url(let url, let mediaType):
            if !model.fetchesURLs, url.hasPrefix("http"), !isOfVendor(url) {
                throw GatewayError(
                    .invalidRequest,
                    "This model does not accept media by URL, and the gateway does not fetch URLs; send the bytes as base64.",
                    parameter: "messages"
                )
            }
            writer.beginMember("fileData")
            writer.member("fileUri", url)
            if let mediaType {
                writer.member("mimeType", mediaType)
            } else if let mediaType = self.mediaType(ofURL: url) {
                writer.member("mimeType", mediaType)
            }
            writer.endObject()
        case .file(let id):
            throw GatewayError(
                .invalidRequest,
                "The file '\(id.string.prefix(128))' can only be read by the vendor that stores it; send the file itself.",
                parameter: "messages"
            )
        case .text(let text):
            writer.member("text", text)
        }
    }

    /// Whether a URL names something that the vendor has itself.
    private static func isOfVendor(_ url: JSONString) -> Bool {
        url.hasPrefix("https://generativelanguage.googleapis.com/") || isYouTube(url)
    }

    private static func isYouTube(_ url: JSONString) -> Bool {
        url.hasPrefix("https://www.youtube.com/") || url.hasPrefix("https://youtube.com/")
            || url.hasPrefix("https://youtu.be/")
    }

    /// The MIME type that the end of a URL's path stands for, among those that the vendor documents
    /// (ai.google.dev/gemini-api/docs/file-input-methods, 2026-11).
    private static func mediaType(ofURL url: JSONString) -> StaticString? {
        let path = url.string.prefix { $0 != "?" && $0 != "#" }
        guard let dot = path.lastIndex(of: "."), path.distance(from: dot, to: path.endIndex) <= 6 else { return nil }
        return types[path[path.index(after: dot)...].lowercased()]
    }

    private static let types: [String: StaticString] = [
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "heic": "image/heic",
        "heif": "image/heif", "gif": "image/gif", "pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown",
        "html": "text/html", "csv": "text/csv", "xml": "text/xml", "json": "application/json", "mp3": "audio/mp3",
        "wav": "audio/wav", "aac": "audio/aac", "ogg": "audio/ogg", "flac": "audio/flac", "aiff": "audio/aiff",
        "m4a": "audio/m4a", "mp4": "video/mp4", "mpeg": "video/mpeg", "mpg": "video/mpeg", "mov": "video/quicktime",
        "webm": "video/webm", "avi": "video/x-msvideo", "wmv": "video/wmv", "flv": "video/x-flv", "3gp": "video/3gpp",
    ]
}
