// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// What a model can do, in the terms of this API; one of which nothing is known counts as the newest.
struct GeminiModel: Sendable {
    private let facts: ModelCapabilities

    init(_ facts: ModelCapabilities) {
        self.facts = facts
    }

    /// Whether a turn is refused whose first call has no signature.
    var demandsSignatures: Bool { facts.demandsSignatures ?? true }
    /// Whether results of tools may hold media.
    var takesMediaInResults: Bool { facts.takesMediaInResults ?? true }
    /// Whether each picture may have a resolution of its own.
    var takesResolutionOfParts: Bool { facts.takesImageResolution ?? true }
    /// Whether the vendor fetches public URLs.
    var fetchesURLs: Bool { facts.fetchesURLs ?? true }
    /// Whether schemas may be JSON Schema; else they are a subset of OpenAPI's.
    var takesJSONSchema: Bool { facts.schemaLanguage ?? .jsonSchema == .jsonSchema }
    /// Whether tools and a response format go together.
    var takesFormatBesideTools: Bool { facts.takesResponseSchemaBesideTools ?? true }

    /// How the amount of thinking is said.
    enum Thinking: Sendable, Equatable {
        case none
        /// As a budget in tokens, which has bounds.
        case budget(ClosedRange<Int>, canBeDisabled: Bool)
        /// As one of these levels.
        case levels(EffortSet)
    }

    /// How the amount of thinking is said to this model.
    var thinking: Thinking {
        switch facts.reasoning {
        case .unavailable: .none
        case .budget:
            .budget(facts.reasoningBudget ?? 1...24_576, canBeDisabled: facts.silence ?? .disabled == .disabled)
        case .effort, .adaptive, nil: .levels(facts.efforts ?? EffortSet(from: .low, to: .high))
        }
    }
}
