// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension ModelFamilies {
    /// Perplexity's models.
    ///
    /// They tell what they think in the text, if at all; a translation would lose the `citations` and `search_results` beside it (docs.getbifrost.ai, "Perplexity",
    /// 2026-11).
    static let perplexity: [ModelRule] = [
        ModelRule([.openAIChat]) {
            $0.openAI.contains("sonar")
        } _: {
            $0.reasoning = .unavailable
        }
    ]
}
