// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The catalogue of `system.ai` that is there without a configuration file.
///
/// Names, context, maximum output and capabilities: the documentation of Databricks Foundation Model APIs, and the model map of PyPI `litellm`
/// 1.109.1 where that is silent (2026-11). Deviations and how the vendor's name is derived stand above each list.
package enum BuiltInModels {
    /// Every model, family by family; the names are unique.
    package static let all: [BuiltInModel] = claude + gpt + gemini + open + embeddings

    /// The model of that short name, `claude-sonnet-4-5`; nil if the catalogue has none.
    package static func model(named shortName: String) -> BuiltInModel? {
        byShortName[shortName]
    }

    /// The model that a vendor (a `provider_type`) serves under its own name for it; nil if the catalogue has none.
    package static func model(ofVendor vendor: String, named name: String) -> BuiltInModel? {
        byVendorName[vendor]?[name]
    }

    /// The model of a name, be it the one here or that of any vendor; nil if the catalogue has none.
    package static func model(like name: String) -> BuiltInModel? {
        model(named: name) ?? all.first { $0.vendorName == name }
    }

    /// Anthropic's names are the same, but for the alias `claude-sonnet-4-0` (PyPI `anthropic` 2.11.0).
    private static let claude: [BuiltInModel] = [
        model("claude-opus-4-1", .claude, "claude-opus-4-1", 200_000, 32_000, agent),
        model("claude-opus-4-5", .claude, "claude-opus-4-5", 200_000, 64_000, agent),
        model("claude-opus-4-6", .claude, "claude-opus-4-6", 1_000_000, 128_000, agent),
        model("claude-opus-4-7", .claude, "claude-opus-4-7", 1_000_000, 128_000, agent),
        model("claude-opus-4-8", .claude, "claude-opus-4-8", 1_000_000, 128_000, agent),
        model("claude-opus-5", .claude, "claude-opus-5", 1_000_000, 128_000, agent),
        model("claude-opus-5-5", .claude, "claude-opus-5-5", 1_000_000, 128_000, agent),
        model("claude-sonnet-4", .claude, "claude-sonnet-4-0", 200_000, 64_000, agent),
        model("claude-sonnet-4-5", .claude, "claude-sonnet-4-5", 200_000, 64_000, agent),
        model("claude-sonnet-4-6", .claude, "claude-sonnet-4-6", 1_000_000, 64_000, agent),
        model("claude-sonnet-5", .claude, "claude-sonnet-5", 1_000_000, 128_000, agent),
        model("claude-sonnet-5-5", .claude, "claude-sonnet-5-5", 1_000_000, 128_000, agent),
        model("claude-haiku-4-5", .claude, "claude-haiku-4-5", 200_000, 64_000, agent),
        model("claude-haiku-5-5", .claude, "claude-haiku-5-5", 1_000_000, 128_000, agent),
        model("claude-fable-5", .claude, "claude-fable-5", 1_000_000, 128_000, agent),
        model("claude-fable-5-1", .claude, "claude-fable-5-1", 1_000_000, 128_000, agent),
    ]

    /// OpenAI writes the version with a dot: `gpt-5-1` is `gpt-5.1` (PyPI `openai` 3.52.0, `ChatModel`).
    ///
    /// Codex and the pro models have Responses alone. For `gpt-5-5`, `gpt-6-sol`, `gpt-6-luna` and `gpt-6-1-sol` the map says Responses too, but they
    /// answer chat as well: observed for the first, and so listed for all four at OpenAI. OpenAI serves the image models by an API that this
    /// gateway does not speak, hence without a name there; that the simulated ones speak Responses is our choice. The context is that of the input.
    private static let gpt: [BuiltInModel] = [
        model("gpt-5", .gpt, "gpt-5", 272_000, 128_000, agent),
        model("gpt-5-mini", .gpt, "gpt-5-mini", 272_000, 128_000, agent),
        model("gpt-5-nano", .gpt, "gpt-5-nano", 272_000, 128_000, agent),
        model("gpt-5-1", .gpt, "gpt-5.1", 272_000, 128_000, agent),
        model("gpt-5-2", .gpt, "gpt-5.2", 272_000, 128_000, agent),
        model("gpt-5-3-codex", .gpt, "gpt-5.3-codex", 272_000, 128_000, textAgent, responsesOnly),
        model("gpt-5-4", .gpt, "gpt-5.4", 922_000, 128_000, agent),
        model("gpt-5-4-mini", .gpt, "gpt-5.4-mini", 272_000, 128_000, agent),
        model("gpt-5-4-nano", .gpt, "gpt-5.4-nano", 272_000, 128_000, agent),
        model("gpt-5-4-pro", .gpt, "gpt-5.4-pro", 922_000, 128_000, agent, responsesOnly),
        model("gpt-5-5", .gpt, "gpt-5.5", 922_000, 128_000, agent),
        model("gpt-5-5-pro", .gpt, "gpt-5.5-pro", 922_000, 128_000, agent, responsesOnly),
        model("gpt-5-6-sol", .gpt, "gpt-5.6-sol", 922_000, 128_000, agent),
        model("gpt-5-6-terra", .gpt, "gpt-5.6-terra", 922_000, 128_000, agent),
        model("gpt-5-6-luna", .gpt, "gpt-5.6-luna", 922_000, 128_000, agent),
        model("gpt-6-astra", .gpt, "gpt-6-astra", 922_000, 128_000, agent),
        model("gpt-6-sol", .gpt, "gpt-6-sol", 922_000, 128_000, agent),
        model("gpt-6-luna", .gpt, "gpt-6-luna", 922_000, 128_000, agent),
        model("gpt-6-1-sol", .gpt, "gpt-6.1-sol", 922_000, 128_000, agent),
        model("gpt-6-1-terra", .gpt, "gpt-6.1-terra", 922_000, 128_000, agent),
        model("gpt-image-1", .gpt, nil, nil, [.imageOutput], responsesOnly),
        model("gpt-image-1-mini", .gpt, nil, nil, [.imageOutput], responsesOnly),
        model("gpt-image-1-5", .gpt, nil, nil, imageMaker, responsesOnly),
        model("gpt-image-2", .gpt, nil, nil, imageMaker, responsesOnly),
    ]

    /// Google writes the version with a dot, and three models are there as a preview only (PyPI `google-genai` 3.4.0, `litellm` 1.109.1).
    private static let gemini: [BuiltInModel] = [
        model("gemini-2-5-pro", .gemini, "gemini-2.5-pro", 1_048_576, 65_536, multimodal),
        model("gemini-2-5-flash", .gemini, "gemini-2.5-flash", 1_048_576, 65_536, multimodal),
        model("gemini-2-5-flash-lite", .gemini, "gemini-2.5-flash-lite", 1_048_576, 65_536, multimodal),
        model("gemini-3-pro", .gemini, "gemini-3-pro-preview", 1_048_576, 65_536, multimodal),
        model("gemini-3-flash", .gemini, "gemini-3-flash-preview", 1_048_576, 65_536, multimodal),
        model("gemini-3-1-pro", .gemini, "gemini-3.1-pro-preview", 1_048_576, 65_536, multimodal),
        model("gemini-3-1-flash-lite", .gemini, "gemini-3.1-flash-lite", 1_048_576, 65_536, multimodal),
        model("gemini-3-5-flash", .gemini, "gemini-3.5-flash", 1_048_576, 65_536, multimodal),
        model("gemini-3-5-flash-lite", .gemini, "gemini-3.5-flash-lite", 1_048_576, 65_536, multimodal),
        model("gemini-3-6-flash", .gemini, "gemini-3.6-flash", 1_048_576, 65_536, multimodal),
        model("gemini-3-7-flash", .gemini, "gemini-3.7-flash", 1_048_576, 65_536, multimodal),
        model("gemini-3-8-flash", .gemini, "gemini-3.8-flash", 1_048_576, 65_536, multimodal),
        model("gemini-4-argon", .gemini, "gemini-4-argon", 1_048_576, 1_048_576, multimodal),
        model("gemini-3-pro-image", .gemini, "gemini-3-pro-image", 65_536, 32_768, imageMaker),
        model("gemini-3-1-flash-image", .gemini, "gemini-3.1-flash-image", 131_072, 32_768, imageMaker),
        model("gemini-3-1-flash-lite-image", .gemini, "gemini-3.1-flash-lite-image", 65_536, 4_096, imageMaker),
    ]

    /// Models that none of the three vendors serves.
    ///
    /// Of `deepseek-v4-*` the names that the map lists. The two Llama 3 models put out what Databricks caps them at. gpt-oss has tools at its makers'.
    private static let open: [BuiltInModel] = [
        model("gpt-oss-120b", .gptOSS, 131_072, 131_072, [.tools, .reasoning]),
        model("gpt-oss-20b", .gptOSS, 131_072, 131_072, [.tools, .reasoning]),
        model("llama-4-maverick", .llama, 128_000, 128_000, [.tools, .vision]),
        model("meta-llama-3-3-70b-instruct", .llama, 128_000, 8_192, [.tools]),
        model("meta-llama-3-1-8b-instruct", .llama, 128_000, 8_192, []),
        model("gemma-3-12b", .gemma, 128_000, 32_000, [.vision]),
        model("qwen3-next-80b-a3b-instruct", .qwen, nil, nil, [.tools]),
        model("qwen35-122b-a10b", .qwen, 262_144, 25_000, [.tools, .reasoning]),
        model("glm-5-2", .glm, 1_000_000, 131_072, textAgent),
        model("glm-5-3", .glm, 1_048_576, 65_536, textAgent),
        model("glm-5-3-flash", .glm, 1_048_576, 131_072, agent),
        model("kimi-k2-7", .kimi, 262_144, 262_144, agent),
        model("kimi-k3", .kimi, 1_048_576, 1_048_576, agent),
        model("deepseek-v4-flash-0731", .deepseek, 1_000_000, 393_216, textAgent),
        model("deepseek-v4-pro-0813", .deepseek, 1_000_000, 393_216, textAgent),
        model("deepseek-v4-1-flash", .deepseek, 1_000_000, 384_000, agent),
        model("deepseek-v4-1-flash-1017", .deepseek, 1_000_000, 384_000, agent),
        model("grok-4-6", .grok, 500_000, nil, textAgent),
        model("grok-4-7", .grok, 500_000, 500_000, agent),
        model("inkling", .inkling, 1_000_000, nil, agent),
    ]

    private static let embeddings: [BuiltInModel] = [
        model("gte-large-en", .gte, 8_192, nil, [.embeddings], [.openAIEmbeddings]),
        model("bge-large-en", .bge, 512, nil, [.embeddings], [.openAIEmbeddings]),
        model("qwen3-embedding-0-6b", .qwen, 32_768, nil, [.embeddings], [.openAIEmbeddings]),
    ]

    private static let agent: BuiltInModel.Capabilities = [.tools, .vision, .reasoning, .promptCaching]
    private static let textAgent: BuiltInModel.Capabilities = [.tools, .reasoning, .promptCaching]
    private static let imageMaker: BuiltInModel.Capabilities = [.vision, .imageOutput]
    private static let multimodal: BuiltInModel.Capabilities = agent.union([.audio, .video])
    private static let responsesOnly: [WireFormat] = [.openAIResponses]

    private static let byShortName: [String: BuiltInModel] = all.reduce(into: [:]) { $0[$1.shortName] = $1 }

    private static let byVendorName: [String: [String: BuiltInModel]] = all.reduce(into: [:]) { index, model in
        guard let vendor = model.family.vendor, let name = model.vendorName else { return }
        index[vendor, default: [:]][name] = model
    }

    private static func model(
        _ shortName: String,
        _ family: BuiltInModel.Family,
        _ vendorName: String,
        _ context: Int?,
        _ maximumOutput: Int?,
        _ capabilities: BuiltInModel.Capabilities,
        _ wireFormats: [WireFormat]? = nil
    ) -> BuiltInModel {
        BuiltInModel(
            shortName: shortName,
            family: family,
            vendorName: vendorName,
            wireFormats: wireFormats ?? family.wireFormats,
            limits: ModelLimits(context: context, maximumOutput: maximumOutput),
            capabilities: capabilities
        )
    }

    private static func model(
        _ shortName: String,
        _ family: BuiltInModel.Family,
        _ context: Int?,
        _ maximumOutput: Int?,
        _ capabilities: BuiltInModel.Capabilities,
        _ wireFormats: [WireFormat]? = nil
    ) -> BuiltInModel {
        BuiltInModel(
            shortName: shortName,
            family: family,
            vendorName: nil,
            wireFormats: wireFormats ?? family.wireFormats,
            limits: ModelLimits(context: context, maximumOutput: maximumOutput),
            capabilities: capabilities
        )
    }
}
