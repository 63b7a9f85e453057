// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// What embedContent and batchEmbedContents have in common: a content and how it is to be embedded.
///
/// Shapes: PyPI `google-genai` 3.4.0 (2026-11). For Vertex the SDK writes the settings into `embedContentConfig`, for Gemini beside the content.
enum GeminiEmbeddings {
    /// Reads one of a client's requests into `request`; the settings of the first count for all.
    static func decode(
        _ value: JSONValue,
        _ path: String,
        into request: inout EmbeddingsRequest,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        guard let parts = value["content"]?["parts"]?.array else {
            throw .invalid("\(path)content.parts", "must be an array of parts.")
        }
        var texts: [JSONString] = []
        for part in parts {
            guard let text = part["text"]?.text else {
                throw .invalid(
                    "\(path)content.parts[\(texts.count)]",
                    "must have a 'text': this model embeds nothing else."
                )
            }
            texts.append(text)
        }
        request.inputs.append(.text(texts.count == 1 ? texts[0] : JSONString(texts.map(\.string).joined())))
        guard request.inputs.count == 1 else { return }
        let settings = value["embedContentConfig"] ?? value
        request.taskType = settings["taskType"]?.text
        request.title = settings["title"]?.text
        if let dimensions = settings["outputDimensionality"] {
            request.dimensions = try dimensions.requestCount("\(path)outputDimensionality")
        }
        if settings["autoTruncate"]?.isNull == false { dropped.note("autoTruncate") }
    }

    /// Writes one text with the settings.
    static func write(
        _ text: JSONString,
        _ request: EmbeddingsRequest,
        into writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("model", Gemini.resource(of: request.model))
        writer.key("content")
        writer.beginObject()
        writer.key("parts")
        writer.beginArray()
        writer.beginObject()
        writer.member("text", text)
        writer.endObject()
        writer.endArray()
        writer.endObject()
        if let task = request.taskType { writer.member("taskType", task) }
        if let title = request.title { writer.member("title", title) }
        if let dimensions = request.dimensions { writer.member("outputDimensionality", dimensions) }
        writer.endObject()
    }

    /// The texts to embed.
    static func texts(of request: EmbeddingsRequest) throws(GatewayError) -> [JSONString] {
        guard let texts = request.texts else {
            throw .invalid("input", "must be texts: this model takes no tokens.")
        }
        return texts
    }

    /// Replaces the name of the model in a request.
    static func edit(_ value: JSONValue, model: String) -> JSONSplice.Edit? {
        guard let name = value["model"] else { return nil }
        var writer = JSONWriter(capacity: model.utf8.count + 16)
        writer.string(Gemini.resource(of: model))
        return JSONSplice.Edit(name.range, with: writer.buffer)
    }

    static func write(_ vector: EmbeddingsResponse.Vector, into writer: inout JSONWriter) throws(GatewayError) {
        writer.beginObject()
        writer.key("values")
        try vector.write(as: .floats, into: &writer)
        writer.endObject()
    }

    static func writeUsage(_ usage: TokenUsage, into writer: inout JSONWriter) {
        guard !usage.isEmpty else { return }
        writer.key("usageMetadata")
        writer.beginObject()
        writer.member("promptTokenCount", usage.totalInput)
        writer.member("totalTokenCount", usage.totalInput)
        writer.endObject()
    }

    static func vector(_ embedding: JSONValue?) throws(GatewayError) -> EmbeddingsResponse.Vector {
        guard let values = embedding?["values"]?.array else { throw .unreadableAnswer("an embedding has no 'values'") }
        return .floats(values)
    }
}
