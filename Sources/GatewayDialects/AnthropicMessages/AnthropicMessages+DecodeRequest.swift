// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON

extension AnthropicMessages: ClientDialect {
    package var fieldNames: ClientFieldNames { ClientFieldNames(answerSchema: "output_config.format.schema") }

    private enum Member: Int {
        case model, messages, system, stream, maxTokens, stopSequences, temperature, topP, topK, tools, toolChoice
        case thinking, outputConfig, outputFormat, metadata, serviceTier, cacheControl
        /// For the vendor's own servers alone, and without a bearing on the answer.
        case vendor
    }

    private static let members = KeyTable<Member>([
        "model": .model, "messages": .messages, "system": .system, "stream": .stream, "max_tokens": .maxTokens,
        "stop_sequences": .stopSequences, "temperature": .temperature, "top_p": .topP, "top_k": .topK,
        "tools": .tools, "tool_choice": .toolChoice, "thinking": .thinking, "output_config": .outputConfig,
        "output_format": .outputFormat, "metadata": .metadata, "service_tier": .serviceTier,
        "cache_control": .cacheControl, "anthropic_beta": .vendor, "betas": .vendor, "anthropic_version": .vendor,
        "diagnostics": .vendor, "user_profile_id": .vendor, "workspace_id": .vendor, "billing_policy": .vendor,
    ])

