// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

extension OpenAIResponses: ClientDialect {
    package var fieldNames: ClientFieldNames {
        ClientFieldNames(conversation: "input", answerSchema: "text.format.schema")
    }

    /// The members of a request that the hub models, and those that need what a translation does not have.
    private enum Member: Int {
        case model, input, instructions, tools, toolChoice, parallelToolCalls, maximumOutput, reasoning, text
        case temperature, topP, presencePenalty, frequencyPenalty, topLogprobs, include, metadata, serviceTier, store,
            user, safetyIdentifier
        case promptCacheKey, stream, streamOptions, background, previousResponseID, conversation, prompt
    }

    private static let members = KeyTable<Member>([
        "model": .model, "input": .input, "instructions": .instructions, "tools": .tools, "tool_choice": .toolChoice,
        "parallel_tool_calls": .parallelToolCalls, "max_output_tokens": .maximumOutput, "reasoning": .reasoning,
        "text": .text, "temperature": .temperature, "top_p": .topP, "presence_penalty": .presencePenalty,
        "frequency_penalty": .frequencyPenalty, "top_logprobs": .topLogprobs, "include": .include,
        "metadata": .metadata, "service_tier": .serviceTier, "store": .store, "user": .user,
        "safety_identifier": .safetyIdentifier, "prompt_cache_key": .promptCacheKey, "stream": .stream,
        "stream_options": .streamOptions, "background": .background, "previous_response_id": .previousResponseID,
        "conversation": .conversation, "prompt": .prompt,
    ])

