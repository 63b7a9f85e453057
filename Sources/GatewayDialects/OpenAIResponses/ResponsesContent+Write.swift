// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension ResponsesContent {
    /// Writes the parts of an input message or of a tool's result as an array; `origin` is the format of the client, whose files may be the vendor's.
    static func write(
        _ parts: [Message.Part],
        _ origin: WireFormat?,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        writer.beginArray()
        for part in parts {
            switch part.content {
            case .text(let text), .refusal(let text):
                if !text.isEmpty { write(text, into: &writer) }
            case .media(let media): try write(media, origin, into: &writer, dropped: &dropped)
            case .reasoning, .toolCall, .toolResult: break
            }
        }
        writer.endArray()
    }

    private static func write(_ text: JSONString, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", "input_text")
        writer.member("text", text)
        writer.endObject()
    }

    private static func write(
        _ media: Media,
        _ origin: WireFormat?,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        if case .file = media.source, origin != .openAIChat, origin != .openAIResponses {
            throw GatewayError(
                .invalidRequest,
                "A file that was uploaded to another vendor cannot be sent to this model; send its data.",
                parameter: "messages"
            )
        }
        if case .text(let text) = media.source { return write(text, into: &writer) }
        switch media.kind {
        case .image:
            writer.beginObject()
            writer.member("type", "input_image")
            // Some servers demand the member that OpenAI's takes as optional.
            writer.member("detail", media.detail ?? "auto")
            try writeSource(of: media, data: "image_url", url: "image_url", into: &writer)
            writer.endObject()
        case .document:
            writer.beginObject()
            writer.member("type", "input_file")
            if let name = media.name {
                writer.member("filename", name)
            } else if case .base64 = media.source {
                // Data need a name.
                writer.member("filename", "document.pdf")
            }
            try writeSource(of: media, data: "file_data", url: "file_url", into: &writer)
            writer.endObject()
        case .audio: try writeAudio(media, into: &writer)
        case .video: throw refusal("A video")
        }
        if media.context != nil { dropped.note("context of documents") }
        if media.enablesCitations { dropped.note("citations of documents") }
    }

    private static func writeSource(
        of media: Media,
        data dataKey: StaticString,
        url urlKey: StaticString,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        switch media.source {
        case .base64(let mediaType, let data):
            writer.key(dataKey)
            writer.dataURI(mediaType: mediaType, data)
        case .url(let url, _):
            guard url.hasPrefix("http") else { throw refusal("A file with a URL that is not http or https") }
            writer.member(urlKey, url)
        case .file(let id): writer.member("file_id", id)
        case .text: break
        }
    }

    private static func writeAudio(_ media: Media, into writer: inout JSONWriter) throws(GatewayError) {
        guard case .base64(let mediaType, let data) = media.source else { throw refusal("Audio by URL") }
        let format: StaticString
        if mediaType == "audio/wav" || mediaType == "audio/x-wav" || mediaType == "audio/wave" {
            format = "wav"
        } else if mediaType == "audio/mp3" || mediaType == "audio/mpeg" {
            format = "mp3"
        } else {
            throw refusal("Audio that is neither WAV nor MP3")
        }
        writer.beginObject()
        writer.member("type", "input_audio")
        writer.key("input_audio")
        writer.beginObject()
        writer.member("data", data)
        writer.member("format", format)
        writer.endObject()
        writer.endObject()
    }

    private static func refusal(_ what: String) -> GatewayError {
        GatewayError(.invalidRequest, "\(what) cannot be sent to this model.", parameter: "messages")
    }
}
