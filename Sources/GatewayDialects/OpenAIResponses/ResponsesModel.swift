// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// What a model can do, in the terms of this API; one of which nothing is known reasons and takes every effort.
struct ResponsesModel {
    private let facts: ModelCapabilities

    init(_ facts: ModelCapabilities) {
        self.facts = facts
    }

    /// Whether it reasons; others refuse `reasoning` and encrypted reasoning.
    var reasons: Bool { facts.reasoning != .unavailable }

    /// The effort that it takes which is next to this one.
    func nearest(_ effort: ReasoningConfiguration.Effort) -> ReasoningConfiguration.Effort {
        facts.efforts?.nearest(to: effort) ?? effort
    }
}
