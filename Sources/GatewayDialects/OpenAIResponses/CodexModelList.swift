// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The list that Codex CLI asks for.
///
/// Fields: github.com/databricks/unity-gateway (2026-11). Codex itself also reads a model's instructions from such a list. Codex chooses them itself,
/// so they are left out, and Codex uses its built-in ones.
struct CodexModelList: ModelListFormat {
    var paths: [String] { ["codex/v1/models", "codex/models"] }
    var apiTypes: [APIType] { [.openAIResponses] }

    func write(
        _ models: [ListedModel],
        _ query: ModelListQuery,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        writer.beginObject()
        writer.key("models")
        writer.beginArray()
        for model in models { write(model, into: &writer) }
        writer.endArray()
        writer.endObject()
    }

    func write(_ model: ListedModel, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("slug", model.name)
        writer.member("display_name", model.displayName)
        writer.member("visibility", "list")
        writer.member("supported_in_api", true)
        if let context = model.limits.context { writer.member("context_window", context) }
        writer.endObject()
    }
}
