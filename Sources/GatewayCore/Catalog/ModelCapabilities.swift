// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What a model can do, as the API of its upstream has it; nil where it is not known.
///
/// ``ModelFamilies`` knows it of models by their names, the configuration's `capabilities` of a destination override that. A dialect reads these facts and never a
/// name. What it takes nil for is its own: the older or the newer behaviour, whichever an unknown model is likely to have.
package struct ModelCapabilities: Sendable, Hashable {
    /// How the amount of reasoning is asked for.
    package enum Reasoning: String, Sendable, CaseIterable {
        /// The model does not reason.
        case unavailable = "none"
        /// As a number of tokens.
        case budget
        /// As an effort, by whatever name.
        case effort
        /// The model decides; an effort may stand beside.
        case adaptive
    }

    /// How a model is told not to reason.
    package enum Silence: String, Sendable, CaseIterable {
        /// By the API's own word for it.
        case disabled
        /// By Anthropic's `between_tools`: no reasoning before the answer, a little between calls.
        case betweenTools = "between_tools"
        /// It always reasons, and refuses to be told.
        case impossible
    }

    /// Which of `temperature`, `top_p` and `top_k` are understood.
    package enum Sampling: String, Sendable, CaseIterable {
        case all
        /// Not `temperature` and `top_p` in one request.
        case exclusive
        /// Only where the model is told not to reason.
        case withoutReasoning = "without_reasoning"
        case unavailable = "none"
    }

    /// What schemas are written in.
    package enum SchemaLanguage: String, Sendable, CaseIterable {
        case jsonSchema = "json_schema"
        /// A subset of OpenAPI's.
        case openAPI = "openapi"
    }

    /// Where marks of what is to be cached may stand on Bedrock.
    package struct CacheMarks: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// In messages and system text.
        package static let messages = CacheMarks(rawValue: 1 << 0)
        /// After tools.
        package static let tools = CacheMarks(rawValue: 1 << 1)
        /// With a lifetime of an hour.
        package static let hour = CacheMarks(rawValue: 1 << 2)
    }

    /// Whose fields `additionalModelRequestFields` of Bedrock's Converse holds.
    package enum NativeFields: String, Sendable, CaseIterable {
        case anthropic
        case nova
        /// `reasoning_effort`.
        case openAI = "openai"
    }

    package var limits = ModelLimits()
    package var mediaLimits = MediaLimits()

    package var reasoning: Reasoning?
    /// The efforts that are taken; empty where there is no word for it.
    package var efforts: EffortSet?
    /// The least and the most tokens to reason with.
    package var reasoningBudget: ClosedRange<Int>?
    package var silence: Silence?
    /// Whether it reasons unless it is told not to.
    package var reasonsUnasked: Bool?
    /// Whether reasoning is left out of answers unless it is asked for.
    package var hidesReasoning: Bool?
    /// Whether a turn is refused whose first call has no signature.
    package var demandsSignatures: Bool?

    package var sampling: Sampling?
    /// Whether a conversation may end with the beginning of the answer.
    package var takesPrefill: Bool?

    /// Whether a call of a tool can be forced.
    package var takesForcedCalls: Bool?
    /// Whether results of tools may hold media.
    package var takesMediaInResults: Bool?
    /// Whether results of tools may say that they failed.
    package var takesResultStatus: Bool?

    /// Whether an answer can be made to follow a JSON Schema.
    package var takesResponseSchema: Bool?
    /// Whether that goes together with tools.
    package var takesResponseSchemaBesideTools: Bool?
    package var schemaLanguage: SchemaLanguage?

    package var cacheMarks: CacheMarks?

    /// Whether the vendor fetches media by public URLs.
    package var fetchesURLs: Bool?
    /// Whether each image may have a resolution of its own.
    package var takesImageResolution: Bool?

    /// The one length that vectors have; nil where a request may choose it.
    package var embeddingLength: Int?
    /// Whether vectors are of images too, with the fields that such models have.
    package var embedsImages: Bool?

    package var nativeFields: NativeFields?

    package init() {}

    package init(limits: ModelLimits, mediaLimits: MediaLimits = MediaLimits()) {
        self.limits = limits
        self.mediaLimits = mediaLimits
    }

    /// These facts, with what they do not say taken from others.
    package func over(_ others: ModelCapabilities) -> ModelCapabilities {
        var merged = self
        merged.limits = limits.over(others.limits)
        merged.mediaLimits = mediaLimits.over(others.mediaLimits)
        merged.reasoning = reasoning ?? others.reasoning
        merged.efforts = efforts ?? others.efforts
        merged.reasoningBudget = reasoningBudget ?? others.reasoningBudget
        merged.silence = silence ?? others.silence
        merged.reasonsUnasked = reasonsUnasked ?? others.reasonsUnasked
        merged.hidesReasoning = hidesReasoning ?? others.hidesReasoning
        merged.demandsSignatures = demandsSignatures ?? others.demandsSignatures
        merged.sampling = sampling ?? others.sampling
        merged.takesPrefill = takesPrefill ?? others.takesPrefill
        merged.takesForcedCalls = takesForcedCalls ?? others.takesForcedCalls
        merged.takesMediaInResults = takesMediaInResults ?? others.takesMediaInResults
        merged.takesResultStatus = takesResultStatus ?? others.takesResultStatus
        merged.takesResponseSchema = takesResponseSchema ?? others.takesResponseSchema
        merged.takesResponseSchemaBesideTools = takesResponseSchemaBesideTools ?? others.takesResponseSchemaBesideTools
        merged.schemaLanguage = schemaLanguage ?? others.schemaLanguage
        merged.cacheMarks = cacheMarks ?? others.cacheMarks
        merged.fetchesURLs = fetchesURLs ?? others.fetchesURLs
        merged.takesImageResolution = takesImageResolution ?? others.takesImageResolution
        merged.embeddingLength = embeddingLength ?? others.embeddingLength
        merged.embedsImages = embedsImages ?? others.embedsImages
        merged.nativeFields = nativeFields ?? others.nativeFields
        return merged
    }
}
