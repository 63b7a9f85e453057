// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// How a request asks a model on Bedrock to sample and to think: `inferenceConfig`, and what each vendor calls its own in `additionalModelRequestFields`.
///
/// | Vendor | thinking | `top_k` |
/// |---|---|---|
/// | Claude | `thinking`, `output_config.effort` | `top_k` |
/// | Nova 2 | `reasoningConfig` | `inferenceConfig.topK` |
/// | gpt-oss, Kimi | `reasoning_effort` | - |
///
/// Rules: the Bedrock user guide (2026-11). Betas of Anthropic's are never asked for (client-01).
struct BedrockFields {
    /// Claude's.
    private let thinking: AnthropicThinking?
    private let nativeFields: ModelCapabilities.NativeFields?
    /// A word for Nova and the open models.
    private var effort: StaticString?
    private var claudeEffort: String?
    private var isClaudeSequential = false
    /// Whether a call can be forced.
    private let takesForcedCalls: Bool
    private let request: ModelRequest
    private var temperature: JSONNumber?
    private var topP: JSONNumber?
    private var topK: JSONNumber?
    private let stop: [JSONString]

    init(
        _ request: ModelRequest,
        _ model: BedrockModel,
        _ thinking: AnthropicThinking?,
        dropped: inout DroppedMembers
    ) {
        self.request = request
        self.thinking = thinking
        nativeFields = model.nativeFields
        takesForcedCalls = !model.isClaude || model.claude.takesForcedCalls
        stop = request.stop.filter { !$0.isBlank }
        if request.stop.contains(where: { !$0.isEmpty && $0.isBlank }) {
            dropped.note("stop sequences of whitespace")
        }
        chooseSampling(model, dropped: &dropped)
        chooseEffort(model, dropped: &dropped)
        if request.allowsParallelToolCalls == false, !request.tools.isEmpty {
            if model.isClaude { isClaudeSequential = true } else { dropped.note("parallel_tool_calls") }
            if isClaudeSequential, !takesForcedCalls, request.toolChoice?.isForced == true {
                dropped.note("tool_choice")
            }
        }
        let sampling = request.sampling
        if let penalty = sampling.frequencyPenalty, penalty.double != 0 { dropped.note("frequency_penalty") }
        if let penalty = sampling.presencePenalty, penalty.double != 0 { dropped.note("presence_penalty") }
        if sampling.seed != nil { dropped.note("seed") }
        if sampling.logprobs == true || (sampling.topLogprobs ?? 0) > 0 { dropped.note("logprobs") }
    }

    private mutating func chooseSampling(_ model: BedrockModel, dropped: inout DroppedMembers) {
        let sampling = request.sampling
        let isClaude = model.isClaude
        let thinks = thinking?.isOn == true
        let isFixed = isClaude && !model.claude.takesSampling
        if let asked = sampling.temperature, let value = asked.double {
            if isFixed || thinks {
                if value != 1 { dropped.note("temperature") }
            } else {
                // OpenAI's scale ends at 2, this one at 1.
                if value > 1 { dropped.note("temperature above 1") }
                temperature = value > 1 ? JSONNumber(1) : asked
            }
        }
        if let asked = sampling.topP, let value = asked.double {
            let isSecond = isClaude && temperature != nil && !model.claude.takesBothSamplings
            if isFixed || isSecond || (thinks && value < 0.95) {
                if value != 1 { dropped.note("top_p") }
            } else {
                topP = asked
            }
        }
        if let asked = sampling.topK {
            switch nativeFields {
            case .anthropic where !isFixed && !thinks: topK = asked
            case .nova: topK = asked
            case .anthropic, .openAI, nil: dropped.note("top_k")
            }
        }
    }

    private mutating func chooseEffort(_ model: BedrockModel, dropped: inout DroppedMembers) {
        let reasoning = request.reasoning
        switch nativeFields {
        case .anthropic:
            guard let asked = thinking?.effort else { return }
            // Before adaptive thinking the member belongs to a beta, and Bedrock is asked for none.
            if model.claude.thinksAdaptively { claudeEffort = asked.rawValue } else { dropped.note("effort") }
        case .nova where model.takesEffort:
            guard reasoning.isEnabled else { return }
            effort = Self.word(for: reasoning.impliedEffort ?? .medium)
            // At its highest effort this vendor takes no sampling and no limit.
            if effort?.description == "high", temperature != nil || topP != nil || request.maximumOutput != nil {
                effort = "medium"
                dropped.note("effort above medium")
            }
        case .openAI:
            guard let asked = reasoning.impliedEffort ?? (reasoning.isEnabled ? .medium : nil) else { return }
            if asked == .none { dropped.note("reasoning of none") }
            effort = Self.word(for: asked)
        case .nova, nil:
            if reasoning.isEnabled { dropped.note("reasoning") }
        }
    }

    private static func word(for effort: ReasoningConfiguration.Effort) -> StaticString {
        switch effort {
        case .none, .minimal, .low: "low"
        case .medium: "medium"
        case .high, .xhigh, .max: "high"
        }
    }

    func writeInference(into writer: inout JSONWriter) {
        guard request.maximumOutput != nil || temperature != nil || topP != nil || !stop.isEmpty else { return }
        writer.key("inferenceConfig")
        writer.beginObject()
        if let maximum = request.maximumOutput { writer.member("maxTokens", maximum) }
        if let temperature { writer.member("temperature", temperature) }
        if let topP { writer.member("topP", topP) }
        if !stop.isEmpty { writer.member("stopSequences", array: { for text in stop { $0.string(text) } }) }
        writer.endObject()
    }

    func writeAdditional(into writer: inout JSONWriter) {
        var fields = JSONWriter()
        fields.beginObject()
        switch nativeFields {
        case .anthropic:
            thinking?.write(into: &fields)
            if let effort = claudeEffort { fields.member("output_config", object: { $0.member("effort", effort) }) }
            if let topK { fields.member("top_k", topK) }
            if isClaudeSequential { writeSequentialChoice(into: &fields) }
        case .nova:
            if let effort {
                fields.member(
                    "reasoningConfig",
                    object: { writer in
                        writer.member("type", "enabled")
                        writer.member("maxReasoningEffort", effort)
                    }
                )
            }
            if let topK { fields.member("inferenceConfig", object: { $0.member("topK", topK) }) }
        case .openAI: if let effort { fields.member("reasoning_effort", effort) }
        case nil: break
        }
        fields.endObject()
        // Which stop sequence was met is a field of Claude's own.
        if nativeFields == .anthropic, !stop.isEmpty {
            writer.member("additionalModelResponseFieldPaths", array: { $0.string("/stop_sequence") })
        }
        guard fields.buffer.readableBytes > 2 else { return }
        writer.key("additionalModelRequestFields")
        writer.raw(fields.buffer)
    }

    /// Claude's own `tool_choice`, since Converse's cannot ask for one call at a time.
    private func writeSequentialChoice(into writer: inout JSONWriter) {
        guard request.toolChoice != ModelRequest.ToolChoice.none else { return }
        writer.key("tool_choice")
        writer.beginObject()
        switch takesForcedCalls || request.toolChoice?.isForced != true ? request.toolChoice : .auto {
        case .tool(let name):
            writer.member("type", "tool")
            writer.member("name", name)
        case .required, .allowed(_, isRequired: true): writer.member("type", "any")
        case .auto, .none?, .allowed, nil: writer.member("type", "auto")
        }
        writer.member("disable_parallel_tool_use", true)
        writer.endObject()
    }
}
