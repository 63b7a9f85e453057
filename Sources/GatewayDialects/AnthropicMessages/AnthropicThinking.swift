// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// How a request asks this vendor to think, and the limit on output that goes with it.
///
/// The vendor refuses combinations that other vendors allow. What does not fit is left out and noted: thoughts first, since an answer without them still is one.
struct AnthropicThinking {
    enum Mode: Equatable {
        /// The request says nothing about it.
        case unspecified
        case disabled
        /// No thoughts in front, short ones between calls.
        case betweenTools
        case adaptive
        case enabled(budget: Int)
    }

    private(set) var mode: Mode
    /// `output_config.effort`.
    private(set) var effort: ReasoningConfiguration.Effort?
    /// `max_tokens`.
    private(set) var maximumTokens: Int
    /// `thinking.display`; nil for the model's default.
    private(set) var isShown: Bool?

    /// The least budget that the vendor takes.
    private static let leastBudget = 1_024

    var isOn: Bool {
        switch mode {
        case .unspecified, .disabled, .betweenTools: false
        case .adaptive, .enabled: true
        }
    }

    /// - Parameters:
    ///   - request: What is asked for.
    ///   - model: What the model can do.
    ///   - target: The model's limits.
    ///   - turns: The conversation as it will be sent.
    ///   - dropped: Takes what is left out.
    init(
        of request: borrowing ModelRequest,
        _ model: AnthropicModel,
        _ target: TranslationTarget,
        _ turns: [Conversation.Turn],
        dropped: inout DroppedMembers
    ) {
        let reasoning = request.reasoning
        let isPrefilled = turns.last?.isAssistant == true
        mode = .unspecified
        isShown = reasoning.isVisible
        if reasoning.isEnabled {
            if !model.thinks {
                dropped.note("reasoning")
            } else if (request.toolChoice?.isForced == true && model.takesForcedCalls) || isPrefilled {
                // A forced call and a prefilled answer are both refused beside thinking.
                dropped.note("reasoning")
                mode = Self.silent(model)
            } else if model.thinksAdaptively {
                mode = .adaptive
                effort = reasoning.impliedEffort
                if model.hidesReasoning, isShown == nil { isShown = true }
            } else if !Self.continues(turns) {
                dropped.note("reasoning of this turn")
                mode = .disabled
            } else {
                let fallback = ReasoningConfiguration.Effort.medium.budget
                mode = .enabled(budget: max(Self.leastBudget, reasoning.impliedBudget ?? fallback))
            }
        } else if !reasoning.isUnspecified, model.thinks {
            mode = Self.silent(model)
            if mode == .unspecified { dropped.note("disabling of reasoning") }
        }
        if mode == .unspecified, target.format == .bedrockConverse, model.thinksUnasked,
            request.toolChoice?.isForced == true, model.takesForcedCalls
        {
            // On Bedrock alone a forced call is refused unless thinking is off.
            mode = Self.silent(model)
        }
        if reasoning.mode == .disabled, reasoning.effort != ReasoningConfiguration.Effort.none {
            effort = reasoning.effort
        }
        if effort == nil, case .enabled = mode { effort = reasoning.effort }
        if let asked = effort {
            if !model.takesEffort {
                effort = nil
            } else if asked < .low {
                effort = asked == .none ? nil : .low
            } else if Self.isTooMuch(asked, mode, model) {
                effort = .high
                dropped.note("effort above high")
            }
        }
        let limit = target.limits.maximumOutput ?? .max
        if let maximum = request.maximumOutput {
            maximumTokens = maximum
        } else {
            let thoughts: Int
            switch mode {
            case .disabled, .betweenTools: thoughts = 0
            case .unspecified where !model.thinksUnasked: thoughts = 0
            case .unspecified, .adaptive: thoughts = effort?.budget ?? ReasoningConfiguration.Effort.medium.budget
            case .enabled(let budget): thoughts = budget
            }
            let (sum, isTooLarge) = target.defaultMaximumOutput.addingReportingOverflow(thoughts)
            maximumTokens = min(isTooLarge ? .max : sum, limit)
        }
        if case .enabled(let budget) = mode { fit(budget, reasoning, dropped: &dropped) }
    }

