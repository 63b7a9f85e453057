// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What a model's name says about what it takes.
///
/// A name without a generation, such as `gemini-flash-latest` or one of a deployment, counts as the newest.
struct GeminiModel: Sendable {
    private enum Family {
        case pro, flash, flashLite
    }

    private let generation: (major: Int, minor: Int)
    private let family: Family

    init(_ name: String) {
        generation = Self.generation(of: name) ?? (4, 0)
        family = name.contains("flash-lite") ? .flashLite : name.contains("flash") ? .flash : .pro
    }

    /// The digits behind `gemini-`: `2.5`, `3`, `3.1`.
    private static func generation(of name: String) -> (Int, Int)? {
        guard let start = name.firstRange(of: "gemini-")?.upperBound else { return nil }
        let digits = name[start...].prefix { $0 == "." || $0.isASCII && $0.isNumber }
        let numbers = digits.split(separator: ".")
        guard let first = numbers.first, let major = Int(first) else { return nil }
        return (major, numbers.count > 1 ? Int(numbers[1]) ?? 0 : 0)
    }

    private func isAtLeast(_ major: Int, _ minor: Int) -> Bool { generation >= (major, minor) }

    /// Whether a turn is refused whose first call has no signature: by every one since Gemini 3.
    ///
    /// Source: ai.google.dev/gemini-api/docs/thought-signatures (2026-11).
    var demandsSignatures: Bool { isAtLeast(3, 0) }

    /// Whether results of tools may hold media: since Gemini 3 (ai.google.dev/gemini-api/docs/function-calling, 2026-11).
    var takesMediaInResults: Bool { isAtLeast(3, 0) }

    /// Whether each picture may have a resolution of its own: since Gemini 3 (ai.google.dev/gemini-api/docs/media-resolution, 2026-11).
    var takesResolutionOfParts: Bool { isAtLeast(3, 0) }

    /// Whether the vendor fetches public URLs: since Gemini 2.5 (ai.google.dev/gemini-api/docs/file-input-methods, 2026-11).
    var fetchesURLs: Bool { isAtLeast(2, 5) }

    /// Whether schemas may be JSON Schema; before Gemini 2.5 they are a subset of OpenAPI's.
    var takesJSONSchema: Bool { isAtLeast(2, 5) }

    /// Whether tools and a response format go together: since Gemini 3 (ai.google.dev/gemini-api/docs/structured-output, 2026-11).
    var takesFormatBesideTools: Bool { isAtLeast(3, 0) }

    /// How the amount of thinking is said.
    enum Thinking: Sendable, Equatable {
        case none
        /// As a budget in tokens, which has bounds.
        case budget(ClosedRange<Int>, canBeDisabled: Bool)
        /// As one of these levels, the smallest first.
        case levels([Level])
    }

    /// Values of `thinkingLevel`.
    enum Level: String, Sendable, CaseIterable {
        case minimal = "MINIMAL"
        case low = "LOW"
        case medium = "MEDIUM"
        case high = "HIGH"
    }

    /// How the amount of thinking is said to this model.
    ///
    /// Source of the bounds and levels: ai.google.dev/gemini-api/docs/thinking (2026-11); Gemini 4:
    /// ai.google.dev/gemini-api/docs/generate-content/latest-model. That Flash has no `MINIMAL` since 3.7: npm `@ai-sdk/google` of 2026-08 and PyPI `litellm`
    /// 1.109.1 (all read 2026-11-21). `XHIGH` is a value of PyPI `google-genai` 3.4.0, but no model was found that takes it.
    var thinking: Thinking {
        if isAtLeast(3, 0) {
            switch family {
            case .flash where isAtLeast(3, 7): return .levels([.low, .medium, .high])
            case .flash, .flashLite: return .levels([.minimal, .low, .medium, .high])
            case .pro: return .levels(isAtLeast(3, 1) ? [.low, .medium, .high] : [.low, .high])
            }
        }
        guard isAtLeast(2, 5) else { return .none }
        switch family {
        case .pro: return .budget(128...32_768, canBeDisabled: false)
        case .flash: return .budget(1...24_576, canBeDisabled: true)
        case .flashLite: return .budget(512...24_576, canBeDisabled: true)
        }
    }
}
