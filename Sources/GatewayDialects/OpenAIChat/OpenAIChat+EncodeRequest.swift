// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension OpenAIChat: UpstreamDialect {
    package func features(of target: TranslationTarget) -> UpstreamFeatures {
        var features: UpstreamFeatures =
            switch target.traits.structuredOutput {
            case .schema, nil: [.jsonSchema, .jsonObject]
            case .object: .jsonObject
            case .tool: []
            }
        if Self.isVendorsOwn(target) { features.insert(.customTools) }
        if Self.takesStop(target) { features.insert(.stopSequences) }
        if target.traits.takesCacheControl == true { features.insert(.cacheControl) }
        return features
    }

    /// Whether a target is OpenAI's own API or a copy of it, rather than a server that imitates it: those do not know its custom tools and refuse members that it
    /// does not have.
    private static func isVendorsOwn(_ target: TranslationTarget) -> Bool { target.traits.takesDeveloperRole != false }

    /// Whether a target takes `stop`: OpenAI's models that reason refuse it, whatever the effort (github.com/huggingface/smolagents/pull/1868 of gpt-5.1 and
    /// issues/1893 of gpt-5.2, 2025-12; learn.microsoft.com/azure/foundry/openai/how-to/reasoning of o3 and o4-mini).
    private static func takesStop(_ target: TranslationTarget) -> Bool {
        guard isVendorsOwn(target) else { return true }
        return switch target.capabilities.sampling {
        case .all, .exclusive, nil: true
        case .withoutReasoning, .unavailable: false
        }
    }

    package func writeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        writer.beginObject()
        writer.member("model", request.model)
        try ChatTranscript.write(request, to: target, into: &writer, dropped: &dropped)
        ChatTools.write(request, to: target, into: &writer, dropped: &dropped)
        if let maximum = request.maximumOutput {
            // The older name is the one that imitators know, the newer one what OpenAI's own models demand.
            writer.key(target.traits.usesMaxCompletionTokens != false ? "max_completion_tokens" : "max_tokens")
            writer.int(maximum)
        }
        Self.writeSampling(of: request, to: target, into: &writer, dropped: &dropped)
        Self.writeReasoning(of: request, to: target, into: &writer, dropped: &dropped)
        Self.writeFormat(of: request, into: &writer, dropped: &dropped)
        Self.writeLabels(of: request, to: target, into: &writer, dropped: &dropped)
        if request.isStreaming {
            writer.member("stream", true)
            if target.traits.takesStreamOptions != false {
                writer.key("stream_options")
                writer.raw(#"{"include_usage":true}"#)
            }
        }
        writer.endObject()
    }

    private static func writeSampling(
        of request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        let sampling = request.sampling
        let effort = reasoningEffort(of: request, target)?.taken
        let isTaken = OpenAIFields.takesSampling(request, to: target, effort: effort)
        OpenAIFields.writeSampling(of: request, isTaken: isTaken, into: &writer, dropped: &dropped)
        if let topK = sampling.topK {
            // Many servers of this format take it; OpenAI's refuses the whole request.
            if request.origin == .openAIChat || !isVendorsOwn(target) {
                writer.member("top_k", topK)
            } else {
                dropped.note("top_k")
            }
        }
        let penalties = [
            ("frequency_penalty", sampling.frequencyPenalty), ("presence_penalty", sampling.presencePenalty),
        ]
        for (name, penalty) in penalties {
            guard let penalty else { continue }
            if isTaken {
                writer.key(name)
                writer.number(penalty)
            } else if penalty.double != 0 {
                dropped.note(name)
            }
        }
        if let seed = sampling.seed { writer.member("seed", seed) }
        if let count = sampling.candidateCount { writer.member("n", count) }
        if isTaken {
            if let logprobs = sampling.logprobs { writer.member("logprobs", logprobs) }
            if let count = sampling.topLogprobs, sampling.logprobs == true { writer.member("top_logprobs", count) }
        } else if sampling.logprobs == true {
            dropped.note("logprobs")
        }
        guard !request.stop.isEmpty else { return }
        writer.key("stop")
        writer.beginArray()
        for text in request.stop { writer.string(text) }
        writer.endArray()
    }

    /// Writes how much to think: `thinking` as a client of this format wrote it, else an effort, worked out from a budget where need be.
    private static func writeReasoning(
        of request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        let reasoning = request.reasoning
        let isChats = request.origin == .openAIChat
        if isChats, let mode = reasoning.mode {
            writer.key("thinking")
            writer.beginObject()
            switch mode {
            case .enabled: writer.member("type", "enabled")
            case .disabled: writer.member("type", "disabled")
            case .adaptive: writer.member("type", "adaptive")
            }
            if let budget = reasoning.budget { writer.member("budget_tokens", budget) }
            writer.endObject()
        }
        guard let (effort, taken) = reasoningEffort(of: request, target) else { return }
        // A model that cannot think refuses the member, and not to think is what it does anyway.
        if reasoning.effort == nil, effort == .none { return dropped.note("thinking") }
        guard target.traits.takesReasoningEffort != false else { return dropped.note("reasoning_effort") }
        if taken != effort, reasoning.effort != nil { dropped.note("reasoning effort '\(effort.rawValue)'") }
        writer.member("reasoning_effort", taken.rawValue)
    }

    /// The effort that the client asked for, and the one that the target gets in its place.
    private static func reasoningEffort(
        of request: ModelRequest,
        _ target: TranslationTarget
    ) -> (asked: ReasoningConfiguration.Effort, taken: ReasoningConfiguration.Effort)? {
        let reasoning = request.reasoning
        let isChats = request.origin == .openAIChat
        let asked = isChats && reasoning.mode != nil ? reasoning.effort : reasoning.impliedEffort
        return asked.map { ($0, isChats ? $0 : nearest($0, target)) }
    }

    /// The effort next to this one that the target takes: servers that imitate OpenAI's know those from `low` to `high`, by and large.
    private static func nearest(
        _ effort: ReasoningConfiguration.Effort,
        _ target: TranslationTarget
    ) -> ReasoningConfiguration.Effort {
        if let efforts = target.capabilities.efforts { return efforts.nearest(to: effort) }
        if isVendorsOwn(target) { return effort }
        return effort == .none ? effort : min(max(effort, .low), .high)
    }

    private static func writeFormat(
        of request: ModelRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        switch request.responseFormat {
        case .text: break
        case .jsonObject:
            writer.key("response_format")
            writer.raw(#"{"type":"json_object"}"#)
        case .jsonSchema(let schema):
            writer.key("response_format")
            writer.beginObject()
            writer.member("type", "json_schema")
            writer.key("json_schema")
            writer.beginObject()
            // This API demands a name.
            writer.member("name", schema.name ?? "response")
            if let description = schema.description { writer.member("description", description) }
            writer.member("schema", schema.schema)
            if let isStrict = OpenAIFields.isStrict(schema, of: request, dropped: &dropped) {
                writer.member("strict", isStrict)
            }
            writer.endObject()
            writer.endObject()
        }
    }

    /// Writes what labels, stores, caches or bills, for clients that said it in OpenAI's terms, and the members that nothing models.
    private static func writeLabels(
        of request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        let isChats = request.origin == .openAIChat
        let isOpenAIs = isChats || request.origin == .openAIResponses
        let isNamed = (isChats || isVendorsOwn(target)) && OpenAIFields.nameUser(of: request)
        if let user = request.user, !isNamed, isOpenAIs || isVendorsOwn(target) {
            writer.member("user", user.shortened(to: OpenAIFields.longestUser))
        }
        if isChats {
            if let tier = request.serviceTier { writer.member("service_tier", tier) }
        } else if isVendorsOwn(target) {
            OpenAIFields.writeServiceTier(of: request, into: &writer, dropped: &dropped)
        } else if request.serviceTier != nil {
            // A server that only speaks OpenAI's API may refuse what it does not know.
            dropped.note("service_tier")
        }
        if isOpenAIs {
            if let metadata = request.metadata { writer.member("metadata", metadata) }
            if let key = request.promptCacheKey {
                writer.member("prompt_cache_key", key.shortened(to: OpenAIFields.longestCacheKey))
            }
            if let verbosity = request.verbosity { writer.member("verbosity", verbosity) }
            // Not to store is the default here.
            if let store = request.store, isChats || store { writer.member("store", store) }
        }
        if isChats, let cacheControl = request.cacheControl { writer.member("cache_control", cacheControl) }
        switch request.origin {
        case .openAIChat: for (key, value) in request.rest { writer.copy(key, value) }
        // A server that only speaks OpenAI's API may refuse what it does not know.
        case .openAIResponses where isVendorsOwn(target):
            OpenAIFields.writeShared(request.rest, into: &writer, dropped: &dropped)
        default: dropped.note(rest: request.rest)
        }
    }
}
