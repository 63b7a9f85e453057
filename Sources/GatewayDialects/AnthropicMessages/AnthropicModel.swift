// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// What a model can do, in the terms of this API.
///
/// One of which nothing is known belongs to a compatible server, which knows the older fields.
struct AnthropicModel {
    private let facts: ModelCapabilities

    init(_ facts: ModelCapabilities) {
        self.facts = facts
    }

    /// Whether the model can think where it is asked to.
    var thinks: Bool { facts.reasoning != .unavailable }
    /// Whether thinking is asked for without a budget.
    var thinksAdaptively: Bool { facts.reasoning == .adaptive }
    /// Whether reasoning is left out of answers unless it is asked for.
    var hidesReasoning: Bool { facts.hidesReasoning ?? false }
    /// Whether `output_config.effort` is understood.
    var takesEffort: Bool { facts.efforts?.isEmpty == false }
    /// Whether an effort is understood.
    func takes(_ effort: ReasoningConfiguration.Effort) -> Bool { facts.efforts?.contains(effort) ?? false }
    /// Whether it thinks unless it is told not to.
    var thinksUnasked: Bool { facts.reasonsUnasked ?? false }
    /// How it is told not to think.
    var silence: ModelCapabilities.Silence { facts.silence ?? .disabled }
    /// Whether a call of a tool can be forced.
    var takesForcedCalls: Bool { facts.takesForcedCalls ?? true }
    /// Whether `output_config.format` is understood.
    var takesFormat: Bool { facts.takesResponseSchema ?? false }
    /// Whether there are `temperature`, `top_p` and `top_k`.
    var takesSampling: Bool { facts.sampling != .unavailable }
    /// Whether `temperature` and `top_p` may stand in one request.
    var takesBothSamplings: Bool { facts.sampling ?? .all != .exclusive }
    /// Whether a conversation may end with the beginning of the answer.
    var takesPrefill: Bool { facts.takesPrefill ?? true }
}
