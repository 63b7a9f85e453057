// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

extension OpenAIChat: ClientDialect {
    /// Databricks' variant reports usage in every chunk.
    package func alwaysReportsUsage(_ apiType: APIType) -> Bool { apiType == .mlflowChat }

    /// The members of a request that the hub models.
    private enum Member: Int {
        case model, messages, stream, streamOptions, tools, toolChoice, parallelToolCalls, temperature, topP, topK
        case frequencyPenalty, presencePenalty, seed, candidateCount, stop, maxTokens, maxCompletionTokens, user
        case functions, functionCall, reasoningEffort, thinking, reasoning, responseFormat, logprobs, topLogprobs
        case serviceTier, metadata, store, promptCacheKey, cacheControl, verbosity
    }

    private static let members = KeyTable<Member>([
        "model": .model, "messages": .messages, "stream": .stream, "stream_options": .streamOptions,
        "tools": .tools, "tool_choice": .toolChoice, "parallel_tool_calls": .parallelToolCalls,
        "temperature": .temperature, "top_p": .topP, "top_k": .topK, "frequency_penalty": .frequencyPenalty,
        "presence_penalty": .presencePenalty, "seed": .seed, "n": .candidateCount, "stop": .stop,
        "max_tokens": .maxTokens, "max_completion_tokens": .maxCompletionTokens, "user": .user,
        "functions": .functions, "function_call": .functionCall, "reasoning_effort": .reasoningEffort,
        "thinking": .thinking, "reasoning": .reasoning, "response_format": .responseFormat, "logprobs": .logprobs,
        "top_logprobs": .topLogprobs, "service_tier": .serviceTier, "metadata": .metadata, "store": .store,
        "prompt_cache_key": .promptCacheKey, "cache_control": .cacheControl,
        "verbosity": .verbosity,
    ])

