// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Shapes that several of OpenAI's APIs share.
enum OpenAIShape {
    static let toolName = NameRule(limit: 64, allowsDots: false, startsWithLetter: false, pattern: "^[a-zA-Z0-9_-]+$")
    static let responsesToolName = NameRule(
        limit: 128,
        allowsDots: false,
        startsWithLetter: false,
        pattern: "^[a-zA-Z0-9_-]+$"
    )
    static let effort = Shape.oneOf(["none", "minimal", "low", "medium", "high", "xhigh", "max"])
}
