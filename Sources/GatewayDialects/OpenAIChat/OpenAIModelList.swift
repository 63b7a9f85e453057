// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// OpenAI's model list; it has no pages.
///
/// Shapes: PyPI `openai` 3.52.0, `types/model.py` (2026-11). The creation time of models is unknown, so `created` is 0.
struct OpenAIModelList: ModelListFormat {
    let paths: [String]
    let apiTypes: [APIType]

    func write(
        _ models: [ListedModel],
        _ query: ModelListQuery,
        into writer: inout JSONWriter
    ) throws(GatewayError) {
        writer.beginObject()
        writer.member("object", "list")
        writer.key("data")
        writer.beginArray()
        for model in models { write(model, into: &writer) }
        writer.endArray()
        writer.endObject()
    }

    func write(_ model: ListedModel, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", model.name)
        writer.member("object", "model")
        writer.member("created", 0)
        writer.member("owned_by", String(model.name.prefix { $0 != "." }))
        writer.endObject()
    }
}
