// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Google's generateContent and streamGenerateContent as the simulator serves them.
///
/// Rules and shapes: PyPI `google-genai` 3.4.0 and Google's API reference (2026-11).
enum Gemini {
    /// How a response is delivered.
    enum Delivery {
        case whole
        case serverSentEvents
        /// A JSON array that is sent piece by piece.
        case array
    }

    /// A checked request.
    struct Request {
        var prompt: Prompt
        var count: Int
        var logprobs: Int?
    }

    static func script(
        _ name: String,
        _ delivery: Delivery,
        _ body: ByteBuffer,
        _ simulation: Simulation
    ) throws(Refusal) -> Script {
        let root = try root(body)
        let model = try model(
            name,
            method: delivery == .whole ? "generateContent" : "streamGenerateContent",
            simulation
        )
        do throws(Violation) { try Shape.object(shape).check(root) } catch { throw GeminiError.refusal(error) }
        let request = try request(root, model, name, simulation)
        if let refusal = request.prompt.instructions.refusal { throw refusal }
        var answers: [Answer] = []
        for index in 0..<request.count { answers.append(try Answer(to: request.prompt, alternative: index)) }
        switch delivery {
        case .whole: return wholeScript(answers, request, simulation)
        case .serverSentEvents, .array: return streamScript(answers, request, delivery, simulation)
        }
    }

    /// `countTokens`.
    static func countScript(_ name: String, _ body: ByteBuffer, _ simulation: Simulation) throws(Refusal) -> Script {
        let root = try root(body)
        let model = try model(name, method: "countTokens", simulation)
        do throws(Violation) { try Shape.object(countShape).check(root) } catch { throw GeminiError.refusal(error) }
        let inner = root["generateContentRequest"] ?? root["generate_content_request"] ?? root
        guard inner["contents"] != nil else {
            throw .invalid("* CountTokensRequest.contents: contents is not specified\n", parameter: "contents")
        }
        let request = try request(inner, model, name, simulation)
        if let refusal = request.prompt.instructions.refusal { throw refusal }
        var buffer = ByteBuffer()
        buffer.writeJSON { writer in
            writer.object { writer in
                writer.member("totalTokens", request.prompt.inputTokens)
                writer.member("promptTokensDetails") { writeDetails(request.prompt, into: &$0) }
            }
        }
        return .plain(buffer, vendor: .gemini, simulation.identity)
    }

