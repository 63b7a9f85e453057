// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Anthropic's Messages API as the simulator serves it.
///
/// Rules and shapes: PyPI `anthropic` 2.11.0 and Anthropic's API reference (2026-11).
enum AnthropicMessages {
    /// A checked request.
    struct Request {
        var prompt: Prompt
        var isStreaming: Bool
        /// Whether reasoning is requested, and must then come back with tool calls.
        var thinking: Thinking
        var serviceTier: String?
        /// Whether Bedrock is asked for the stop sequence that was met.
        var tellsStopSequence = false
    }

    enum Thinking: Equatable {
        case disabled
        /// With a budget: the last assistant turn of a tool loop must begin with its reasoning.
        case enabled
        case adaptive
    }

    static func script(_ body: ByteBuffer, betas: [Substring], _ simulation: Simulation) throws(Refusal) -> Script {
        let request = try request(body, betas: betas, isCount: false, simulation)
        if let refusal = request.prompt.instructions.refusal { throw refusal }
        let answer = try Answer(to: request.prompt)
        return request.isStreaming
            ? streamScript(answer, request, simulation) : wholeScript(answer, request, simulation)
    }

    /// `count_tokens`.
    static func countScript(_ body: ByteBuffer, betas: [Substring], _ simulation: Simulation) throws(Refusal) -> Script
    {
        let request = try request(body, betas: betas, isCount: true, simulation)
        if let refusal = request.prompt.instructions.refusal { throw refusal }
        var buffer = ByteBuffer()
        buffer.writeJSON { writer in writer.object { $0.member("input_tokens", request.prompt.inputTokens) } }
        return .plain(buffer, vendor: .anthropic, simulation.identity)
    }

    private static func request(
        _ body: ByteBuffer,
        betas: [Substring],
        isCount: Bool,
        _ simulation: Simulation
    ) throws(Refusal) -> Request {
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONValue(validating: body)
        } catch {
            throw .invalid("The request body is not valid JSON: \(error)")
        }
        guard let object = root.object else { throw .invalid("The request body must be a JSON object") }
        try AnthropicBetas.check(betas)
        do throws(Violation) {
            try (isCount ? countShape : betas.isEmpty ? shape : betaShape).check(object)
        } catch {
            throw AnthropicError.refusal(error)
        }
        let name = root["model"]?.string ?? ""
        guard let model = simulation.model(named: name, for: .anthropicMessages) else {
            throw Refusal(404, "model: \(name)")
        }
        var prompt = try simulation.prompt(model, named: name)
        prompt.announcesCalls = true
        let thinking = try readThinking(root, betas: betas, isCount: isCount, into: &prompt)
        try readTools(root, thinking: thinking, into: &prompt)
        try readSystem(root, into: &prompt)
        try readMessages(root, thinking: thinking, state: simulation.state, into: &prompt)
        try readOptions(root, isCount: isCount, into: &prompt)
        return Request(
            prompt: prompt,
            isStreaming: root["stream"]?.bool ?? false,
            thinking: thinking,
            serviceTier: root["service_tier"]?.string
        )
    }

    private static func readSystem(_ root: JSONValue, into prompt: inout Prompt) throws(Refusal) {
        guard let system = root["system"] else { return }
        if let text = system.text { return note(text, in: &prompt) }
        for block in root["system"].elements {
            guard let text = block["text"]?.text else { continue }
            guard !text.isEmpty else { throw .invalid("system: text content blocks must be non-empty") }
            note(text, in: &prompt)
            AnthropicCache.note(block, in: &prompt)
        }
    }

    /// Counts a text of the system.
    static func note(_ text: JSONString, in prompt: inout Prompt) {
        prompt.instructionBytes += text.utf8Count
        prompt.inputTokens += TokenText.count(text)
    }

    private static func readOptions(_ root: JSONValue, isCount: Bool, into prompt: inout Prompt) throws(Refusal) {
        prompt.maximumTokens = root["max_tokens"]?.int
        if let limit = prompt.maximumTokens, let most = prompt.model.limits.maximumOutput, limit > most {
            throw .invalid(
                "max_tokens: \(limit) > \(most), which is the maximum allowed number of output tokens for \(prompt.modelName)"
            )
        }
        if let context = prompt.model.limits.context, prompt.inputTokens > context {
            throw .invalid("prompt is too long: \(prompt.inputTokens) tokens > \(context) maximum")
        }
        if prompt.model.isClaude47 {
            for (name, value) in [
                ("temperature", root["temperature"]), ("top_p", root["top_p"]), ("top_k", root["top_k"]),
            ]
            where value != nil {
                throw .invalid("\(name): this model has no sampling parameters")
            }
        }
        for (index, sequence) in (root["stop_sequences"]?.array?.compactMap(\.string) ?? []).enumerated() {
            guard sequence.contains(where: { !$0.isWhitespace }) else {
                throw .invalid("stop_sequences.\(index): each stop sequence must contain non-whitespace")
            }
            prompt.stop.append(sequence)
        }
        if let schema = root["output_config"]?["format"]?["schema"] {
            if let problem = SchemaCheck.problem(in: schema) {
                throw .invalid("output_config.format.schema: \(problem)")
            }
            prompt.format = .schema(schema)
        }
        AnthropicCache.settle(root, in: &prompt)
    }
}
