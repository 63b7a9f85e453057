// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// OpenAI responses as the simulator serves them.
///
/// Rules and shapes: PyPI `openai` 3.52.0 and OpenAI's API reference (2026-11). The simulator keeps nothing, so a `previous_response_id` is
/// never found, whatever `store` says; a reasoning item is recognised by its id or its encrypted content.
enum OpenAIResponses {
    /// A checked request.
    struct Request {
        let root: JSONValue
        var prompt: Prompt
        var isStreaming: Bool
        /// Whether summaries of reasoning are shown.
        var showsSummary: Bool
        var includesEncryptedReasoning: Bool
        var logprobs: Int?
    }

    static func script(_ body: ByteBuffer, _ simulation: Simulation) throws(Refusal) -> Script {
        let request = try request(body, shape, simulation)
        if let refusal = request.prompt.instructions.refusal { throw refusal }
        let answer = try Answer(to: request.prompt)
        return request.isStreaming
            ? streamScript(answer, request, simulation) : wholeScript(answer, request, simulation)
    }

    /// `POST /v1/responses/input_tokens`.
    static func countScript(_ body: ByteBuffer, _ simulation: Simulation) throws(Refusal) -> Script {
        let request = try request(body, countShape, simulation)
        if let refusal = request.prompt.instructions.refusal { throw refusal }
        var buffer = ByteBuffer()
        buffer.writeJSON { writer in
            writer.object { writer in
                writer.member("object", "response.input_tokens")
                writer.member("input_tokens", request.prompt.inputTokens)
            }
        }
        return .plain(buffer, vendor: .openAI, simulation.identity)
    }

    static func request(_ body: ByteBuffer, _ shape: ObjectShape, _ simulation: Simulation) throws(Refusal) -> Request {
        let root = try OpenAIRequest.root(body)
        let (model, name) = try OpenAIRequest.model(root, .openAIResponses, simulation)
        do throws(Violation) { try Shape.object(shape).check(root) } catch {
            throw OpenAIError.refusal(error)
        }
        try checkState(root)
        var prompt = try simulation.prompt(model, named: name)
        try readTools(root["tools"], path: "tools", into: &prompt)
        if let text = root["instructions"]?.text {
            prompt.instructionBytes += text.utf8Count
            prompt.inputTokens += TokenText.count(text)
        }
        prompt = try readInput(root["input"], prompt, simulation.state)
        try readChoice(root["tool_choice"], into: &prompt)
        return try readOptions(root, prompt)
    }

    /// References to earlier responses are not found.
    private static func checkState(_ root: JSONValue) throws(Refusal) {
        if let id = root["previous_response_id"]?.string {
            throw .invalid(
                "Previous response with id '\(id.prefix(128))' not found.",
                parameter: "previous_response_id",
                code: "previous_response_not_found"
            )
        }
        if let conversation = root["conversation"], !conversation.isNull {
            throw Refusal(404, "Conversation not found.", parameter: "conversation")
        }
        if root["background"]?.bool ?? false {
            throw .invalid("Background mode is not supported.", parameter: "background", code: "unsupported_parameter")
        }
        guard root["input"].map({ !$0.isNull }) ?? false || root["prompt"].map({ !$0.isNull }) ?? false else {
            throw .invalid(
                "Missing required parameter: 'input'.",
                parameter: "input",
                code: "missing_required_parameter"
            )
        }
    }

    private static func readOptions(_ root: JSONValue, _ prompt: Prompt) throws(Refusal) -> Request {
        var prompt = prompt
        let isStreaming = root["stream"]?.bool ?? false
        if let options = root["stream_options"], !options.isNull, !isStreaming {
            throw .invalid(
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                parameter: "stream_options"
            )
        }
        prompt.allowsParallelCalls = root["parallel_tool_calls"]?.bool ?? true
        prompt.maximumTokens = root["max_output_tokens"]?.int
        try OpenAIRequest.checkLimits(prompt, parameter: "max_output_tokens")
        prompt.reasoning = OpenAIRequest.reasoning(effort: root["reasoning"]?["effort"]?.string, prompt.model)
        let summary = root["reasoning"]?["summary"] ?? root["reasoning"]?["generate_summary"]
        let includes = root["include"]?.array?.compactMap(\.text) ?? []
        try readFormat(root, into: &prompt)
        return Request(
            root: root,
            prompt: prompt,
            isStreaming: isStreaming,
            showsSummary: summary.map { !$0.isNull } ?? false,
            includesEncryptedReasoning: includes.contains { $0 == "reasoning.encrypted_content" },
            logprobs: includes.contains { $0 == "message.output_text.logprobs" } ? root["top_logprobs"]?.int ?? 0 : nil
        )
    }

    private static func readFormat(_ root: JSONValue, into prompt: inout Prompt) throws(Refusal) {
        guard let format = root["text"]?["format"] else { return }
        if format["type"].isText("json_object") {
            let texts = [root["input"], root["instructions"]]
            guard texts.contains(where: { $0?.bytes.speaksOfJSON == true }) else {
                throw .invalid(
                    "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
                    parameter: "input"
                )
            }
            prompt.format = .object
        } else if let schema = format["schema"] {
            let name = format["name"]?.string ?? ""
            if let problem = SchemaCheck.problem(in: schema, isStrict: format["strict"]?.bool ?? false) {
                throw .invalid(
                    "Invalid schema for response_format '\(name)': \(problem).",
                    parameter: "text.format.schema",
                    code: "invalid_json_schema"
                )
            }
            prompt.format = .schema(schema)
        }
    }
}
