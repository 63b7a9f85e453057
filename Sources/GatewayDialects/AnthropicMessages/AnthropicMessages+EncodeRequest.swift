// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension AnthropicMessages: UpstreamDialect {
    package func features(of target: TranslationTarget) -> UpstreamFeatures {
        let takesFormat =
            switch target.traits.structuredOutput {
            case .schema: true
            case .object, .tool: false
            case nil: AnthropicModel(target.capabilities).takesFormat
            }
        let features: UpstreamFeatures = [.stopSequences, .cacheControl, .longToolNames]
        return takesFormat ? features.union(.jsonSchema) : features
    }

    package func writeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        let model = AnthropicModel(target.capabilities)
        var conversation = Conversation(request.messages, dropped: &dropped) { parts, dropped in
            AnthropicThoughts.prepare(&parts, for: target.origin, dropped: &dropped)
        }
        conversation.beginWithUser(dropped: &dropped)
        var turns = conversation.turns
        guard !turns.isEmpty else {
            throw .invalid("messages", "must contain a user message that is not empty for this model.")
        }
        if turns.last?.isAssistant == true, !model.takesPrefill {
            throw .invalid(
                "messages",
                "must end with a user message for this model: it does not continue an assistant message."
            )
        }
        for index in turns.indices where turns[index].isAssistant { AnthropicThoughts.order(&turns[index].parts) }
        if let count = request.sampling.candidateCount, count > 1 {
            throw .invalid("n", "must be 1 for this model.")
        }
        let thinking = AnthropicThinking(of: request, model, target, turns, dropped: &dropped)
        writer.beginObject()
        if let version = target.traits.anthropicVersion {
            writer.member("anthropic_version", version)
        } else {
            writer.member("model", request.model)
        }
        writer.member("max_tokens", thinking.maximumTokens)
        AnthropicContent.write(system: conversation.system, into: &writer)
        writer.key("messages")
        writer.beginArray()
        for (index, turn) in turns.enumerated() {
            try AnthropicContent.write(turn, isLast: index == turns.count - 1, into: &writer, dropped: &dropped)
        }
        writer.endArray()
        AnthropicTools.write(request, model, into: &writer, dropped: &dropped)
        thinking.write(into: &writer)
        Self.writeOutputConfig(of: request, thinking, into: &writer, dropped: &dropped)
        thinking.writeSampling(of: request, model, into: &writer, dropped: &dropped)
        Self.writeAccounting(of: request, into: &writer, dropped: &dropped)
        if request.isStreaming { writer.member("stream", true) }
        writer.endObject()
        dropped.note(rest: request.rest)
    }

    private static func writeOutputConfig(
        of request: ModelRequest,
        _ thinking: AnthropicThinking,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        var schema: JSONValue?
        switch request.responseFormat {
        case .text: break
        case .jsonObject: dropped.note("response_format")
        case .jsonSchema(let format): schema = format.schema
        }
        guard schema != nil || thinking.effort != nil else { return }
        writer.key("output_config")
        writer.beginObject()
        if let effort = thinking.effort { writer.member("effort", effort.rawValue) }
        if let schema {
            writer.key("format")
            writer.beginObject()
            writer.member("type", "json_schema")
            writer.key("schema")
            ClaudeOutputSchema.write(schema, into: &writer, dropped: &dropped)
            writer.endObject()
        }
        writer.endObject()
    }

    /// The longest name of an end user that the vendor takes (PyPI `anthropic` 2.11.0, `types/metadata_param.py`).
    private static let maximumUserBytes = 256

    /// Writes who asks, how fast it must go and what is cached.
    private static func writeAccounting(
        of request: ModelRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        if let user = request.user, !user.isEmpty {
            writer.member("metadata", object: { $0.member("user_id", user.shortened(to: maximumUserBytes)) })
        }
        // What is left unsaid is `auto`: priority capacity where there is some.
        switch request.serviceTier?.string {
        case nil, "auto", "priority": break
        case "default", "standard", "standard_only": writer.member("service_tier", "standard_only")
        default: dropped.note("service_tier")
        }
        if let control = request.cacheControl { writer.member("cache_control", control) }
    }
}
