// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// How much a model shall think, in the terms of every vendor at once.
///
/// Clients say it as an effort (OpenAI, Gemini's levels, Anthropic's `output_config.effort`) or as a budget of tokens (Anthropic's `thinking`, Gemini's budget);
/// encoders ask for whichever their target knows. The table between the two is ``Effort/budget``; `docs/dialects.md` shows it.
package struct ReasoningConfiguration: Sendable, Equatable {
    package enum Mode: Sendable, Equatable {
        /// The model shall not think, where it has the choice.
        case disabled
        /// The model thinks as much as it finds right (Anthropic's `adaptive`, Gemini's budget -1).
        case adaptive
        /// The model thinks, bounded by ``ReasoningConfiguration/budget`` where there is one.
        case enabled
    }

    /// Nil where the client did not say it.
    package var mode: Mode?
    /// Nil where the client did not say it.
    package var effort: Effort?
    /// Most tokens to think with; nil where the client did not say it.
    package var budget: Int?
    /// Whether the client asked to see the thoughts or their summary; nil where it did not say.
    package var isVisible: Bool?
    /// OpenAI's `reasoning.summary`: `auto`, `concise` or `detailed`.
    package var summary: String?

    package init(mode: Mode? = nil, effort: Effort? = nil, budget: Int? = nil) {
        self.mode = mode
        self.effort = effort
        self.budget = budget
    }

    /// Whether the client said nothing about it.
    package var isUnspecified: Bool { mode == nil && effort == nil && budget == nil }

    /// Whether the model shall think, as far as the client said.
    package var isEnabled: Bool {
        switch mode {
        case .disabled: false
        case .adaptive, .enabled: true
        case nil: effort.map { $0 != .none } ?? (budget.map { $0 > 0 } ?? false)
        }
    }

    /// The effort, worked out from the budget where the client gave only that.
    package var impliedEffort: Effort? {
        if mode == .disabled { return Effort.none }
        return effort ?? budget.map(Effort.init(budget:))
    }

    /// The budget in tokens, worked out from the effort where the client gave only that; nil where neither is known.
    package var impliedBudget: Int? {
        if mode == .disabled { return 0 }
        return budget ?? effort?.budget
    }

    /// The efforts of all vendors, the smallest first.
    package enum Effort: String, Sendable, CaseIterable, Comparable {
        case none, minimal, low, medium, high, xhigh, max

        /// The budget in tokens that means about the same.
        ///
        /// 1,024 is the least that Anthropic takes; 24,576 is the most of Gemini 2.5 Flash, 32,768 that of 2.5 Pro. In between our own choice, as peers have it.
        package var budget: Int {
            switch self {
            case .none: 0
            case .minimal: 1_024
            case .low: 2_048
            case .medium: 8_192
            case .high: 16_384
            case .xhigh: 24_576
            case .max: 32_768
            }
        }

        /// The smallest effort whose budget holds this one.
        package init(budget: Int) {
            self = Effort.allCases.first { budget <= $0.budget } ?? .max
        }

        package static func < (left: Effort, right: Effort) -> Bool { left.budget < right.budget }
    }
}
