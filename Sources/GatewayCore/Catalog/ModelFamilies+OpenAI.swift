// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension ModelFamilies {
    /// OpenAI's models, at OpenAI and at Azure.
    ///
    /// A name that is not known is one of a model to come, which reasons and takes every effort. The efforts of the others (all read 2026-11-21):
    ///
    /// - Before GPT-5.1 there is no `none`, and GPT-5 Pro knows only `high`; GPT-5.1 has `none` and `low` to `high`; `xhigh` came with GPT-5.1 Codex Max
    ///   (learn.microsoft.com/javascript/api/@azure/ai-projects/reasoningeffort, in the words of OpenAI's reference of early 2026).
    /// - `minimal` ended with GPT-5 (github.com/openai/openai-agents-python/issues/2089).
    /// - `max` came with GPT-5.6 (github.com/anomalyco/opencode/issues/36141, which quotes the vendor).
    /// - The later pro models, `gpt-6-astra` and `gpt-6.1-sol` refuse `none` (PyPI `litellm` 1.109.1; no page of the vendor's was found).
    ///
    /// PyPI `openai` 3.54.0 only says that not every model takes every effort.
    static let openAI: [ModelRule] = [
        rule("gpt-") { $0.efforts = [.none, .low, .medium, .high, .xhigh, .max] },
        rule("-pro", "gpt-6-astra", "gpt-6.1-sol", besides: "gpt-") { $0.efforts = EffortSet(from: .low, to: .max) },
        rule("gpt-5.2", "gpt-5.3", "gpt-5.4", "gpt-5.5") { $0.efforts = [.none, .low, .medium, .high, .xhigh] },
        rule("-pro", besides: "gpt-5.2", "gpt-5.3", "gpt-5.4", "gpt-5.5") {
            $0.efforts = EffortSet(from: .low, to: .xhigh)
        },
        rule("gpt-5.1") { $0.efforts = [.none, .low, .medium, .high] },
        rule("max", besides: "gpt-5.1") { $0.efforts = [.none, .low, .medium, .high, .xhigh] },
        ModelRule(formats) {
            $0.openAI.contains("gpt-5") && !$0.openAI.contains("gpt-5.")
        } _: {
            $0.efforts = EffortSet(from: .minimal, to: .high)
        },
        ModelRule(formats) {
            $0.openAI.contains("gpt-5-pro") && !$0.openAI.contains("gpt-5.")
        } _: {
            $0.efforts = [.high]
        },
        ModelRule(formats) {
            isOSeries($0)
        } _: {
            $0.efforts = EffortSet(from: .low, to: .high)
        },
        // `temperature`, `top_p` and `logprobs` are refused by models that reason; from GPT-5.1 on they are taken with the effort `none`
        // (github.com/vercel/ai/issues/10932, 2025-12), which GPT-5.1 to GPT-5.4 have unless they are asked for another
        // (learn.microsoft.com/javascript/api/@azure/ai-projects/reasoningeffort; github.com/BerriAI/litellm/pull/17011;
        // github.com/langchain-ai/langchain/pull/35424, 2026-02).
        rule("gpt-") { $0.sampling = .withoutReasoning },
        rule("gpt-5.1", "gpt-5.2", "gpt-5.4") { $0.reasonsUnasked = false },
        rule("-pro", "codex", besides: "gpt-5.") { $0.reasonsUnasked = nil },
        rule("gpt-oss") { $0.sampling = .all },
        ModelRule(formats) {
            isOSeries($0) || $0.openAI.contains("gpt-5") && !$0.openAI.contains("gpt-5.")
        } _: {
            $0.sampling = .unavailable
        },
        rule("gpt-3", "gpt-4", "chat-latest", "chatgpt-4o", "gpt-image", "computer-use") { facts in
            facts.reasoning = .unavailable
            facts.sampling = .all
        },
        // These take nothing but the default (github.com/BerriAI/litellm/pull/17011).
        rule("chat-latest", besides: "gpt-5.") { $0.sampling = .unavailable },
    ]

    private static let formats: Set<WireFormat> = [.openAIResponses, .openAIChat]

    /// A rule for names that hold one of some parts, and one of others.
    private static func rule(
        _ parts: String...,
        besides others: String...,
        apply: @escaping @Sendable (inout ModelCapabilities) -> Void
    ) -> ModelRule {
        let matches = { @Sendable (name: ModelName) -> Bool in
            parts.contains { name.openAI.contains($0) }
                && (others.isEmpty || others.contains { name.openAI.contains($0) })
        }
        return ModelRule(formats, where: matches, apply)
    }

    /// `o1`, `o3-mini`, `o4-mini` and their kin, and a deployment named after one.
    private static func isOSeries(_ name: ModelName) -> Bool {
        guard let first = name.openAI.split(whereSeparator: { $0 == "/" || $0 == ":" }).last else { return false }
        return first.first == "o" && first.dropFirst().first?.isNumber == true
    }
}