    package func decodeRequest(
        _ envelope: RequestEnvelope,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ModelRequest {
        var request = ModelRequest(model: envelope.model)
        request.isStreaming = envelope.isStreaming
        // The answer's last event tells it, whoever asks.
        request.includesUsage = true
        var seen = SeenMembers<Member>()
        var found: [Member: JSONValue] = [:]
        for (key, value) in try envelope.scan.value.requestObject("The request body") {
            guard let member = Self.members[key] else {
                try request.keep(key, value)
                continue
            }
            try seen.note(member, key)
            if !value.isNull { found[member] = value }
        }
        try Self.refuseState(found)
        if let tools = found[.tools] { request.tools = try ResponsesTools.decode(tools, "tools") }
        try Self.decodeInput(found, into: &request, dropped: &dropped)
        if let choice = found[.toolChoice] { try ResponsesTools.decodeChoice(choice, into: &request) }
        try Self.decodeSettings(found, into: &request)
        try Self.decodeLabels(found, into: &request)
        return request
    }

    /// Refuses what lives at the vendor, or in the gateway before a translation.
    private static func refuseState(_ found: [Member: JSONValue]) throws(GatewayError) {
        if found[.previousResponseID] != nil {
            throw .invalid(
                "previous_response_id",
                "cannot be used with this model; send the whole conversation in 'input'."
            )
        }
        if found[.conversation] != nil {
            throw .invalid("conversation", "cannot be used with this model; send the whole conversation in 'input'.")
        }
        if found[.prompt] != nil {
            throw .invalid("prompt", "cannot be used with this model; send 'instructions' and 'input'.")
        }
        if try found[.background]?.requestFlag("background") == true {
            throw .invalid("background", "must be false for this model.")
        }
    }

    private static func decodeInput(
        _ found: [Member: JSONValue],
        into request: inout ModelRequest,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        if let instructions = try found[.instructions]?.requestText("instructions"), !instructions.isEmpty {
            request.messages.append(Message(role: .system, parts: [.text(instructions)]))
        }
        guard let input = found[.input] else {
            throw GatewayError(.invalidRequest, "The request body needs 'input'.", parameter: "input")
        }
        if let text = input.text {
            request.messages.append(Message(role: .user, parts: [.text(text)]))
            return
        }
        guard let items = input.array else { throw .invalid("input", "must be a string or an array of items.") }
        var reader = ResponsesInput(messages: request.messages, tools: request.tools)
        for item in items { try reader.read(item, dropped: &dropped) }
        request.messages = reader.messages
        request.tools = reader.tools
        guard reader.hasMessages else { throw .invalid("input", "must contain at least one item.") }
    }

    private static func decodeSettings(
        _ found: [Member: JSONValue],
        into request: inout ModelRequest
    ) throws(GatewayError) {
        request.allowsParallelToolCalls = try found[.parallelToolCalls]?.requestFlag("parallel_tool_calls")
        request.maximumOutput = try found[.maximumOutput]?.requestCount("max_output_tokens")
        request.sampling.temperature = try found[.temperature]?.requestNumber("temperature")
        request.sampling.topP = try found[.topP]?.requestNumber("top_p")
        // Not OpenAI's, but of the Open Responses specification (2026-04-24).
        request.sampling.presencePenalty = try found[.presencePenalty]?.requestNumber("presence_penalty")
        request.sampling.frequencyPenalty = try found[.frequencyPenalty]?.requestNumber("frequency_penalty")
        if let reasoning = found[.reasoning] { request.reasoning = try decodeReasoning(reasoning) }
        if let text = found[.text] { try decodeText(text, into: &request) }
        guard let include = try found[.include]?.requestArray("include") else { return }
        for name in include where name.text.map({ $0 == "message.output_text.logprobs" }) ?? false {
            request.sampling.logprobs = true
            request.sampling.topLogprobs = found[.topLogprobs]?.int
        }
    }

    private static func decodeLabels(
        _ found: [Member: JSONValue],
        into request: inout ModelRequest
    ) throws(GatewayError) {
        if let metadata = found[.metadata] {
            _ = try metadata.requestObject("metadata")
            request.metadata = metadata
        }
        request.serviceTier = try found[.serviceTier]?.requestText("service_tier")
        request.store = try found[.store]?.requestFlag("store")
        request.promptCacheKey = try found[.promptCacheKey]?.requestText("prompt_cache_key")
        request.user = try found[.user]?.requestText("user")
        // The vendor's newer name for the same; it stays in the rest for targets that know it.
        if let value = found[.safetyIdentifier] {
            let identifier = try value.requestText("safety_identifier")
            request.user = request.user ?? identifier
            try request.keep("safety_identifier", value)
        }
    }

    private static func decodeReasoning(_ value: JSONValue) throws(GatewayError) -> ReasoningConfiguration {
        var reasoning = ReasoningConfiguration()
        _ = try value.requestObject("reasoning")
        if let effort = value["effort"], !effort.isNull {
            guard let known = effort.string.flatMap(ReasoningConfiguration.Effort.init(rawValue:)) else {
                let names = ReasoningConfiguration.Effort.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
                throw .invalid("reasoning.effort", "must be one of \(names).")
            }
            reasoning.effort = known
        }
        for key in ["summary", "generate_summary"] {
            guard reasoning.summary == nil, let summary = value[key], !summary.isNull else { continue }
            guard let name = summary.string, ["auto", "concise", "detailed"].contains(name) else {
                throw .invalid("reasoning.\(key)", "must be 'auto', 'concise' or 'detailed'.")
            }
            reasoning.summary = name
            reasoning.isVisible = true
        }
        return reasoning
    }

    private static func decodeText(_ value: JSONValue, into request: inout ModelRequest) throws(GatewayError) {
        _ = try value.requestObject("text")
        request.verbosity = try value["verbosity"]?.requestOptionalText("text.verbosity")
        guard let format = value["format"], !format.isNull else { return }
        let type = format["type"]?.text
        if type == "text" { return }
        if type == "json_object" {
            request.responseFormat = .jsonObject
            return
        }
        guard type == "json_schema" else {
            throw .invalid("text.format.type", "must be 'text', 'json_object' or 'json_schema'.")
        }
        guard let schema = format["schema"], schema.object != nil else {
            throw .invalid("text.format.schema", "must be a JSON Schema object.")
        }
        request.responseFormat = .jsonSchema(
            ModelRequest.ResponseFormat.Schema(
                name: try format["name"]?.requestText("text.format.name"),
                description: try format["description"]?.requestOptionalText("text.format.description"),
                schema: schema,
                isStrict: try format["strict"]?.requestFlag("text.format.strict")
            )
        )
    }
}
