// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Whose manners the simulator shows: how errors look and how callers authenticate.
package enum Vendor: Sendable, CaseIterable {
    case openAI
    case anthropic
    case gemini
    case amazon
}