    /// What says that a model shall not think; nothing does to one that always thinks.
    private static func silent(_ model: AnthropicModel) -> Mode {
        switch model.silence {
        case .disabled: .disabled
        case .betweenTools: .betweenTools
        case .impossible: .unspecified
        }
    }

    /// Whether an effort is more than the model takes; without thinking, newer ones take no more than `high`.
    private static func isTooMuch(
        _ effort: ReasoningConfiguration.Effort,
        _ mode: Mode,
        _ model: AnthropicModel
    ) -> Bool {
        switch effort {
        case .xhigh: !model.takes(.xhigh) || (mode == .disabled && model.thinksUnasked)
        case .max: !model.takes(.max) || (mode == .disabled && model.thinksUnasked)
        case .none, .minimal, .low, .medium, .high: false
        }
    }

    /// Makes the budget smaller than the limit on output, which holds thoughts and answer, leaving half of it to the answer.
    private mutating func fit(_ budget: Int, _ reasoning: ReasoningConfiguration, dropped: inout DroppedMembers) {
        guard budget >= maximumTokens else { return }
        let smaller = max(Self.leastBudget, maximumTokens / 2)
        if smaller < maximumTokens {
            mode = .enabled(budget: smaller)
            if reasoning.budget != nil { dropped.note("reasoning budget above the limit on output") }
        } else {
            mode = .disabled
            dropped.note("reasoning")
        }
    }

    /// Whether thoughts may go on: a turn whose tool calls are answered last must begin with its own (reasoning-03).
    private static func continues(_ turns: [Conversation.Turn]) -> Bool {
        guard let last = turns.last, !last.isAssistant, last.parts.contains(where: { $0.toolResult != nil }) else {
            return true
        }
        return turns.dropLast().last?.parts.first?.reasoning != nil
    }

    // MARK: Writing

    func write(into writer: inout JSONWriter) {
        switch mode {
        case .unspecified: return
        case .disabled: return writer.member("thinking", object: { $0.member("type", "disabled") })
        case .betweenTools: return writer.member("thinking", object: { $0.member("type", "between_tools") })
        case .adaptive, .enabled: break
        }
        writer.key("thinking")
        writer.beginObject()
        if case .enabled(let budget) = mode {
            writer.member("type", "enabled")
            writer.member("budget_tokens", budget)
        } else {
            writer.member("type", "adaptive")
        }
        if let isShown { writer.member("display", isShown ? "summarized" as StaticString : "omitted") }
        writer.endObject()
    }

    /// Writes the sampling parameters that go with the model and with thinking.
    func writeSampling(
        of request: ModelRequest,
        _ model: AnthropicModel,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        let sampling = request.sampling
        var hasTemperature = false
        if let temperature = sampling.temperature {
            let value = temperature.double ?? 1
            if !model.takesSampling || (isOn && value != 1) {
                if value != 1 { dropped.note("temperature") }
            } else if value > 1 {
                // OpenAI's scale ends at 2, this one at 1.
                writer.member("temperature", 1)
                dropped.note("temperature above 1")
                hasTemperature = true
            } else {
                writer.member("temperature", temperature)
                hasTemperature = true
            }
        }
        if let topP = sampling.topP {
            let value = topP.double ?? 1
            if !model.takesSampling || (isOn && value < 0.95) || (hasTemperature && !model.takesBothSamplings) {
                if value != 1 { dropped.note("top_p") }
            } else {
                writer.member("top_p", topP)
            }
        }
        if let topK = sampling.topK {
            if !model.takesSampling || isOn { dropped.note("top_k") } else { writer.member("top_k", topK) }
        }
        let stop = request.stop.filter { !$0.isBlank }
        if stop.count < request.stop.count, request.stop.contains(where: { !$0.isEmpty }) {
            dropped.note("stop sequences of whitespace")
        }
        if !stop.isEmpty { writer.member("stop_sequences", array: { for text in stop { $0.string(text) } }) }
        if let penalty = sampling.frequencyPenalty, penalty.double != 0 { dropped.note("frequency_penalty") }
        if let penalty = sampling.presencePenalty, penalty.double != 0 { dropped.note("presence_penalty") }
        if sampling.seed != nil { dropped.note("seed") }
        if request.verbosity != nil { dropped.note("verbosity") }
        if sampling.logprobs == true || (sampling.topLogprobs ?? 0) > 0 { dropped.note("logprobs") }
    }
}
