// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The vendor that the simulator imitates: its error format and authentication.
package enum Vendor: Sendable, CaseIterable {
    case openAI
    case anthropic
    case gemini
    case amazon
}
