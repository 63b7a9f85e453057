// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// OpenAI chat completions as the simulator serves them.
///
/// Rules and shapes: PyPI `openai` 3.52.0 and OpenAI's API reference (2026-11). Deviations: `max_tokens` and `temperature` are taken by every model, since
/// clients of Databricks send them.
enum OpenAIChat {
    /// A checked request.
    struct Request {
        var prompt: Prompt
        var isStreaming: Bool
        /// Whether the stream ends with a chunk that has the usage.
        var includesUsage: Bool
        var count: Int
        var logprobs: Int?
        /// As asked for; the response says which tier served it.
        var serviceTier: String?
    }

    static func script(_ body: ByteBuffer, _ simulation: Simulation) throws(Refusal) -> Script {
        let request = try request(body, simulation)
        if let refusal = request.prompt.instructions.refusal { throw refusal }
        var answers: [Answer] = []
        for index in 0..<request.count { answers.append(try Answer(to: request.prompt, alternative: index)) }
        return request.isStreaming
            ? streamScript(answers, request, simulation) : wholeScript(answers, request, simulation)
    }

    private static func request(_ body: ByteBuffer, _ simulation: Simulation) throws(Refusal) -> Request {
        let root = try OpenAIRequest.root(body)
        let (model, name) = try OpenAIRequest.model(root, .openAIChat, simulation)
        do throws(Violation) {
            try Shape.object(model.isOpenModel ? openShape : shape).check(root)
        } catch {
            throw OpenAIError.refusal(error)
        }
        var prompt = try simulation.prompt(model, named: name)
        try readTools(root, into: &prompt)
        try readMessages(root, into: &prompt)
        prompt.instructions.share(among: root["n"]?.int ?? 1)
        return try readOptions(root, prompt)
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
        let limit = root["max_tokens"]?.int
        let newLimit = root["max_completion_tokens"]?.int
        if limit != nil, newLimit != nil {
            throw .invalid(
                "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
                parameter: "max_tokens"
            )
        }
        prompt.maximumTokens = newLimit ?? limit
        try OpenAIRequest.checkLimits(prompt, parameter: newLimit == nil ? "max_tokens" : "max_completion_tokens")
        if let stop = root["stop"] { prompt.stop = stop.string.map { [$0] } ?? stop.array?.compactMap(\.string) ?? [] }
        let wantsLogprobs = root["logprobs"]?.bool ?? false
        if root["top_logprobs"]?.int != nil, !wantsLogprobs {
            throw .invalid("'top_logprobs' is only allowed when 'logprobs' is enabled.", parameter: "top_logprobs")
        }
        prompt.reasoning = OpenAIRequest.reasoning(effort: root["reasoning_effort"]?.string, prompt.model)
        try readFormat(root, into: &prompt)
        return Request(
            prompt: prompt,
            isStreaming: isStreaming,
            includesUsage: root["stream_options"]["include_usage"]?.bool ?? false && !prompt.instructions.withoutUsage,
            count: root["n"]?.int ?? 1,
            logprobs: wantsLogprobs ? root["top_logprobs"]?.int ?? 0 : nil,
            serviceTier: root["service_tier"]?.string
        )
    }

    private static func readFormat(_ root: JSONValue, into prompt: inout Prompt) throws(Refusal) {
        guard let format = root["response_format"] else { return }
        if format["type"].isText("json_object") {
            // OpenAI refuses JSON mode unless the conversation speaks of JSON, since models then ramble on.
            guard root["messages"]?.bytes.speaksOfJSON == true else {
                throw .invalid(
                    "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
                    parameter: "messages"
                )
            }
            prompt.format = .object
        } else if let definition = format["json_schema"] {
            let schema = definition["schema"] ?? JSONValue { $0.raw("{}") }
            let name = definition["name"]?.string ?? ""
            if let problem = SchemaCheck.problem(in: schema, isStrict: definition["strict"]?.bool ?? false) {
                throw .invalid(
                    "Invalid schema for response_format '\(name)': \(problem).",
                    parameter: "response_format",
                    code: nil
                )
            }
            prompt.format = .schema(schema)
        }
    }
}
