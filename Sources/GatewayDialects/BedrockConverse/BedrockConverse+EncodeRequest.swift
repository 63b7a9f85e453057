// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension BedrockConverse: UpstreamDialect {
    package func features(of target: TranslationTarget) -> UpstreamFeatures {
        let takesFormat =
            switch target.traits.structuredOutput {
            case .schema: true
            case .object, .tool: false
            case nil: BedrockModel(target.capabilities).takesFormat
            }
        return takesFormat ? [.jsonSchema, .stopSequences, .cacheControl] : [.stopSequences, .cacheControl]
    }

    package func writeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        let model = BedrockModel(target.capabilities)
        var conversation = Conversation(request.messages, dropped: &dropped) { parts, dropped in
            AnthropicThoughts.prepare(&parts, for: target.origin, dropped: &dropped)
        }
        conversation.beginWithUser(dropped: &dropped)
        let turns = try Self.turns(of: conversation, model)
        if let count = request.sampling.candidateCount, count > 1 {
            throw .invalid("n", "must be 1 for this model.")
        }
        var thinking: AnthropicThinking?
        if model.isClaude {
            thinking = AnthropicThinking(of: request, model.claude, target, turns, dropped: &dropped)
        }
        var content = BedrockContent(model)
        writer.beginObject()
        content.write(system: conversation.system, into: &writer)
        writer.key("messages")
        writer.beginArray()
        for (index, turn) in turns.enumerated() {
            // Anthropic's `cache_control` of a whole request means its end.
            let control = index == turns.count - 1 ? request.cacheControl : nil
            try content.write(turn, cacheControl: control, into: &writer, dropped: &dropped)
        }
        writer.endArray()
        let fields = BedrockFields(request, model, thinking, dropped: &dropped)
        fields.writeInference(into: &writer)
        try BedrockTools.write(request, model, callsOf: turns, into: &writer, dropped: &dropped)
        fields.writeAdditional(into: &writer)
        Self.writeFormat(of: request, model, into: &writer, dropped: &dropped)
        Self.writeAccounting(of: request, into: &writer, dropped: &dropped)
        writer.endObject()
        if request.verbosity != nil { dropped.note("verbosity") }
        dropped.note(rest: request.rest)
    }

    /// The turns as Bedrock takes them: they begin with the user's, thoughts stand in front.
    private static func turns(
        of conversation: Conversation,
        _ model: BedrockModel
    ) throws(GatewayError) -> [Conversation.Turn] {
        var turns = conversation.turns
        guard !turns.isEmpty else {
            throw .invalid("messages", "must contain a user message that is not empty for this model.")
        }
        if turns.last?.isAssistant == true, model.isClaude, !model.claude.takesPrefill {
            throw .invalid(
                "messages",
                "must end with a user message for this model: it does not continue an assistant message."
            )
        }
        for index in turns.indices where turns[index].isAssistant {
            AnthropicThoughts.order(&turns[index].parts)
        }
        return turns
    }

    private static func schema(
        _ schema: JSONValue,
        for model: BedrockModel,
        dropped: inout DroppedMembers
    ) -> JSONValue {
        guard model.isClaude else { return schema }
        return JSONValue { ClaudeOutputSchema.write(schema, into: &$0, dropped: &dropped) }
    }

    /// Writes what shape the answer must have; Bedrock takes the schema as text.
    private static func writeFormat(
        of request: ModelRequest,
        _ model: BedrockModel,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        switch request.responseFormat {
        case .text: return
        case .jsonObject: return dropped.note("response_format")
        case .jsonSchema(let format):
            writer.key("outputConfig")
            writer.beginObject()
            writer.key("textFormat")
            writer.beginObject()
            writer.member("type", "json_schema")
            writer.key("structure")
            writer.beginObject()
            writer.key("jsonSchema")
            writer.beginObject()
            writer.key("schema")
            writer.beginString()
            writer.appendString(utf8: schema(format.schema, for: model, dropped: &dropped).bytes)
            writer.endString()
            if let name = format.name, !name.isEmpty { writer.member("name", name) }
            if let description = format.description, !description.isEmpty {
                writer.member("description", description)
            }
            writer.endObject()
            writer.endObject()
            writer.endObject()
            writer.endObject()
        }
    }

    /// Writes the caller's labels and how fast it must go.
    private static func writeAccounting(
        of request: ModelRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        if let metadata = request.metadata, let members = metadata.object, !members.isEmpty {
            let labels = Array(members.prefix(maximumLabels + 1))
            let isTaken =
                labels.count <= maximumLabels && labels.allSatisfy { isLabel($0.key) && isLabel($0.value.text) }
            if isTaken { writer.member("requestMetadata", metadata) } else { dropped.note("metadata") }
        }
        switch request.serviceTier?.string {
        case nil, "auto": break
        case "default", "standard", "standard_only": writeTier("default", into: &writer)
        case "priority": writeTier("priority", into: &writer)
        case "flex": writeTier("flex", into: &writer)
        default: dropped.note("service_tier")
        }
    }

    private static func writeTier(_ tier: StaticString, into writer: inout JSONWriter) {
        writer.member("serviceTier", object: { $0.member("type", tier) })
    }

    /// Most labels that Bedrock takes.
    private static let maximumLabels = 16

    /// Whether a text may be a label: at most 256 characters of those that Bedrock allows.
    private static func isLabel(_ text: JSONString?) -> Bool {
        guard let text, text.utf8Count <= 256 else { return false }
        return text.string.utf8.allSatisfy { byte in
            byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
                || " \t:_@$#=/+,-.".utf8.contains(byte)
        }
    }
}
