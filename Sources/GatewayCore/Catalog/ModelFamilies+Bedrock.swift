// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension ModelFamilies {
    /// Models behind Bedrock's Converse, and what Bedrock embeds with.
    ///
    /// An id is `vendor.name`, often with a region before it (`us.`, `eu.`, `global.`), or an ARN that ends in one. The ARN of an application's own inference
    /// profile does not tell the model: no rule matches it, and a model of which nothing is known is trusted with everything that changes no answer.
    ///
    /// Rules: the Bedrock user guide's pages on prompt caching, structured output, extended thinking, Nova and gpt-oss (2026-11). That only Claude and Nova cache,
    /// and only they take the status of a result: that page and botocore 1.44.5 (read 2026-11-21). That a cache may live for an hour since Claude 4.5: the model
    /// map of PyPI `litellm` 1.109.1 (read 2026-11-21).
    static let bedrock: [ModelRule] = [
        ModelRule([.bedrockConverse], identifies: false) {
            !isOpaque($0)
        } _: { facts in
            facts.cacheMarks = []
            facts.takesResultStatus = false
        },
        ModelRule([.bedrockConverse]) {
            $0.contains(anyOf: schemaModels) && !isClaude($0)
        } _: {
            $0.takesResponseSchema = true
        },
        ModelRule([.bedrockConverse]) {
            isEffortModel($0)
        } _: { facts in
            facts.nativeFields = .openAI
            facts.cacheMarks = []
            facts.takesResultStatus = false
            facts.reasoning = .effort
            facts.efforts = EffortSet(from: .low, to: .high)
        },
        ModelRule([.bedrockConverse]) {
            novaVersion($0) != nil
        } _: { facts in
            facts.nativeFields = .nova
            facts.cacheMarks = .messages
            facts.takesResultStatus = true
            facts.reasoning = .unavailable
        },
        ModelRule([.bedrockConverse]) {
            novaVersion($0) ?? 1 >= 2
        } _: { facts in
            facts.reasoning = .effort
            facts.efforts = EffortSet(from: .low, to: .high)
        },
        ModelRule([.bedrockConverse]) {
            isClaude($0)
        } _: { facts in
            facts.nativeFields = .anthropic
            facts.cacheMarks = [.messages, .tools]
            facts.takesResultStatus = true
        },
        ModelRule([.bedrockConverse]) {
            isClaude($0) && $0.claude.map { $0 >= (4, 5) } ?? false
        } _: {
            $0.cacheMarks = [.messages, .tools, .hour]
        },
        // Cohere's third version; Titan's first.
        ModelRule([.bedrockCohereEmbeddings]) {
            $0.contains(anyOf: ["embed-english-v3", "embed-multilingual-v3"])
        } _: {
            $0.embeddingLength = 1_024
        },
        ModelRule([.bedrockTitanEmbeddings]) {
            $0.contains(anyOf: ["titan-embed-text-v1", "titan-embed-g1"])
        } _: {
            $0.embeddingLength = 1_536
        },
        ModelRule([.bedrockTitanEmbeddings]) {
            $0.contains("titan-embed-image")
        } _: {
            $0.embedsImages = true
        },
    ]

    /// Models besides Claude whose answers can be made to follow a schema.
    private static let schemaModels = [
        "openai.", "qwen.qwen3", "deepseek.v3", "moonshot", "minimax.", "google.gemma-3", "nvidia.nemotron",
        "mistral.magistral", "mistral.ministral", "mistral.mistral-large-3", "mistral.voxtral",
    ]

    private static func isClaude(_ name: ModelName) -> Bool { name.contains(anyOf: ["claude", "anthropic."]) }

    /// Nova's major version; nil for other models.
    private static func novaVersion(_ name: ModelName) -> Int? {
        guard !isClaude(name), let nova = name.text.firstRange(of: "amazon.nova-") else { return nil }
        return name.text[nova.upperBound...].first.flatMap(\.wholeNumberValue) ?? 1
    }

    /// OpenAI's open models and Moonshot's Kimi K2.
    private static func isEffortModel(_ name: ModelName) -> Bool {
        name.contains(anyOf: ["openai.", "moonshot"]) && !isClaude(name) && novaVersion(name) == nil
    }

    /// Whether an id is an ARN that does not end in the id of a model.
    private static func isOpaque(_ name: ModelName) -> Bool {
        name.text.hasPrefix("arn:") && !name.contains(anyOf: ["foundation-model/", ":inference-profile/"])
    }
}