    package func decodeRequest(
        _ envelope: RequestEnvelope,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> ModelRequest {
        var request = ModelRequest(model: envelope.model)
        request.isStreaming = envelope.isStreaming
        request.origin = format
        var seen = SeenMembers<Member>()
        var older = OlderTools()
        var maximumTokens: Int?
        for (key, value) in try envelope.scan.value.requestObject("The request body") {
            guard let member = Self.members[key] else {
                try request.keep(key, value)
                continue
            }
            try seen.note(member, key)
            switch member {
            case .model, .stream: break
            case .messages: request.messages = try ChatMessages.decode(value, dropped: &dropped)
            case .streamOptions: request.includesUsage = value["include_usage"]?.bool == true
            case .tools: request.tools = value.isNull ? [] : try ChatTools.decode(value)
            case .toolChoice: request.toolChoice = value.isNull ? nil : try ChatTools.choice(value)
            case .parallelToolCalls:
                request.allowsParallelToolCalls = try value.requestFlag("parallel_tool_calls")
            case .temperature: request.sampling.temperature = try value.requestNumber("temperature")
            case .topP: request.sampling.topP = try value.requestNumber("top_p")
            case .topK: request.sampling.topK = try value.requestNumber("top_k")
            case .frequencyPenalty: request.sampling.frequencyPenalty = try value.requestNumber("frequency_penalty")
            case .presencePenalty: request.sampling.presencePenalty = try value.requestNumber("presence_penalty")
            case .seed: request.sampling.seed = try value.requestNumber("seed")
            case .candidateCount: request.sampling.candidateCount = try value.requestCount("n")
            case .stop: request.stop = try Self.decodeStop(value)
            case .maxTokens: maximumTokens = try value.requestCount("max_tokens")
            case .maxCompletionTokens: request.maximumOutput = try value.requestCount("max_completion_tokens")
            case .user: request.user = try value.requestOptionalText("user")
            case .functions: older.tools = value.isNull ? [] : try ChatTools.decode(functions: value)
            case .functionCall: older.choice = value.isNull ? nil : try ChatTools.choice(ofFunctionCall: value)
            case .reasoningEffort, .thinking, .reasoning:
                try Self.decodeReasoning(member, value, into: &request.reasoning)
            case .responseFormat: try Self.decodeResponseFormat(key, value, into: &request)
            case .logprobs: request.sampling.logprobs = try value.requestFlag("logprobs")
            case .topLogprobs: request.sampling.topLogprobs = try Self.decodeTopLogprobs(value)
            case .serviceTier: request.serviceTier = try value.requestOptionalText("service_tier")
            case .metadata:
                guard value.isNull || value.object != nil else { throw .invalid("metadata", "must be an object.") }
                request.metadata = value.isNull ? nil : value
            case .store: request.store = try value.requestFlag("store")
            case .promptCacheKey: request.promptCacheKey = try value.requestOptionalText("prompt_cache_key")
            case .verbosity: request.verbosity = try value.requestOptionalText("verbosity")
            case .cacheControl: request.cacheControl = value.isNull ? nil : value
            }
        }
        guard seen.contains(.messages) else {
            throw GatewayError(.invalidRequest, "The request body needs 'messages'.", parameter: "messages")
        }
        // The older name of the same limit.
        if request.maximumOutput == nil { request.maximumOutput = maximumTokens }
        // The vendor's newer name for the same; it stays in the rest for targets of this format.
        if request.user == nil {
            request.user = request.rest.first { $0.key == "safety_identifier" }?.value.text
        }
        if !older.tools.isEmpty {
            request.tools += older.tools
            // Their answers have room for one call, whatever the client says of several.
            if request.tools.count == older.tools.count { request.allowsParallelToolCalls = false }
        }
        if request.toolChoice == nil { request.toolChoice = older.choice }
        if case .allowed? = request.toolChoice, request.allowedTools.isEmpty {
            throw .invalid("tool_choice.allowed_tools.tools", "must name one of the tools.")
        }
        return request
    }

    /// What came before `tools` and `tool_choice`.
    private struct OlderTools {
        var tools: [ModelRequest.Tool] = []
        var choice: ModelRequest.ToolChoice?
    }

    private static func decodeTopLogprobs(_ value: JSONValue) throws(GatewayError) -> Int? {
        if value.isNull { return nil }
        guard let count = value.int, (0...20).contains(count) else {
            throw .invalid("top_logprobs", "must be an integer from 0 to 20.")
        }
        return count
    }

    // MARK: Reasoning

    /// Reads what asks for reasoning: OpenAI's `reasoning_effort`, Databricks' `thinking`, OpenRouter's `reasoning`.
    private static func decodeReasoning(
        _ member: Member,
        _ value: JSONValue,
        into reasoning: inout ReasoningConfiguration
    ) throws(GatewayError) {
        if value.isNull { return }
        switch member {
        case .reasoningEffort: reasoning.effort = try effort(value, "reasoning_effort")
        case .thinking:
            let type = try value.requestObject("thinking")["type"]?.text
            if type == "enabled" {
                reasoning.mode = .enabled
            } else if type == "disabled" {
                reasoning.mode = .disabled
            } else if type == "adaptive" {
                reasoning.mode = .adaptive
            } else {
                throw .invalid("thinking.type", "must be 'enabled', 'disabled' or 'adaptive'.")
            }
            if reasoning.mode != .disabled {
                reasoning.budget = try value["budget_tokens"]?.requestCount("thinking.budget_tokens")
            }
            if let display = value["display"]?.text { reasoning.isVisible = display != "omitted" }
        default:
            _ = try value.requestObject("reasoning")
            if let level = value["effort"], !level.isNull {
                reasoning.effort = try effort(level, "reasoning.effort")
            }
            if let budget = try value["max_tokens"]?.requestCount("reasoning.max_tokens") { reasoning.budget = budget }
            if let isEnabled = try value["enabled"]?.requestFlag("reasoning.enabled") {
                reasoning.mode = isEnabled ? reasoning.mode ?? .enabled : .disabled
            }
            if try value["exclude"]?.requestFlag("reasoning.exclude") == true { reasoning.isVisible = false }
            reasoning.summary = value["summary"]?.string
        }
    }

    private static func effort(
        _ value: JSONValue,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> ReasoningConfiguration.Effort {
        guard let effort = value.string.flatMap(ReasoningConfiguration.Effort.init(rawValue:)) else {
            let names = ReasoningConfiguration.Effort.allCases.map { "'\($0.rawValue)'" }
            throw .invalid(path(), "must be one of \(names.joined(separator: ", ")).")
        }
        return effort
    }

    // MARK: Response format

    private static func decodeResponseFormat(
        _ key: JSONString,
        _ value: JSONValue,
        into request: inout ModelRequest
    ) throws(GatewayError) {
        if value.isNull { return }
        guard let type = try value.requestObject("response_format")["type"]?.text else {
            throw .invalid("response_format.type", "is missing.")
        }
        if type == "text" {
            request.responseFormat = .text
        } else if type == "json_object" {
            request.responseFormat = .jsonObject
            // As Together, Fireworks and others take it.
            if let schema = value["schema"], schema.object != nil {
                request.responseFormat = .jsonSchema(ModelRequest.ResponseFormat.Schema(schema: schema))
            }
        } else if type == "json_schema" {
            let path = "response_format.json_schema"
            guard let format = value["json_schema"], format.object != nil else {
                throw .invalid(path, "must be an object.")
            }
            guard let schema = format["schema"], schema.object != nil else {
                throw .invalid("\(path).schema", "must be a JSON Schema object.")
            }
            request.responseFormat = .jsonSchema(
                ModelRequest.ResponseFormat.Schema(
                    name: try format["name"]?.requestOptionalText("\(path).name"),
                    description: try format["description"]?.requestOptionalText("\(path).description"),
                    schema: schema,
                    isStrict: try format["strict"]?.requestFlag("\(path).strict")
                )
            )
        } else {
            // A grammar or the like, which only servers of this format know.
            try request.keep(key, value)
        }
    }

    private static func decodeStop(_ value: JSONValue) throws(GatewayError) -> [JSONString] {
        if value.isNull { return [] }
        if let text = value.text { return [text] }
        guard let array = value.array else { throw .invalid("stop", "must be a string or an array of strings.") }
        var stop: [JSONString] = []
        for element in array { stop.append(try element.requestText("stop[\(stop.count)]")) }
        return stop
    }
}
