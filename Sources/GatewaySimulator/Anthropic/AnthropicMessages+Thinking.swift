// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

extension AnthropicMessages {
    /// Reads how much the model may reason.
    ///
    /// By default the simulator's models do not reason.
    static func readThinking(
        _ root: JSONValue,
        betas: [Substring],
        isCount: Bool,
        into prompt: inout Prompt
    ) throws(Refusal) -> Thinking {
        let effort = root["output_config"]?["effort"]?.string
        guard let thinking = root["thinking"], let type = thinking["type"]?.string else { return .disabled }
        let isShown = thinking["display"]?.string.map { $0 != "omitted" } ?? true
        switch type {
        case "enabled":
            guard !prompt.model.isClaude47 else {
                throw .invalid(
                    "thinking.type: 'enabled' is not supported by this model. Use 'adaptive' and output_config.effort."
                )
            }
            let budget = thinking["budget_tokens"]?.int ?? 1_024
            let isInterleaved = betas.contains { $0.hasPrefix("interleaved-thinking") }
            if !isCount, let most = root["max_tokens"]?.int, budget >= most, !isInterleaved {
                throw .invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")
            }
            try checkSampling(root)
            prompt.reasoning = Prompt.Reasoning(
                depth: depth(effort) ?? (budget >= 8_192 ? 3 : 2),
                limit: budget,
                isShown: isShown
            )
            return .enabled
        case "adaptive":
            guard prompt.model.isClaude46 else {
                throw .invalid("thinking.type: 'adaptive' is not supported by this model.")
            }
            prompt.reasoning = Prompt.Reasoning(depth: depth(effort) ?? 2, isShown: isShown)
            return .adaptive
        default:
            let model = prompt.model
            let isTaken =
                type == "between_tools" ? model.thinksBetweenTools : !model.alwaysThinks && !model.thinksBetweenTools
            guard isTaken else { throw .invalid("\"thinking.type.\(type)\" is not supported for this model.") }
            return .disabled
        }
    }

    private static func checkSampling(_ root: JSONValue) throws(Refusal) {
        if let temperature = root["temperature"]?.double, temperature != 1 {
            throw .invalid("`temperature` may only be set to 1 when thinking is enabled.")
        }
        if root["top_k"] != nil { throw .invalid("`top_k` must be unset when thinking is enabled.") }
        if let share = root["top_p"]?.double, share < 0.95 {
            throw .invalid("`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.")
        }
    }

    private static func depth(_ effort: String?) -> Int? {
        switch effort {
        case "low": 1
        case "medium": 2
        case "high": 3
        case "xhigh": 4
        case "max": 5
        default: nil
        }
    }
}
