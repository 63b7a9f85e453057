// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Amazon Bedrock's Converse and ConverseStream as the simulator serves them.
///
/// Rules and shapes: botocore 1.43.11 and the Bedrock user guide (2026-11). Where the guide is silent, refusals are those that users report.
enum BedrockConverse {
    static func script(
        _ name: String,
        isStreaming: Bool,
        _ body: ByteBuffer,
        _ simulation: Simulation
    ) throws(Refusal) -> Script {
        let root = try BedrockError.root(body)
        do throws(Violation) { try Shape.object(shape).check(root) } catch { throw BedrockError.refusal(error) }
        let request = try request(name, root, isStreaming: isStreaming, simulation)
        if let refusal = request.prompt.instructions.refusal { throw refusal }
        let answer = try Answer(to: request.prompt)
        return isStreaming ? streamScript(answer, request, simulation) : wholeScript(answer, request, simulation)
    }

    /// `CountTokens`: for Claude alone, and only by the ids of foundation models.
    static func countScript(_ name: String, _ body: ByteBuffer, _ simulation: Simulation) throws(Refusal) -> Script {
        let root = try BedrockError.root(body)
        do throws(Violation) { try Shape.object(countShape).check(root) } catch { throw BedrockError.refusal(error) }
        guard name.hasPrefix("anthropic.claude-"), simulation.catalog.model(onBedrock: name) != nil else {
            throw .invalid("The provided model doesn't support counting tokens.")
        }
        guard let converse = root["input"]?["converse"] else {
            throw .invalid("The simulator counts the tokens of Converse requests alone.")
        }
        let request = try request(name, converse, isStreaming: false, isCount: true, simulation)
        if let refusal = request.prompt.instructions.refusal { throw refusal }
        var buffer = ByteBuffer()
        buffer.writeJSON { writer in writer.object { $0.member("inputTokens", request.prompt.inputTokens) } }
        return .plain(buffer, vendor: .amazon, simulation.identity)
    }

    private static func request(
        _ name: String,
        _ root: JSONValue,
        isStreaming: Bool,
        isCount: Bool = false,
        _ simulation: Simulation
    ) throws(Refusal) -> AnthropicMessages.Request {
        guard let model = simulation.catalog.model(onBedrock: name) else {
            throw .invalid("The provided model identifier is invalid.")
        }
        var prompt = Prompt(model: model, modelName: name)
        if let header = simulation.header { try prompt.instructions.read(header: header, for: model) }
        prompt.announcesCalls = model.family == .claude
        let thinking = try readFields(root, isCount: isCount, into: &prompt)
        try readTools(root, thinking: thinking, into: &prompt)
        for block in root["system"].elements {
            try checkUnion(block, "system")
            if let text = block["text"]?.text { AnthropicMessages.note(text, in: &prompt) }
            noteCachePoint(block, in: &prompt)
        }
        var reader = BedrockMessageReader(prompt: prompt, thinking: thinking, state: simulation.state)
        reader.hasTools = root["toolConfig"] != nil
        for (index, message) in root["messages"].elements.enumerated() { try reader.read(message, index) }
        try reader.finish()
        prompt = reader.prompt
        try readOptions(root, into: &prompt)
        AnthropicCache.settle(root, in: &prompt)
        var request = AnthropicMessages.Request(
            prompt: prompt,
            isStreaming: isStreaming,
            thinking: thinking,
            serviceTier: root["serviceTier"]?["type"]?.string
        )
        let paths = root["additionalModelResponseFieldPaths"].elements.compactMap(\.string)
        if let wrong = paths.first(where: { !$0.hasPrefix("/") }) {
            throw .invalid("additionalModelResponseFieldPaths: '\(wrong.prefix(64))' is not a JSON Pointer")
        }
        request.tellsStopSequence = model.family == .claude && paths.contains("/stop_sequence")
        return request
    }

    /// A union that has none or several of its fields is refused.
    static func checkUnion(_ value: JSONValue, _ path: String) throws(Refusal) {
        guard value.object.map(Array.init)?.count == 1 else {
            throw .invalid("Malformed input request: \(path): exactly one member of a union must be set.")
        }
    }

    /// Counts a cache point as Anthropic's breakpoint after the previous block.
    static func noteCachePoint(_ block: JSONValue, in prompt: inout Prompt) {
        guard let point = block["cachePoint"] else { return }
        AnthropicCache.note(
            JSONValue { writer in
                writer.object { writer in
                    writer.member(
                        "cache_control",
                        object: { writer in
                            writer.member("type", "ephemeral")
                            if let ttl = point["ttl"] { writer.member("ttl", ttl) }
                        }
                    )
                }
            },
            in: &prompt
        )
    }

