// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension ModelFamilies {
    /// Claude, at Anthropic, in other clouds and on Bedrock.
    ///
    /// Rules: the vendor's pages on adaptive and extended thinking, effort, structured outputs, prefilling and its model migration guides (2026-11); read again on
    /// 2026-11-21: `skills/claude-api` of github.com/anthropics/skills as of 2026-07 (Fable 5 refuses `disabled`; `max` came with 4.6), and of
    /// platform.claude.com/docs the pages models/sonnet-5-5/migration-guide (no `disabled`, no forced calls) and models/opus-5-5/whats-new-opus-5-5 (the same, and
    /// for Fable 5.1; Opus 5 takes `disabled` with an effort of `high` at most). A name that is not Claude's belongs to a compatible server, which knows the older
    /// fields. An answer's schema is understood by Claude Opus 4.1 too, where a tool emulates it.
    static let claude: [ModelRule] = [
        since(0, 0) { facts in
            facts.reasoning = .unavailable
            facts.efforts = []
            facts.sampling = .all
            facts.silence = .disabled
            facts.takesPrefill = true
            facts.takesForcedCalls = true
            facts.takesResponseSchema = false
        },
        since(3, 7) { $0.reasoning = .budget },
        since(4, 0) { $0.sampling = .exclusive },
        since(4, 5) { $0.takesResponseSchema = true },
        since(4, 5, [.opus]) { $0.efforts = EffortSet(from: .low, to: .high) },
        since(4, 6) { facts in
            facts.reasoning = .adaptive
            facts.efforts = [.low, .medium, .high, .max]
            facts.takesPrefill = false
        },
        since(4, 7) { facts in
            facts.hidesReasoning = true
            facts.efforts = EffortSet(from: .low, to: .max)
            facts.sampling = .unavailable
        },
        since(5, 0) { $0.reasonsUnasked = true },
        since(0, 0, [.fable, .mythos]) { $0.silence = .impossible },
        since(5, 1, [.fable, .mythos]) { $0.takesForcedCalls = false },
        since(5, 5, [.opus]) { facts in
            facts.silence = .impossible
            facts.takesForcedCalls = false
        },
        since(5, 5, [.sonnet]) { facts in
            facts.silence = .betweenTools
            facts.takesForcedCalls = false
        },
    ]

    /// A rule for Claude from a version on, of some lines of models or of all.
    private static func since(
        _ major: Int,
        _ minor: Int,
        _ lines: [ModelName.ClaudeLine]? = nil,
        _ apply: @escaping @Sendable (inout ModelCapabilities) -> Void
    ) -> ModelRule {
        let matches = { @Sendable (name: ModelName) -> Bool in
            guard let version = name.claude, version >= (major, minor) else { return false }
            guard let lines else { return true }
            return name.line.map(lines.contains) ?? false
        }
        return ModelRule([.anthropicMessages, .bedrockConverse], where: matches, apply)
    }
}
