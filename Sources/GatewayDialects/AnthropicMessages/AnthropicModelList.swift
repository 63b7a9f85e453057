// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Anthropic's model list, in pages of `limit` after `after_id` or before `before_id`.
///
/// Shapes: PyPI `anthropic` 2.11.0, `types/model_info.py` and `types/model_list_params.py` (2026-11). The creation time of models is unknown; the vendor
/// uses the epoch then.
struct AnthropicModelList: ModelListFormat {
    var paths: [String] { ["anthropic/v1/models", "anthropic/models", "v1/models"] }
    var clientHeader: String? { "anthropic-version" }
    var apiTypes: [APIType] { [.anthropicMessages] }

    private static let defaultLimit = 20

    func write(
        _ models: [ListedModel],
        _ query: ModelListQuery,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        let limit = try query.count("limit", in: 1...1000) ?? Self.defaultLimit
        let page: ArraySlice<ListedModel>
        let hasMore: Bool
        if let id = query.text("before_id") {
            let end = try index(of: id, "before_id", in: models)
            page = models[..<end].suffix(limit)
            hasMore = page.startIndex > 0
        } else {
            let start = try query.text("after_id").map { id throws(GatewayError) in
                try index(of: id, "after_id", in: models) + 1
            }
            page = models[(start ?? 0)...].prefix(limit)
            hasMore = page.endIndex < models.count
        }
        writer.beginObject()
        writer.key("data")
        writer.beginArray()
        for model in page { write(model, into: &writer) }
        writer.endArray()
        writer.member("has_more", hasMore)
        writer.key("first_id")
        if let first = page.first { writer.string(first.name) } else { writer.null() }
        writer.key("last_id")
        if let last = page.last { writer.string(last.name) } else { writer.null() }
        writer.endObject()
    }

    func write(_ model: ListedModel, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", "model")
        writer.member("id", model.name)
        writer.member("display_name", model.displayName)
        writer.member("created_at", "1970-01-01T00:00:00Z")
        writer.member("lifecycle", "active")
        writer.key("max_input_tokens")
        if let context = model.limits.context { writer.int(context) } else { writer.null() }
        writer.key("max_tokens")
        if let output = model.limits.maximumOutput { writer.int(output) } else { writer.null() }
        writer.endObject()
    }

    private func index(
        of id: String,
        _ parameter: String,
        in models: [ListedModel]
    ) throws(GatewayError) -> Int {
        guard let index = models.firstIndex(where: { $0.name == id }) else {
            throw GatewayError(.invalidRequest, "\(parameter) must be the id of a listed model.", parameter: parameter)
        }
        return index
    }
}
