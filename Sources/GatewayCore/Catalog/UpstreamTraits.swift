// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// How an upstream differs from the API whose wire format it speaks.
///
/// Defaults are those of the format's own vendor. A provider states its deviations once, with source and date; the configuration's `traits` of a provider
/// service or destination override them.
package struct UpstreamTraits: Sendable, Hashable {
    /// How an answer is made to follow a JSON Schema.
    package enum StructuredOutput: String, Sendable, CaseIterable {
        /// The format's own control takes a schema.
        case schema
        /// The control only takes "some JSON object"; the schema is emulated with a tool.
        case object
        /// There is no control; emulated with a tool.
        case tool
    }

    /// What chat upstreams call the model's thoughts.
    package enum ReasoningMember: String, Sendable, CaseIterable {
        case none
        /// DeepSeek, vLLM and most others.
        case reasoningContent = "reasoning_content"
        /// Groq, OpenRouter, newer vLLM.
        case reasoning
        /// No field: blocks of the content, as Databricks has them.
        case blocks
    }

    package var structuredOutput: StructuredOutput?
    /// Whether chat requests say `max_completion_tokens` instead of `max_tokens`; OpenAI's own models demand it.
    package var usesMaxCompletionTokens: Bool?
    /// Whether `stream_options` is understood.
    package var takesStreamOptions: Bool?
    /// How thoughts go back in assistant messages of chat requests.
    package var replaysReasoning: ReasoningMember?
    /// Whether chat requests support `reasoning_effort`.
    package var takesReasoningEffort: Bool?
    /// Whether chat requests support `parallel_tool_calls`.
    package var takesParallelToolCalls: Bool?
    /// Whether the role `developer` is understood in chat requests.
    package var takesDeveloperRole: Bool?
    /// Whether `cache_control` is understood in chat requests; OpenAI's own API refuses it.
    package var takesCacheControl: Bool?
    /// Whether ids of tool calls in chat requests must have nine letters and digits.
    package var demandsShortCallIDs: Bool?
    /// `anthropic_version` in the body of Messages requests, with the model in the path, for Anthropic's models in another vendor's cloud; nil at Anthropic itself.
    package var anthropicVersion: String?
    /// Whether counts of tokens and embeddings in Gemini's formats have the members that they have on Vertex AI; Gemini's own API refuses those.
    package var isVertexAI: Bool?
    /// Whether answers of the Responses API can be referred to by their ids; if not, the gateway keeps them.
    package var keepsResponses: Bool?
    /// Whether an id of an answer or of a tool call may come twice in a conversation.
    package var repeatsIDs: Bool?

    package init() {}

    /// These traits, with what they do not say taken from others.
    package func over(_ others: UpstreamTraits) -> UpstreamTraits {
        var traits = self
        traits.structuredOutput = structuredOutput ?? others.structuredOutput
        traits.usesMaxCompletionTokens = usesMaxCompletionTokens ?? others.usesMaxCompletionTokens
        traits.takesStreamOptions = takesStreamOptions ?? others.takesStreamOptions
        traits.replaysReasoning = replaysReasoning ?? others.replaysReasoning
        traits.takesReasoningEffort = takesReasoningEffort ?? others.takesReasoningEffort
        traits.takesParallelToolCalls = takesParallelToolCalls ?? others.takesParallelToolCalls
        traits.takesDeveloperRole = takesDeveloperRole ?? others.takesDeveloperRole
        traits.takesCacheControl = takesCacheControl ?? others.takesCacheControl
        traits.demandsShortCallIDs = demandsShortCallIDs ?? others.demandsShortCallIDs
        traits.anthropicVersion = anthropicVersion ?? others.anthropicVersion
        traits.isVertexAI = isVertexAI ?? others.isVertexAI
        traits.keepsResponses = keepsResponses ?? others.keepsResponses
        traits.repeatsIDs = repeatsIDs ?? others.repeatsIDs
        return traits
    }
}