    /// Reads what a model accepts besides Converse's own fields: how it reasons.
    ///
    /// Bedrock does not accept Anthropic's beta flags (client-01).
    private static func readFields(
        _ root: JSONValue,
        isCount: Bool,
        into prompt: inout Prompt
    ) throws(Refusal) -> AnthropicMessages.Thinking {
        let fields = root["additionalModelRequestFields"]
        if fields?["anthropic_beta"] != nil { throw .invalid("invalid beta flag") }
        if prompt.model.alwaysReasons { prompt.reasoning = Prompt.Reasoning(depth: 1) }
        switch prompt.model.family {
        case .claude:
            guard let fields, let members = fields.object else { return .disabled }
            do throws(Violation) { try claudeFields.check(members) } catch { throw BedrockError.refusal(error) }
            return try AnthropicMessages.readThinking(
                claudeRequest(root, fields),
                betas: [],
                isCount: isCount,
                into: &prompt
            )
        case .gptOSS, .kimi:
            for (key, value) in fields.members {
                guard key == "reasoning_effort", let depth = ["low", "medium", "high"].firstIndex(of: value.string)
                else {
                    throw .invalid("extraneous key [\(key.string.prefix(64))] is not permitted")
                }
                prompt.reasoning = Prompt.Reasoning(depth: depth + 1)
            }
        default:
            if let (key, _) = fields.members.first {
                throw .invalid("extraneous key [\(key.string.prefix(64))] is not permitted")
            }
        }
        return .disabled
    }

    /// The fields of a Messages request that thinking depends on.
    private static func claudeRequest(_ root: JSONValue, _ fields: JSONValue) -> JSONValue {
        let inference = root["inferenceConfig"]
        return JSONValue { writer in
            writer.object { writer in
                for key: StaticString in ["thinking", "output_config", "top_k"] {
                    if let value = fields[key] { writer.member(key, value) }
                }
                let names: [(StaticString, StaticString)] = [
                    ("max_tokens", "maxTokens"), ("temperature", "temperature"), ("top_p", "topP"),
                ]
                for (name, key) in names { if let value = inference[key] { writer.member(name, value) } }
            }
        }
    }

    private static func readTools(
        _ root: JSONValue,
        thinking: AnthropicMessages.Thinking,
        into prompt: inout Prompt
    ) throws(Refusal) {
        let config = root["toolConfig"]
        var names: Set<String> = []
        for (index, tool) in config["tools"].elements.enumerated() {
            try checkUnion(tool, "toolConfig.tools.\(index)")
            prompt.inputTokens += TokenText.count(tool)
            noteCachePoint(tool, in: &prompt)
            guard let spec = tool["toolSpec"], let name = spec["name"]?.string else { continue }
            guard names.insert(name).inserted else { throw .invalid("The tools contain a duplicate name: \(name)") }
            guard let schema = spec["inputSchema"]?["json"], schema["type"].isText("object") else {
                throw .invalid(
                    "The value at toolConfig.tools.\(index).toolSpec.inputSchema.json.type must be one of the following: object."
                )
            }
            if let problem = SchemaCheck.problem(in: schema) {
                throw .invalid("toolConfig.tools.\(index).toolSpec.inputSchema.json: \(problem)")
            }
            prompt.tools.append(OfferedTool(name: name, schema: schema))
        }
        let own = root["additionalModelRequestFields"]?["tool_choice"]
        if own?["disable_parallel_tool_use"]?.bool == true { prompt.allowsParallelCalls = false }
        if let choice = config["toolChoice"] { try checkUnion(choice, "toolConfig.toolChoice") }
        let wanted = config["toolChoice"]?["tool"]?["name"]?.string ?? own?["name"]?.string
        if let wanted {
            guard names.contains(wanted) else { throw .invalid("Tool '\(wanted)' not found in provided tools") }
            prompt.toolChoice = .tool(wanted)
        } else if config["toolChoice"]?["any"] != nil || own?["type"].isText("any") == true {
            prompt.toolChoice = .required
        }
        if prompt.toolChoice != .auto, prompt.model.refusesForcedCalls {
            throw .invalid("tool_choice: forced tool use is not supported for this model.")
        }
        if thinking != .disabled, prompt.toolChoice != .auto {
            throw .invalid("Thinking may not be enabled when tool_choice forces tool use.")
        }
    }

    private static func readOptions(_ root: JSONValue, into prompt: inout Prompt) throws(Refusal) {
        let inference = root["inferenceConfig"]
        prompt.maximumTokens = inference["maxTokens"]?.int
        if let limit = prompt.maximumTokens, let most = prompt.model.limits.maximumOutput, limit > most {
            throw .invalid(
                "The maximum tokens you requested exceeds the model limit of \(most). Try again with a maximum tokens value that is lower than \(most)."
            )
        }
        if prompt.model.isClaude47 {
            for key: StaticString in ["temperature", "topP"] where inference[key] != nil {
                throw .invalid("\(key): this model has no sampling parameters")
            }
        }
        prompt.stop = inference["stopSequences"].elements.compactMap(\.string)
        if let schema = root["outputConfig"]?["textFormat"]?["structure"]?["jsonSchema"]?["schema"]?.string {
            guard let value = try? JSONValue(validating: ByteBuffer(string: schema)), value.object != nil else {
                throw .invalid("outputConfig.textFormat.structure.jsonSchema.schema: the schema is not valid JSON")
            }
            if let problem = SchemaCheck.problem(in: value) {
                throw .invalid("outputConfig.textFormat.structure.jsonSchema.schema: \(problem)")
            }
            prompt.format = .schema(value)
        }
    }
}
