// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What a model on Bedrock can do, as far as its id tells.
///
/// An id is `vendor.name`, often with a region before it (`us.`, `eu.`, `global.`), or an ARN that ends in one. The ARN of an application's own inference profile
/// does not tell the model; it counts as ``Vendor/unknown``, which is trusted with everything that changes no answer.
///
/// Rules: the Bedrock user guide's pages on prompt caching, structured output, extended thinking, Nova and gpt-oss (2026-11). That only Claude and Nova cache,
/// and only they take the status of a result: that page and botocore 1.44.5 (read 2026-11-21).
struct BedrockModel {
    enum Vendor: Equatable {
        case claude
        case nova(major: Int)
        /// OpenAI's open models and Moonshot's Kimi K2, which take `reasoning_effort`.
        case effort
        case other
        case unknown
    }

    let vendor: Vendor
    /// What Anthropic's own names tell; for ``Vendor/claude``.
    let claude: AnthropicModel
    private let id: String

    init(_ name: String) {
        id = name.lowercased()
        claude = AnthropicModel(id)
        if id.contains("claude") || id.contains("anthropic.") {
            vendor = .claude
        } else if let nova = id.firstRange(of: "amazon.nova-") {
            vendor = .nova(major: id[nova.upperBound...].first.flatMap(\.wholeNumberValue) ?? 1)
        } else if id.contains("openai.") || id.contains("moonshot") {
            vendor = .effort
        } else {
            vendor =
                id.hasPrefix("arn:") && !id.contains("foundation-model/") && !id.contains(":inference-profile/")
                ? .unknown : .other
        }
    }

    /// Whether `outputConfig.textFormat` is understood.
    var takesFormat: Bool {
        if vendor == .claude { return claude.takesFormat }
        return [
            "openai.", "qwen.qwen3", "deepseek.v3", "moonshot", "minimax.", "google.gemma-3", "nvidia.nemotron",
            "mistral.magistral", "mistral.ministral", "mistral.mistral-large-3", "mistral.voxtral",
        ].contains { id.contains($0) }
    }

    /// Whether `cachePoint` blocks are understood in messages and the system's words.
    var caches: Bool {
        switch vendor {
        case .claude, .nova, .unknown: true
        case .effort, .other: false
        }
    }

    /// Whether `cachePoint` blocks are understood among tools; Nova has none there.
    var cachesTools: Bool {
        switch vendor {
        case .claude, .unknown: true
        case .nova, .effort, .other: false
        }
    }

    /// Whether a cache may live for an hour: since Claude 4.5 (the model map of PyPI `litellm` 1.109.1, read 2026-11-21).
    var cachesForHours: Bool {
        switch vendor {
        case .claude: claude.version.map { ($0.major, $0.minor) >= (4, 5) } ?? false
        case .unknown: true
        case .nova, .effort, .other: false
        }
    }

    /// Whether the results of tools may say that they failed.
    var takesResultStatus: Bool {
        switch vendor {
        case .claude, .nova, .unknown: true
        case .effort, .other: false
        }
    }
}