    private static func root(_ body: ByteBuffer) throws(Refusal) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(validating: body)
        } catch {
            throw .invalid("Invalid JSON payload received. \(error)")
        }
    }

    private static func model(
        _ name: String,
        method: String,
        _ simulation: Simulation
    ) throws(Refusal) -> SimulatedModel {
        guard let model = simulation.model(named: name, for: .geminiGenerateContent) else {
            throw Refusal(
                404,
                "models/\(name.prefix(128)) is not found for API version v1beta, or is not supported for \(method). Call ModelService.ListModels to see the list of available models and their supported methods."
            )
        }
        return model
    }

    private static func request(
        _ root: JSONValue,
        _ model: SimulatedModel,
        _ name: String,
        _ simulation: Simulation
    ) throws(Refusal) -> Request {
        var prompt = try simulation.prompt(model, named: name)
        try readTools(root, into: &prompt)
        if let instruction = root.member("systemInstruction", "system_instruction") {
            for text in instruction["parts"]?.array?.compactMap({ $0["text"]?.text }) ?? [] {
                prompt.instructionBytes += text.utf8Count
                prompt.inputTokens += TokenText.count(text)
            }
        }
        var reader = GeminiContentReader(prompt: prompt, state: simulation.state)
        for (index, content) in root["contents"].elements.enumerated() { try reader.read(content, index) }
        prompt = try reader.finish()
        return try readConfiguration(root.member("generationConfig", "generation_config"), prompt)
    }

    private static func readConfiguration(_ config: JSONValue?, _ prompt: Prompt) throws(Refusal) -> Request {
        var prompt = prompt
        if let context = prompt.model.limits.context, prompt.inputTokens > context {
            throw .invalid(
                "The input token count (\(prompt.inputTokens)) exceeds the maximum number of tokens allowed (\(context))."
            )
        }
        prompt.instructions.share(among: config?.member("candidateCount", "candidate_count")?.int ?? 1)
        prompt.maximumTokens = config?.protoInt("maxOutputTokens", "max_output_tokens")
        if let limit = prompt.maximumTokens, let most = prompt.model.limits.maximumOutput, limit > most || limit < 1 {
            throw .invalid(
                "Unable to submit request because it has a maxOutputTokens value of \(limit) but the supported range is from 1 (inclusive) to \(most + 1) (exclusive).",
                parameter: "generation_config.max_output_tokens"
            )
        }
        prompt.stop = config?.member("stopSequences", "stop_sequences")?.array?.compactMap(\.string) ?? []
        try readThinking(config?.member("thinkingConfig", "thinking_config"), into: &prompt)
        try readFormat(config, into: &prompt)
        let wantsLogprobs = config?.member("responseLogprobs", "response_logprobs")?.bool ?? false
        if config?["logprobs"] != nil, !wantsLogprobs {
            throw .invalid(
                "Logprobs may only be set when response_logprobs is true.",
                parameter: "generation_config.logprobs"
            )
        }
        return Request(
            prompt: prompt,
            count: config?.member("candidateCount", "candidate_count")?.int ?? 1,
            logprobs: wantsLogprobs ? config?["logprobs"]?.int ?? 0 : nil
        )
    }

    /// Reads how much the model may reason; by default the simulator's models do not.
    private static func readThinking(_ config: JSONValue?, into prompt: inout Prompt) throws(Refusal) {
        guard let config else { return }
        let budget = config.member("thinkingBudget", "thinking_budget")?.int
        let level = config.member("thinkingLevel", "thinking_level")?.string?.uppercased()
        if budget != nil, level != nil {
            throw .invalid("You can only set only one of thinking budget and thinking level.")
        }
        guard prompt.model.capabilities.contains(.reasoning) else {
            throw .invalid("Thinking is not enabled for models/\(prompt.modelName)")
        }
        let depth: Int
        switch level {
        case "MINIMAL", "LOW": depth = 1
        case "HIGH": depth = 3
        case "XHIGH": depth = 5
        default: depth = 2
        }
        guard budget != 0 else { return }
        prompt.reasoning = Prompt.Reasoning(
            depth: depth,
            limit: budget.flatMap { $0 > 0 ? $0 : nil },
            isShown: config.member("includeThoughts", "include_thoughts")?.bool ?? false
        )
    }

    private static func readFormat(_ config: JSONValue?, into prompt: inout Prompt) throws(Refusal) {
        let type = config?.member("responseMimeType", "response_mime_type")?.string ?? "text/plain"
        let own = config?.member("responseSchema", "response_schema")
        let full = config?.member("responseJsonSchema", "response_json_schema")
        if own != nil, full != nil {
            throw .invalid(
                "Only one of response_schema and response_json_schema may be set.",
                parameter: "generation_config"
            )
        }
        if let own { try checkSchema(own, at: [.member("generationConfig"), .member("responseSchema")]) }
        if let full, let problem = SchemaCheck.problem(in: full) {
            throw .invalid(
                "Invalid response_json_schema: \(problem).",
                parameter: "generation_config.response_json_schema"
            )
        }
        guard type != "text/plain" else {
            if own != nil || full != nil {
                throw .invalid(
                    "Response schema is only supported with response_mime_type application/json.",
                    parameter: "generation_config"
                )
            }
            return
        }
        if let schema = full ?? own { prompt.format = .schema(schema) } else { prompt.format = .object }
    }
}

extension JSONValue {
    /// The field under either of its two spellings.
    func member(_ camelCase: StaticString, _ snakeCase: StaticString) -> JSONValue? {
        self[camelCase] ?? self[snakeCase]
    }

    /// A whole number, which may be written as a string.
    func protoInt(_ camelCase: StaticString, _ snakeCase: StaticString) -> Int? {
        guard let value = member(camelCase, snakeCase) else { return nil }
        return value.int ?? value.string.flatMap { Int($0) }
    }
}
