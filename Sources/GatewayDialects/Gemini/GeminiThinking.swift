// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// A `thinkingConfig`, read and written.
enum GeminiThinking {
    private enum Member {
        case includeThoughts, budget, level
    }

    private static let members = KeyTable<Member>([
        "includeThoughts": .includeThoughts, "include_thoughts": .includeThoughts, "thinkingBudget": .budget,
        "thinking_budget": .budget, "thinkingLevel": .level, "thinking_level": .level,
    ])

    /// Reads what a client asks for: a budget of 0 is no thinking, -1 as much as the model finds right.
    static func decode(_ value: JSONValue, _ path: String) throws(GatewayError) -> ReasoningConfiguration {
        var reasoning = ReasoningConfiguration()
        for (key, value) in try value.requestObject(path) where !value.isNull {
            switch members[key] {
            case .includeThoughts: reasoning.isVisible = try value.requestFlag(path + ".includeThoughts")
            case .budget:
                guard let budget = value.int, budget >= -1 else {
                    throw .invalid(path + ".thinkingBudget", "must be a number of tokens, 0 or -1.")
                }
                switch budget {
                case -1: reasoning.mode = .adaptive
                case 0: reasoning.mode = .disabled
                default:
                    reasoning.mode = .enabled
                    reasoning.budget = budget
                }
            case .level:
                let level = try value.requestText(path + ".thinkingLevel").string.lowercased()
                if level == "thinking_level_unspecified" { continue }
                guard let effort = ReasoningConfiguration.Effort(rawValue: level) else {
                    throw .invalid(path + ".thinkingLevel", "must be 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH' or 'XHIGH'.")
                }
                reasoning.effort = effort
            case nil: break
            }
        }
        // Who wants to see thoughts wants thoughts; this vendor's models think by themselves.
        if reasoning.isUnspecified, reasoning.isVisible == true { reasoning.mode = .adaptive }
        return reasoning
    }

    /// Writes what a model of this kind understands of the configuration; nothing where the client asked for nothing.
    static func encode(
        _ reasoning: ReasoningConfiguration,
        for model: GeminiModel,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        guard !reasoning.isUnspecified || reasoning.isVisible != nil else { return }
        let isVisible = reasoning.isVisible ?? reasoning.isEnabled
        switch model.thinking {
        case .none:
            if reasoning.isEnabled { dropped.note("reasoning") }
        case .budget(let range, let canBeDisabled):
            writer.beginMember("thinkingConfig")
            if isVisible { writer.member("includeThoughts", true) }
            if let budget = budget(of: reasoning, in: range, canBeDisabled: canBeDisabled, dropped: &dropped) {
                writer.member("thinkingBudget", budget)
            }
            writer.endObject()
        case .levels(let levels):
            writer.beginMember("thinkingConfig")
            if isVisible { writer.member("includeThoughts", true) }
            if let level = level(of: reasoning, among: levels, dropped: &dropped) {
                writer.member("thinkingLevel", level.rawValue.uppercased())
            }
            writer.endObject()
        }
    }

    private static func budget(
        of reasoning: ReasoningConfiguration,
        in range: ClosedRange<Int>,
        canBeDisabled: Bool,
        dropped: inout DroppedMembers
    ) -> Int? {
        if reasoning.mode == .adaptive, reasoning.effort == nil, reasoning.budget == nil { return -1 }
        guard let budget = reasoning.impliedBudget else { return reasoning.mode == nil ? nil : -1 }
        if budget <= 0 {
            if canBeDisabled { return 0 }
            dropped.note("disabling of reasoning")
            return range.lowerBound
        }
        if let asked = reasoning.budget, !range.contains(asked) { dropped.note("reasoning budget beyond the model's") }
        return min(max(budget, range.lowerBound), range.upperBound)
    }

    /// The level that means about the same; these models always think.
    private static func level(
        of reasoning: ReasoningConfiguration,
        among levels: EffortSet,
        dropped: inout DroppedMembers
    ) -> ReasoningConfiguration.Effort? {
        guard let effort = reasoning.impliedEffort, !levels.isEmpty else { return nil }
        if effort == .none { dropped.note("disabling of reasoning") }
        return levels.nearest(to: max(effort, .minimal))
    }
}

extension JSONWriter {
    /// Opens an object that is the value of a member; `endObject` must follow.
    mutating func beginMember(_ key: StaticString) {
        self.key(key)
        beginObject()
    }
}
