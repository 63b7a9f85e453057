// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The fields that chat completions and Responses of OpenAI have in common and that the gateway does not interpret.
///
/// Source: OpenAI's API reference of both, November 2026.
enum OpenAIFields {
    private static let shared = KeyTable<Void>([
        "prompt_cache_retention": (), "prompt_cache_options": (), "safety_identifier": (), "moderation": (),
    ])

    /// The longest name of an end user that OpenAI takes, and the longest key of a prompt cache (Open Responses specification, 2026-04-24).
    static let longestUser = 64
    static let longestCacheKey = 64

    /// Whether the client names its end user by the newer field, and so need not be made to say it twice.
    static func nameUser(of request: ModelRequest) -> Bool {
        guard request.origin == .openAIChat || request.origin == .openAIResponses else { return false }
        return request.rest.contains { $0.key == "safety_identifier" && $0.value.text == request.user }
    }

    /// Writes those of a request's unmodelled fields that the other API spells alike, and notes the others.
    ///
    /// What names an object of the vendor's account stays behind: it was allowed, if at all, for the API of the client.
    static func writeShared(
        _ rest: [(key: JSONString, value: JSONValue)],
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        var others: [(key: JSONString, value: JSONValue)] = []
        for (key, value) in rest {
            if shared[key] == nil {
                others.append((key, value))
            } else if key == "prompt_cache_options", let options = value.object {
                writer.key(key)
                writer.object { writer in
                    for (name, option) in options where name != "comparison_response_id" { writer.copy(name, option) }
                }
                if options.contains(where: { $0.key == "comparison_response_id" }) {
                    dropped.note("prompt_cache_options.comparison_response_id")
                }
            } else {
                writer.copy(key, value)
            }
        }
        dropped.note(rest: others)
    }

    /// Whether the model takes sampling parameters beside the effort that is sent, nil where the model chooses.
    ///
    /// What holds of `temperature` and `top_p` also holds of the penalties and of log probabilities (learn.microsoft.com/azure/foundry/openai/how-to/reasoning,
    /// 2026-11). A client of the target's own API knows what it asks for.
    static func takesSampling(
        _ request: borrowing ModelRequest,
        to target: TranslationTarget,
        effort: ReasoningConfiguration.Effort?
    ) -> Bool {
        if request.origin == target.format { return true }
        let capabilities = target.capabilities
        return switch capabilities.sampling {
        case .all, .exclusive, nil: true
        case .withoutReasoning: effort.map { $0 == .none } ?? (capabilities.reasonsUnasked == false)
        case .unavailable: false
        }
    }

    /// Writes `temperature` and `top_p`, or notes them where the model refuses them and they say something.
    static func writeSampling(
        of request: ModelRequest,
        isTaken: Bool,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        for (name, value) in [("temperature", request.sampling.temperature), ("top_p", request.sampling.topP)] {
            guard let value else { continue }
            if isTaken {
                writer.key(name)
                writer.number(value)
            } else if value.double != 1 {
                dropped.note(name)
            }
        }
    }

    /// Writes the schema of a function's parameters; OpenAI refuses an object that does not say which properties it has.
    ///
    /// One that a client of the target's own API wrote stays as it is.
    static func write(parameters schema: JSONValue, isOwn: Bool, into writer: inout JSONWriter) {
        guard !isOwn, let fields = schema.object, schema["properties"] == nil,
            schema["type"]?.text.map({ $0 == "object" }) ?? true
        else { return writer.value(schema) }
        writer.object { writer in
            if schema["type"] == nil { writer.member("type", "object") }
            for (key, value) in fields { writer.copy(key, value) }
            writer.key("properties")
            writer.raw("{}")
        }
    }

    /// Whether a tool goes out as strict; nil where nothing was said.
    static func isStrict(
        _ tool: ModelRequest.Tool,
        of request: borrowing ModelRequest,
        dropped: inout DroppedMembers
    ) -> Bool? {
        isStrict(tool.isStrict, tool.parameters, of: request, "tools[].strict", dropped: &dropped)
    }

    /// The same for the format of the answer.
    static func isStrict(
        _ format: ModelRequest.ResponseFormat.Schema,
        of request: borrowing ModelRequest,
        dropped: inout DroppedMembers
    ) -> Bool? {
        isStrict(format.isStrict, format.schema, of: request, "strictness of the answer's schema", dropped: &dropped)
    }

    /// The value of `strict` for a schema; nil where nothing was said.
    ///
    /// The model follows one that OpenAI would refuse as well as it can, and that is noted. Clients of OpenAI's APIs know what they ask for.
    private static func isStrict(
        _ isStrict: Bool?,
        _ schema: JSONValue?,
        of request: borrowing ModelRequest,
        _ name: String,
        dropped: inout DroppedMembers
    ) -> Bool? {
        guard isStrict == true, request.origin != .openAIChat, request.origin != .openAIResponses, let schema,
            !OpenAIStrictSchema.takes(schema)
        else { return isStrict }
        dropped.note(name)
        return false
    }

    /// Writes a client's service tier as OpenAI names it, and notes one that it does not know.
    static func writeServiceTier(
        of request: ModelRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        guard let tier = request.serviceTier else { return }
        // Anthropic's `standard_only` and Gemini's `standard` are OpenAI's `default`.
        if tier == "standard_only" || tier == "standard" {
            writer.member("service_tier", "default")
        } else if tiers.contains(tier) {
            writer.member("service_tier", tier)
        } else {
            dropped.note("service_tier")
        }
    }

    private static let tiers: Set<JSONString> = [
        "auto", "default", "flex", "scale", "priority", "fast", "ultrafast",
    ]
}
