// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension Gemini: UpstreamDialect {
    package func features(of target: TranslationTarget) -> UpstreamFeatures {
        [.jsonSchema, .jsonObject, .stopSequences, .dottedToolNames]
    }

    package func writeRequest(
        _ request: ModelRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        let model = GeminiModel(target.capabilities)
        let conversation = Conversation(request.messages, dropped: &dropped)
        var parts = GeminiPartWriter(conversation, to: target, model)
        writer.beginObject()
        if !conversation.system.isEmpty {
            writer.beginMember("systemInstruction")
            writer.key("parts")
            writer.beginArray()
            for part in conversation.system {
                if let text = part.text { writer.object { $0.member("text", text) } }
            }
            writer.endArray()
            writer.endObject()
        }
        writer.key("contents")
        writer.beginArray()
        var isEmpty = true
        for turn in conversation.turns where try parts.write(turn, into: &writer) { isEmpty = false }
        writer.endArray()
        guard !isEmpty else {
            throw .invalid("messages", "must contain a user message that is not empty for this model.")
        }
        for name in parts.dropped.names { dropped.note(name) }
        var bounds = GeminiSchemaBounds()
        try Self.writeTools(of: request, for: model, within: &bounds, into: &writer, dropped: &dropped)
        try Self.writeGenerationConfig(of: request, for: model, within: &bounds, into: &writer, dropped: &dropped)
        Self.writeServiceTier(of: request, into: &writer, dropped: &dropped)
        if request.verbosity != nil { dropped.note("verbosity") }
        if request.origin == format {
            if let labels = request.metadata { writer.member("labels", labels) }
            if let store = request.store { writer.member("store", store) }
            for (key, value) in request.rest where !key.hasPrefix(GeminiGenerationConfig.prefix) {
                writer.copy(key, value)
            }
        } else {
            dropped.note(rest: request.rest)
        }
        writer.endObject()
    }

    // MARK: Tools

    private static func writeTools(
        of request: ModelRequest,
        for model: GeminiModel,
        within bounds: inout GeminiSchemaBounds,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        guard !request.tools.isEmpty else { return }
        var functions: [ModelRequest.Tool] = []
        var hosted: [(type: JSONString, definition: JSONValue)] = []
        for tool in request.tools {
            switch tool.kind {
            case .function, .custom: functions.append(tool)
            case .hosted(let type, let definition):
                if request.origin == .geminiGenerateContent {
                    hosted.append((type, definition))
                } else {
                    dropped.note("tools[] of type \(DroppedMembers.printable(type))")
                }
            }
        }
        guard !functions.isEmpty || !hosted.isEmpty else { return }
        writer.key("tools")
        writer.beginArray()
        for (type, definition) in hosted {
            writer.object { writer in
                writer.key(type)
                writer.value(definition)
            }
        }
        if !functions.isEmpty {
            writer.beginObject()
            writer.key("functionDeclarations")
            writer.beginArray()
            for tool in functions { try write(tool, for: model, within: &bounds, into: &writer, dropped: &dropped) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        guard !functions.isEmpty else { return }
        if request.allowsParallelToolCalls == false { dropped.note("parallel_tool_calls") }
        if let choice = request.toolChoice { write(choice, into: &writer) }
    }

    private static func write(
        _ tool: ModelRequest.Tool,
        for model: GeminiModel,
        within bounds: inout GeminiSchemaBounds,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        writer.beginObject()
        writer.member("name", tool.name)
        tool.writeDescription(into: &writer)
        if let parameters = tool.parameters {
            let owner = GeminiSchemaOwner.tool(tool.name)
            if model.takesJSONSchema {
                writer.key("parametersJsonSchema")
                try write(jsonSchema: parameters, of: owner, within: &bounds, into: &writer, dropped: &dropped)
            } else if parameters["properties"]?.object.map({ !$0.isEmpty }) == true {
                // A function without parameters must have no schema there.
                writer.key("parameters")
                try write(subset: parameters, of: owner, within: &bounds, into: &writer, dropped: &dropped)
            }
        }
        if tool.isStrict == true { dropped.note("tools[].function.strict") }
        writer.endObject()
    }

    private static func write(
        jsonSchema schema: JSONValue,
        of owner: GeminiSchemaOwner,
        within bounds: inout GeminiSchemaBounds,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        guard writer.excess == nil else { return }
        writer.value(try GeminiSchemaWriter.jsonSchema(schema, of: owner, within: &bounds, dropped: &dropped))
    }

    private static func write(
        subset schema: JSONValue,
        of owner: GeminiSchemaOwner,
        within bounds: inout GeminiSchemaBounds,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        guard writer.excess == nil else { return }
        writer.value(try GeminiSchemaWriter.subset(schema, of: owner, within: &bounds, dropped: &dropped))
    }

    private static func write(_ choice: ModelRequest.ToolChoice, into writer: inout JSONWriter) {
        var names: [JSONString] = []
        let mode: StaticString
        switch choice {
        case .auto: mode = "AUTO"
        case .none: mode = "NONE"
        case .required: mode = "ANY"
        case .tool(let name):
            mode = "ANY"
            names = [name]
        case .allowed(let allowed, let isRequired):
            // Names are only allowed beside `ANY` and `VALIDATED`; the latter leaves words to the model, as `AUTO` does
            // (ai.google.dev/gemini-api/docs/function-calling, 2026-11).
            mode = isRequired ? "ANY" : "VALIDATED"
            names = allowed
        }
        writer.beginMember("toolConfig")
        writer.beginMember("functionCallingConfig")
        writer.member("mode", mode)
        if !names.isEmpty {
            writer.member("allowedFunctionNames", array: { writer in for name in names { writer.string(name) } })
        }
        writer.endObject()
        writer.endObject()
    }

    // MARK: Configuration

    /// The most that the vendor takes (ai.google.dev/api/generate-content, 2026-11).
    private static let maximumStopSequences = 5

    private static func writeGenerationConfig(
        of request: ModelRequest,
        for model: GeminiModel,
        within bounds: inout GeminiSchemaBounds,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        let sampling = request.sampling
        writer.beginMember("generationConfig")
        if let maximum = request.maximumOutput { writer.member("maxOutputTokens", maximum) }
        if let temperature = sampling.temperature { writer.member("temperature", temperature) }
        if let topP = sampling.topP { writer.member("topP", topP) }
        if let topK = sampling.topK { writer.member("topK", topK) }
        if let penalty = sampling.frequencyPenalty { writer.member("frequencyPenalty", penalty) }
        if let penalty = sampling.presencePenalty { writer.member("presencePenalty", penalty) }
        if let seed = sampling.seed { write(seed: seed, into: &writer) }
        if let count = sampling.candidateCount, count > 1 { writer.member("candidateCount", count) }
        if sampling.logprobs == true {
            writer.member("responseLogprobs", true)
            if let count = sampling.topLogprobs, count > 0 { writer.member("logprobs", count) }
        }
        let stop = request.stop.filter { !$0.isEmpty }
        if !stop.isEmpty {
            if stop.count > maximumStopSequences { dropped.note("stop sequences beyond \(maximumStopSequences)") }
            writer.member(
                "stopSequences",
                array: { writer in
                    for text in stop.prefix(maximumStopSequences) { writer.string(text) }
                }
            )
        }
        try writeFormat(of: request, for: model, within: &bounds, into: &writer, dropped: &dropped)
        GeminiThinking.encode(request.reasoning, for: model, into: &writer, dropped: &dropped)
        if request.origin == .geminiGenerateContent {
            for (key, value) in request.rest where key.hasPrefix(GeminiGenerationConfig.prefix) {
                writer.key(String(key.string.dropFirst(GeminiGenerationConfig.prefix.utf8CodeUnitCount)))
                writer.value(value)
            }
        }
        writer.endObject()
    }

    /// A seed has 32 bits here; a larger one is folded, so that the same one stays the same.
    private static func write(seed: JSONNumber, into writer: inout JSONWriter) {
        if let int = seed.int, Int32(exactly: int) == nil {
            writer.member("seed", Int(Int32(truncatingIfNeeded: int)))
        } else {
            writer.member("seed", seed)
        }
    }

    private static func writeFormat(
        of request: ModelRequest,
        for model: GeminiModel,
        within bounds: inout GeminiSchemaBounds,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        if case .text = request.responseFormat { return }
        guard model.takesFormatBesideTools || request.tools.isEmpty else { return dropped.note("response_format") }
        writer.member("responseMimeType", "application/json")
        guard case .jsonSchema(let schema) = request.responseFormat else { return }
        let owner = GeminiSchemaOwner.answer(request.fieldNames.answerSchema)
        if model.takesJSONSchema {
            writer.key("responseJsonSchema")
            try write(jsonSchema: schema.schema, of: owner, within: &bounds, into: &writer, dropped: &dropped)
        } else {
            writer.key("responseSchema")
            try write(subset: schema.schema, of: owner, within: &bounds, into: &writer, dropped: &dropped)
        }
    }

    /// The tiers of PyPI `google-genai` 3.4.0 (2026-11): `flex`, `standard`, `priority`.
    private static func writeServiceTier(
        of request: ModelRequest,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        switch request.serviceTier?.string {
        case "flex": writer.member("serviceTier", "flex")
        case "priority": writer.member("serviceTier", "priority")
        case "standard", "standard_only": writer.member("serviceTier", "standard")
        case nil, "auto", "default": break
        default: dropped.note("service_tier")
        }
    }
}
