// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// What a model can do, in the terms of this API; one of which nothing is known is trusted with everything that changes no answer.
struct BedrockModel {
    private let facts: ModelCapabilities

    init(_ facts: ModelCapabilities) {
        self.facts = facts
    }

    /// Whose fields the model takes besides Converse's own; nil for none.
    var nativeFields: ModelCapabilities.NativeFields? { facts.nativeFields }
    var isClaude: Bool { facts.nativeFields == .anthropic }
    /// What Anthropic's own API knows of it; for Claude.
    var claude: AnthropicModel { AnthropicModel(facts) }
    /// Whether the amount of reasoning is asked for as an effort.
    var takesEffort: Bool { facts.reasoning == .effort }
    /// Whether `outputConfig.textFormat` is understood.
    var takesFormat: Bool { facts.takesResponseSchema ?? false }
    /// Whether `cachePoint` blocks are understood in messages and the system's words.
    var caches: Bool { facts.cacheMarks?.contains(.messages) ?? true }
    /// Whether `cachePoint` blocks are understood among tools.
    var cachesTools: Bool { facts.cacheMarks?.contains(.tools) ?? true }
    /// Whether a cache may live for an hour.
    var cachesForHours: Bool { facts.cacheMarks?.contains(.hour) ?? true }
    /// Whether the results of tools may say that they failed.
    var takesResultStatus: Bool { facts.takesResultStatus ?? true }
}
