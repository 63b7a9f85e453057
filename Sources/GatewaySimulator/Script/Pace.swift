// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// How fast a simulated model responds.
package struct Pace: Sendable, Equatable {
    /// Before the first token.
    package var firstToken: Duration
    /// Between two tokens.
    package var interToken: Duration

    package init(firstToken: Duration = .zero, interToken: Duration = .zero) {
        self.firstToken = firstToken
        self.interToken = interToken
    }

    /// How long a response of that many tokens takes.
    func total(tokens: Int) -> Duration {
        firstToken + interToken * max(0, tokens - 1)
    }
}
