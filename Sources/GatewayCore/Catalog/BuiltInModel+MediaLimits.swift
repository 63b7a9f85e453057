// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension BuiltInModel {
    /// What the model takes of images.
    ///
    /// GPT, Gemma and Llama: Databricks documentation, "Query foundation models by type" (2026-11). Its table has lost Claude's row: the vendor's own page stands in for it
    /// (platform.claude.com/docs/en/build-with-claude/vision, read 2026-11-21), which has 100 images for models of 200,000 tokens of context and 600 for others.
    package var mediaLimits: MediaLimits {
        var limits = MediaLimits()
        guard capabilities.contains(.vision) else { return limits }
        switch family {
        case .gpt:
            limits.maximumImages = 500
            limits.maximumTotalBytes = 10 << 20
        case .gemma, .llama:
            limits.maximumImages = 5
            limits.maximumTotalBytes = 10 << 20
        case .claude:
            limits.maximumImages = (self.limits.context ?? 0) > 200_000 ? 600 : 100
            // 5 MB of base64 ("image exceeds 5 MB maximum", github.com/ai-ecoverse/slicc/pull/117 and others, read 2026-11-21).
            limits.maximumImageBytes = (5 << 20) / 4 * 3
            limits.imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"]
        case .gemini, .gptOSS, .qwen, .glm, .kimi, .deepseek, .grok, .inkling, .gte, .bge, .titan, .cohere: break
        }
        return limits
    }

    /// What the catalogue says of the model, whatever API it is behind; the rest follows from its name (``ModelFamilies``).
    package var knownCapabilities: ModelCapabilities { ModelCapabilities(limits: limits, mediaLimits: mediaLimits) }
}
