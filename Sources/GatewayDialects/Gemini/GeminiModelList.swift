// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Gemini's model list, in pages of `pageSize` from `pageToken` on.
///
/// Shapes: PyPI `google-genai` 3.4.0, `Model` (2026-11). A token is the name of the model that the page begins with.
struct GeminiModelList: ModelListFormat {
    var paths: [String] {
        let versions = ["v1beta", "v1", "v1alpha"]
        return versions.map { "gemini/\($0)/models" } + ["gemini/models"] + versions.map { "\($0)/models" }
    }
    var clientHeader: String? { "x-goog-api-key" }
    var apiTypes: [APIType] { [.geminiGenerateContent, .geminiBatchEmbedContents, .geminiEmbedContent] }

    private static let defaultPageSize = 50

    func write(
        _ models: [ListedModel],
        _ query: ModelListQuery,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        let size = try query.count("pageSize", in: 0...Int(Int32.max)) ?? 0
        var start = 0
        if let token = query.text("pageToken"), !token.isEmpty {
            guard let index = models.firstIndex(where: { $0.name == token }) else {
                throw GatewayError(
                    .invalidRequest,
                    "pageToken must be the nextPageToken of the previous page.",
                    parameter: "pageToken"
                )
            }
            start = index
        }
        // As the vendor has it: 0 is the default, and no page is larger than 1,000.
        let page = models[start...].prefix(size == 0 ? Self.defaultPageSize : min(size, 1000))
        writer.beginObject()
        writer.key("models")
        writer.beginArray()
        for model in page { write(model, into: &writer) }
        writer.endArray()
        if page.endIndex < models.count { writer.member("nextPageToken", models[page.endIndex].name) }
        writer.endObject()
    }

    func write(_ model: ListedModel, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", "models/\(model.name)")
        writer.member("version", "001")
        writer.member("displayName", model.displayName)
        if let context = model.limits.context { writer.member("inputTokenLimit", context) }
        if let output = model.limits.maximumOutput { writer.member("outputTokenLimit", output) }
        writer.key("supportedGenerationMethods")
        writer.beginArray()
        if model.apiTypes.contains(.geminiGenerateContent) {
            writer.string("generateContent" as StaticString)
            writer.string("streamGenerateContent" as StaticString)
            writer.string("countTokens" as StaticString)
        }
        if model.apiTypes.contains(.geminiEmbedContent) { writer.string("embedContent" as StaticString) }
        if model.apiTypes.contains(.geminiBatchEmbedContents) { writer.string("batchEmbedContents" as StaticString) }
        writer.endArray()
        writer.endObject()
    }
}
