// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// What embedContent and batchEmbedContents have in common: a content and how it is to be embedded.
///
/// Shapes: PyPI `google-genai` 3.4.0 (2026-11). For Vertex the SDK writes the settings into `embedContentConfig`, for Gemini beside the content.
enum GeminiEmbeddings {
    /// Reads one of a client's requests into `request`, in either spelling of its fields.
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
                    "must have a 'text': this model embeds text only."
                )
            }
            texts.append(text)
        }
        request.inputs.append(.text(texts.count == 1 ? texts[0] : JSONString(texts.map(\.string).joined())))
        let settings = try settings(of: value, path, dropped: &dropped)
        if request.inputs.count == 1 {
            request.settings = settings
        } else if settings != request.settings || !request.ownSettings.isEmpty {
            if request.ownSettings.isEmpty {
                request.ownSettings = Array(repeating: request.settings, count: request.inputs.count - 1)
            }
            request.ownSettings.append(settings)
        }
    }

    private static func settings(
        of value: JSONValue,
        _ path: String,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> EmbeddingsRequest.Settings {
        let config = value["embedContentConfig"] ?? value["embed_content_config"]
        func setting(_ name: StaticString, _ snakeCase: StaticString) -> JSONValue? {
            let found = config?[name] ?? config?[snakeCase] ?? value[name] ?? value[snakeCase]
            return found?.isNull == false ? found : nil
        }
        var settings = EmbeddingsRequest.Settings()
        settings.taskType = setting("taskType", "task_type")?.text
        settings.title = setting("title", "title")?.text
        settings.dimensions = try setting("outputDimensionality", "output_dimensionality")?
            .requestCount("\(path)outputDimensionality")
        if setting("autoTruncate", "auto_truncate") != nil { dropped.note("autoTruncate") }
        return settings
    }

    /// Writes one text with the settings.
    static func write(
        _ text: InstructedText,
        _ request: EmbeddingsRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter
    ) {
        let isVertexAI = target.traits.isVertexAI == true
        writer.beginObject()
        if !isVertexAI { writer.member("model", Gemini.resource(of: request.model)) }
        writer.key("content")
        writer.beginObject()
        if isVertexAI { writer.member("role", "user") }
        writer.key("parts")
        writer.beginArray()
        writer.beginObject()
        writer.member("text", text)
        writer.endObject()
        writer.endArray()
        writer.endObject()
        let hasSettings =
            taskType(of: request) != nil || request.settings.title != nil || request.settings.dimensions != nil
        if isVertexAI, hasSettings {
            writer.member("embedContentConfig", object: { writeSettings(of: request, into: &$0) })
        } else {
            writeSettings(of: request, into: &writer)
        }
        writer.endObject()
    }

    private static func writeSettings(of request: EmbeddingsRequest, into writer: inout JSONWriter) {
        if let task = taskType(of: request) { writer.member("taskType", task) }
        if let title = request.settings.title { writer.member("title", title) }
        if let dimensions = request.settings.dimensions { writer.member("outputDimensionality", dimensions) }
    }

    /// What the vectors are for, in Gemini's words.
    static func taskType(of request: EmbeddingsRequest) -> JSONString? {
        request.settings.taskType
            ?? request.inputType.flatMap { EmbeddingPurpose(inputType: $0) }.map { JSONString("\($0.taskType)") }
    }

    /// Notes what a client of OpenAI's format said that this one cannot.
    static func noteDropped(of request: EmbeddingsRequest, _ dropped: inout DroppedMembers) {
        if request.settings.taskType == nil, let type = request.inputType, EmbeddingPurpose(inputType: type) == nil {
            dropped.note("input_type")
        }
        dropped.note(rest: request.rest)
    }

    /// Replaces the name of the model in a request; on Vertex AI, what that has elsewhere.
    static func edit(_ value: JSONValue, to target: TranslationTarget) -> JSONSplice.Edit? {
        if target.traits.isVertexAI == true { return vertexEdit(value) }
        guard let name = value["model"] else { return nil }
        var writer = JSONWriter(capacity: target.model.utf8.count + 16)
        writer.string(Gemini.resource(of: target.model))
        return JSONSplice.Edit(name.range, with: writer.buffer)
    }

    private static let settings = KeyTable<Void>([
        "taskType": (), "task_type": (), "title": (), "outputDimensionality": (), "output_dimensionality": (),
        "autoTruncate": (), "auto_truncate": (),
    ])

    /// Puts the settings where Vertex AI has them, and takes out the model, which stands in the path.
    private static func vertexEdit(_ value: JSONValue) -> JSONSplice.Edit? {
        guard let members = value.object.map(Array.init) else { return nil }
        let moved = members.filter { settings[$0.key] != nil }
        guard !moved.isEmpty || value["model"] != nil else { return nil }
        var writer = JSONWriter(capacity: value.range.count + 64)
        writer.beginObject()
        let isConfig = { (key: JSONString) in key == "embedContentConfig" || key == "embed_content_config" }
        for (key, member) in members where settings[key] == nil && !(key == "model") && !isConfig(key) {
            writer.key(key)
            writer.value(member)
        }
        let config = value["embedContentConfig"] ?? value["embed_content_config"]
        let given = config?.object.map(Array.init) ?? []
        if !given.isEmpty || !moved.isEmpty {
            writer.key("embedContentConfig")
            writer.beginObject()
            for (key, member) in given + moved {
                writer.key(key)
                writer.value(member)
            }
            writer.endObject()
        }
        writer.endObject()
        return JSONSplice.Edit(value.range, with: writer.buffer)
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
