// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension ModelFamilies {
    /// Gemini; a name without a generation, such as `gemini-flash-latest` or one of a deployment, counts as the newest.
    ///
    /// Sources (all of ai.google.dev/gemini-api/docs, 2026-11): signatures are demanded of the first call of a turn by every model since Gemini 3
    /// (thought-signatures), media in results of tools (function-calling), a resolution for each image (media-resolution) and a response format beside tools
    /// (structured-output) came with it; the vendor fetches public URLs since 2.5 (file-input-methods), where schemas may be JSON Schema, and before it are a
    /// subset of OpenAPI's. Bounds and levels of thinking: the page thinking; Gemini 4: generate-content/latest-model. That Flash has no `MINIMAL` since 3.7:
    /// npm `@ai-sdk/google` of 2026-08 and PyPI `litellm` 1.109.1 (all read 2026-11-21). `XHIGH` is a value of PyPI `google-genai` 3.4.0, but no model was found
    /// that takes it.
    static let gemini: [ModelRule] = [
        since(0, 0) { facts in
            facts.reasoning = .unavailable
            facts.takesMediaInResults = false
            facts.takesImageResolution = false
            facts.fetchesURLs = false
            facts.schemaLanguage = .openAPI
            facts.takesResponseSchemaBesideTools = false
        },
        since(2, 5) { facts in
            facts.reasoning = .budget
            facts.silence = .disabled
            facts.fetchesURLs = true
            facts.schemaLanguage = .jsonSchema
        },
        since(2, 5, [.pro]) { facts in
            facts.reasoningBudget = 128...32_768
            facts.silence = .impossible
        },
        since(2, 5, [.flash]) { $0.reasoningBudget = 1...24_576 },
        since(2, 5, [.flashLite]) { $0.reasoningBudget = 512...24_576 },
        since(3, 0) { facts in
            facts.reasoning = .effort
            facts.silence = .impossible
            facts.takesMediaInResults = true
            facts.takesImageResolution = true
            facts.takesResponseSchemaBesideTools = true
        },
        since(3, 0, [.pro]) { $0.efforts = [.low, .high] },
        since(3, 1, [.pro]) { $0.efforts = EffortSet(from: .low, to: .high) },
        since(3, 0, [.flash, .flashLite]) { $0.efforts = EffortSet(from: .minimal, to: .high) },
        since(3, 7, [.flash]) { $0.efforts = EffortSet(from: .low, to: .high) },
        signatures(since: (0, 0)) { $0.demandsSignatures = false },
        signatures(since: (3, 0)) { $0.demandsSignatures = true },
    ]

    private enum Line {
        case pro, flash, flashLite

        init(_ name: ModelName) {
            self = name.contains("flash-lite") ? .flashLite : name.contains("flash") ? .flash : .pro
        }
    }

    /// What a name without a generation counts as.
    private static let newest: ModelName.Version = (4, 0)

    /// A rule for Gemini from a generation on, of some lines of models or of all.
    private static func since(
        _ major: Int,
        _ minor: Int,
        _ lines: [Line]? = nil,
        _ apply: @escaping @Sendable (inout ModelCapabilities) -> Void
    ) -> ModelRule {
        let matches = { @Sendable (name: ModelName) -> Bool in
            (name.gemini ?? newest) >= (major, minor) && lines?.contains(Line(name)) ?? true
        }
        return ModelRule([.geminiGenerateContent], identifies: false, where: matches, apply)
    }

    /// A rule that holds behind OpenAI's API too, which carries Gemini's signatures.
    private static func signatures(
        since version: ModelName.Version,
        _ apply: @escaping @Sendable (inout ModelCapabilities) -> Void
    ) -> ModelRule {
        ModelRule(
            [.geminiGenerateContent, .openAIChat],
            identifies: false,
            where: { ($0.gemini ?? newest) >= version },
            apply
        )
    }
}
