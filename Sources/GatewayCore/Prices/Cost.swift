// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What a call cost.
package struct Cost: Sendable, Equatable {
    /// How sure it is.
    package enum Basis: String, Sendable, CaseIterable {
        /// By prices of the model itself.
        case priced = "PRICED"
        /// By prices of the model itself, of which one was missing: its tokens cost as much as uncached input.
        case partlyPriced = "PARTLY_PRICED"
        /// By prices that are not of this model at this provider.
        case estimated = "ESTIMATED"
    }

    /// Thousand-millionths of a dollar, rounded once.
    package var nanodollars: Int64
    package var basis: Basis

    package init(nanodollars: Int64, basis: Basis) {
        self.nanodollars = nanodollars
        self.basis = basis
    }
}

/// A class of service that has prices of its own.
package enum PriceTier: String, Sendable, CaseIterable {
    case batch, flex, priority

    /// The tier that an upstream or a request names; nil for the standard one.
    package init?(named name: String?) {
        switch name {
        case "batch": self = .batch
        case "flex": self = .flex
        case "priority", "fast": self = .priority
        default: return nil
        }
    }
}