    package func decodeRequest(
        _ envelope: RequestEnvelope,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ModelRequest {
        var request = ModelRequest(model: envelope.model)
        request.isStreaming = envelope.isStreaming
        request.includesUsage = true
        var seen = SeenMembers<Member>()
        var messages: JSONValue?
        var system: [Message.Part] = []
        var toolChoice: JSONValue?
        for (key, value) in try envelope.scan.value.requestObject("The request body") {
            if key == "thread", !value.isNull { throw Self.threadsUnsupported }
            guard let member = Self.members[key] else {
                try request.keep(key, value)
                continue
            }
            if member == .vendor { continue }
            try seen.note(member, key)
            switch member {
            case .model, .stream, .vendor: break
            case .messages: messages = value
            case .system: system = try Self.decodeSystem(value)
            case .maxTokens: request.maximumOutput = try value.requestCount("max_tokens")
            case .stopSequences: request.stop = try Self.decodeStop(value)
            case .temperature: request.sampling.temperature = try value.requestNumber("temperature")
            case .topP: request.sampling.topP = try value.requestNumber("top_p")
            case .topK: request.sampling.topK = try value.requestNumber("top_k")
            case .tools: request.tools = value.isNull ? [] : try AnthropicTools.decode(value, dropped: &dropped)
            case .toolChoice: toolChoice = value.isNull ? nil : value
            case .thinking: try Self.decodeThinking(value, into: &request, dropped: &dropped)
            case .outputConfig: try Self.decodeOutputConfig(value, into: &request, dropped: &dropped)
            case .outputFormat:
                // The beta's older name of `output_config.format`.
                try Self.decodeFormat(value, "output_format", into: &request)
            case .metadata:
                request.user = try value["user_id"]?.requestOptionalText("metadata.user_id")
            case .serviceTier: request.serviceTier = try value.requestOptionalText("service_tier")
            case .cacheControl: request.cacheControl = value.isNull ? nil : value
            }
        }
        guard let messages else { throw .invalid("messages", "is missing.") }
        guard request.maximumOutput != nil else { throw .invalid("max_tokens", "is missing.") }
        if !system.isEmpty { request.messages.append(Message(role: .system, parts: system)) }
        try AnthropicMessageReader.read(messages, into: &request, dropped: &dropped)
        if let toolChoice { try AnthropicTools.decodeChoice(toolChoice, into: &request) }
        return request
    }

    /// The refusal after which the SDK's tool runner sends the whole conversation (PyPI `anthropic` 2.14.0, `lib/threads/_thread_state.py`, 2026-11).
    static var threadsUnsupported: GatewayError {
        GatewayError(
            .invalidRequest,
            "thread: this model keeps no conversation; send all messages.",
            vendorCode: threadsUnsupportedCode,
            parameter: "thread"
        )
    }

    /// The code in `error.details` of that refusal.
    static let threadsUnsupportedCode = "thread_unsupported_request"

    private static func decodeSystem(_ value: JSONValue) throws(GatewayError) -> [Message.Part] {
        if value.isNull { return [] }
        if let text = value.text { return text.isEmpty ? [] : [.text(text)] }
        guard let array = value.array else { throw .invalid("system", "must be a string or an array of text blocks.") }
        var parts: [Message.Part] = []
        var index = 0
        for block in array {
            guard block["type"]?.text.map({ $0 == "text" }) == true, let text = block["text"]?.text else {
                throw .invalid("system[\(index)]", "must be a text block.")
            }
            parts.append(Message.Part(.text(text), cacheControl: block.member("cache_control")))
            index += 1
        }
        return parts
    }

    private static func decodeStop(_ value: JSONValue) throws(GatewayError) -> [JSONString] {
        if value.isNull { return [] }
        var stop: [JSONString] = []
        for element in try value.requestArray("stop_sequences") {
            stop.append(try element.requestText("stop_sequences[\(stop.count)]"))
        }
        return stop
    }

    /// Reads `thinking`; the types are those of `types/beta/beta_thinking_config_param.py`.
    private static func decodeThinking(
        _ value: JSONValue,
        into request: inout ModelRequest,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        if value.isNull { return }
        guard let type = value["type"]?.text else { throw .invalid("thinking.type", "must be a string.") }
        if type == "enabled" {
            request.reasoning.mode = .enabled
            request.reasoning.budget = try value["budget_tokens"]?.requestCount("thinking.budget_tokens")
            guard request.reasoning.budget != nil else { throw .invalid("thinking.budget_tokens", "is missing.") }
        } else if type == "adaptive" {
            request.reasoning.mode = .adaptive
        } else if type == "disabled" {
            request.reasoning.mode = .disabled
        } else if type == "between_tools" {
            // Thoughts between tool calls alone: no other vendor can be asked for that.
            request.reasoning.mode = .disabled
            dropped.note("thinking.between_tools")
        } else {
            throw .invalid("thinking.type", "must be 'enabled', 'adaptive' or 'disabled' for this model.")
        }
        if let display = try value["display"]?.requestOptionalText("thinking.display") {
            request.reasoning.isVisible = display != "omitted"
        }
    }

    private static func decodeOutputConfig(
        _ value: JSONValue,
        into request: inout ModelRequest,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        if value.isNull { return }
        for (key, value) in try value.requestObject("output_config") where !value.isNull {
            if key == "effort" {
                request.reasoning.effort = try decodeEffort(value, "output_config.effort")
            } else if key == "format" {
                try decodeFormat(value, "output_config.format", into: &request)
            } else {
                dropped.note("output_config.\(DroppedMembers.printable(key))")
            }
        }
    }

    /// Reads an effort: `low`, `medium`, `high`, `xhigh`, `max`.
    static func decodeEffort(
        _ value: JSONValue,
        _ path: String
    ) throws(GatewayError) -> ReasoningConfiguration.Effort? {
        guard let text = try value.requestOptionalText(path) else { return nil }
        guard let effort = ReasoningConfiguration.Effort(rawValue: text.string), effort >= .low else {
            throw .invalid(path, "must be 'low', 'medium', 'high', 'xhigh' or 'max'.")
        }
        return effort
    }

    private static func decodeFormat(
        _ value: JSONValue,
        _ path: String,
        into request: inout ModelRequest
    ) throws(GatewayError) {
        if value.isNull { return }
        guard value["type"]?.text.map({ $0 == "json_schema" }) == true else {
            throw .invalid("\(path).type", "must be 'json_schema'.")
        }
        guard let schema = value["schema"], schema.object != nil else {
            throw .invalid("\(path).schema", "must be a JSON Schema object.")
        }
        request.responseFormat = .jsonSchema(ModelRequest.ResponseFormat.Schema(schema: schema, isStrict: true))
    }
}

extension JSONValue {
    /// A member that is there and not `null`.
    func member(_ key: StaticString) -> JSONValue? {
        self[key].flatMap { $0.isNull ? nil : $0 }
    }
}
