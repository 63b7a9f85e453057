// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// One model of the built-in catalogue: `system.ai.<shortName>`.
package struct BuiltInModel: Sendable {
    /// Who made the model; it decides what the model speaks natively and which vendor serves it.
    package enum Family: String, Sendable, CaseIterable {
        case claude = "Claude"
        case gpt = "GPT"
        case gemini = "Gemini"
        case gptOSS = "GPT-OSS"
        case llama = "Llama"
        case gemma = "Gemma"
        case qwen = "Qwen"
        case glm = "GLM"
        case kimi = "Kimi"
        case deepseek = "DeepSeek"
        case grok = "Grok"
        case inkling = "Inkling"
        case gte = "GTE"
        case bge = "BGE"
        case titan = "Titan"
        case cohere = "Cohere"

        /// The `provider_type` of the vendor whose own API serves the family; nil where no vendor of this gateway does.
        package var vendor: String? {
            switch self {
            case .claude: "anthropic"
            case .gpt: "openai"
            case .gemini: "gemini"
            case .gptOSS, .llama, .gemma, .qwen, .glm, .kimi, .deepseek, .grok, .inkling, .gte, .bge, .titan, .cohere:
                nil
            }
        }

        /// What the family's models speak unless they are an exception.
        package var wireFormats: [WireFormat] {
            switch self {
            case .claude: [.anthropicMessages]
            case .gpt: [.openAIResponses, .openAIChat]
            case .gemini: [.geminiGenerateContent]
            case .gptOSS, .llama, .gemma, .qwen, .glm, .kimi, .deepseek, .grok, .inkling: [.openAIChat]
            case .gte, .bge: [.openAIEmbeddings]
            case .titan: [.bedrockTitanEmbeddings]
            case .cohere: [.bedrockCohereEmbeddings]
            }
        }
    }

    /// What a model can do beyond answering text with text.
    package struct Capabilities: OptionSet, Sendable, Hashable {
        package let rawValue: UInt16

        package init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        package static let tools = Capabilities(rawValue: 1 << 0)
        package static let vision = Capabilities(rawValue: 1 << 1)
        package static let audio = Capabilities(rawValue: 1 << 2)
        package static let video = Capabilities(rawValue: 1 << 3)
        package static let reasoning = Capabilities(rawValue: 1 << 4)
        package static let promptCaching = Capabilities(rawValue: 1 << 5)
        package static let imageOutput = Capabilities(rawValue: 1 << 6)
        package static let embeddings = Capabilities(rawValue: 1 << 7)
    }

    /// The name after `system.ai.`: `claude-sonnet-4-5`.
    package let shortName: String
    package let family: Family
    /// What the family's vendor calls the model; nil where it does not serve it by an API of this gateway.
    package let vendorName: String?
    /// What the model speaks, its first choice first; a simulated model speaks nothing else.
    package let wireFormats: [WireFormat]
    package let limits: ModelLimits
    package let capabilities: Capabilities

    package init(
        shortName: String,
        family: Family,
        vendorName: String?,
        wireFormats: [WireFormat],
        limits: ModelLimits,
        capabilities: Capabilities
    ) {
        self.shortName = shortName
        self.family = family
        self.vendorName = vendorName
        self.wireFormats = wireFormats
        self.limits = limits
        self.capabilities = capabilities
    }

    /// `system.ai.<shortName>`.
    package var fullName: String { "system.ai.\(shortName)" }
}
