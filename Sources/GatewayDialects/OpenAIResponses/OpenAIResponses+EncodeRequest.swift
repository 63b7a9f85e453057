// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension OpenAIResponses: UpstreamDialect {
    package func features(of target: TranslationTarget) -> UpstreamFeatures {
        [.jsonSchema, .jsonObject, .customTools, .namespaces, .responsesTools]
    }

    /// The least that this API takes as a limit on output (2026-11).
    private static let leastOutput = 16

    package func writeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        if let count = request.sampling.candidateCount, count > 1 { throw .invalid("n", "must be 1 for this model.") }
        let model = ResponsesModel(target.capabilities)
        writer.beginObject()
        writer.member("model", request.model)
        var input = ResponsesInputWriter(request, target)
        try input.write(into: &writer, dropped: &dropped)
        ResponsesTools.write(of: request, into: &writer, dropped: &dropped)
        let effort = model.reasons ? request.reasoning.impliedEffort.map(model.nearest) : nil
        let takesSampling = OpenAIFields.takesSampling(request, to: target, effort: effort)
        Self.writeSampling(of: request, isTaken: takesSampling, into: &writer, dropped: &dropped)
        Self.writeReasoning(of: request, model, into: &writer, dropped: &dropped)
        Self.writeText(of: request, into: &writer, dropped: &dropped)
        Self.writeLabels(of: request, into: &writer, dropped: &dropped)
        Self.writeRest(of: request, into: &writer, dropped: &dropped)
        let wantsLogprobs = request.sampling.logprobs == true && takesSampling
        if model.reasons || wantsLogprobs {
            writer.key("include")
            writer.beginArray()
            // What the model thought goes through the gateway's clients and back.
            if model.reasons { writer.string("reasoning.encrypted_content") }
            if wantsLogprobs { writer.string("message.output_text.logprobs") }
            writer.endArray()
        }
        if request.messages.contains(where: { $0.name != nil }) { dropped.note("messages[].name") }
        // Nobody could refer to an answer that the vendor kept: its id is not the client's.
        writer.member("store", false)
        if request.isStreaming { writer.member("stream", true) }
        writer.endObject()
    }

    private static func writeSampling(
        of request: ModelRequest,
        isTaken: Bool,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        let sampling = request.sampling
        if let maximum = request.maximumOutput {
            if maximum < leastOutput { dropped.note("max_output_tokens below \(leastOutput)") }
            writer.member("max_output_tokens", max(maximum, leastOutput))
        }
        OpenAIFields.writeSampling(of: request, isTaken: isTaken, into: &writer, dropped: &dropped)
        if sampling.logprobs == true {
            if !isTaken {
                dropped.note("logprobs")
            } else if let count = sampling.topLogprobs {
                writer.member("top_logprobs", count)
            }
        }
        if sampling.topK != nil { dropped.note("top_k") }
        if let penalty = sampling.frequencyPenalty, penalty.double != 0 { dropped.note("frequency_penalty") }
        if let penalty = sampling.presencePenalty, penalty.double != 0 { dropped.note("presence_penalty") }
        if sampling.seed != nil { dropped.note("seed") }
    }

    private static func writeReasoning(
        of request: ModelRequest,
        _ model: ResponsesModel,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        let reasoning = request.reasoning
        guard model.reasons else {
            if reasoning.isEnabled { dropped.note("reasoning") }
            return
        }
        // Clients that say when the model shall think, and how long, are shown its thoughts.
        let isShown = reasoning.isVisible ?? (reasoning.mode == .enabled || reasoning.mode == .adaptive)
        let summary = reasoning.isVisible == false ? nil : reasoning.summary ?? (isShown ? "auto" : nil)
        let asked = reasoning.impliedEffort
        let effort = asked.map(model.nearest)
        if asked != effort { dropped.note("reasoning effort '\(asked?.rawValue ?? "")'") }
        guard effort != nil || summary != nil else { return }
        writer.key("reasoning")
        writer.beginObject()
        if let effort { writer.member("effort", effort.rawValue) }
        if let summary { writer.member("summary", summary) }
        writer.endObject()
    }

    private static func writeText(
        of request: ModelRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        var hasFormat = true
        if case .text = request.responseFormat { hasFormat = false }
        guard hasFormat || request.verbosity != nil else { return }
        writer.key("text")
        writer.beginObject()
        switch request.responseFormat {
        case .text: break
        case .jsonObject:
            writer.key("format")
            writer.raw(#"{"type":"json_object"}"#)
        case .jsonSchema(let schema):
            writer.key("format")
            writer.beginObject()
            writer.member("type", "json_schema")
            writer.member("name", schema.name ?? "answer")
            if let description = schema.description { writer.member("description", description) }
            writer.member("schema", schema.schema)
            if let isStrict = OpenAIFields.isStrict(schema, of: request, dropped: &dropped) {
                writer.member("strict", isStrict)
            }
            writer.endObject()
        }
        if let verbosity = request.verbosity { writer.member("verbosity", verbosity) }
        writer.endObject()
    }

    private static func writeLabels(
        of request: ModelRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        if let metadata = request.metadata { writer.member("metadata", metadata) }
        if let user = request.user, !OpenAIFields.nameUser(of: request) {
            writer.member("user", user.shortened(to: OpenAIFields.longestUser))
        }
        OpenAIFields.writeServiceTier(of: request, into: &writer, dropped: &dropped)
        if let key = request.promptCacheKey {
            writer.member("prompt_cache_key", key.shortened(to: OpenAIFields.longestCacheKey))
        }
    }

    private static func writeRest(
        of request: ModelRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        switch request.origin {
        case .openAIResponses: for (key, value) in request.rest { writer.copy(key, value) }
        case .openAIChat: OpenAIFields.writeShared(request.rest, into: &writer, dropped: &dropped)
        default: dropped.note(rest: request.rest)
        }
    }
}
