// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension BuiltInModel {
    /// What the model takes of images.
    ///
    /// GPT, Gemma and Llama: the vision page of the seeds. Its table has lost Claude's row: the vendor's own page on vision stands in for it (2026-11).
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
            limits.maximumImages = 100
            limits.maximumImageBytes = 5 << 20
            limits.imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"]
        case .gemini, .gptOSS, .qwen, .glm, .kimi, .deepseek, .grok, .inkling, .gte, .bge: break
        }
        return limits
    }
}
