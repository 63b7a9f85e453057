// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension UpstreamTraits {
    /// `traits` of a provider service or of a destination.
    static func section(_ title: String) -> Section<UpstreamTraits> {
        let structuredOutput = Field(
            "structured_output",
            ValueType<StructuredOutput>.choice(),
            "How a response is made to follow a JSON Schema: by the API's own field (`schema`), by a tool where that field takes no schema (`object`), or always by a tool (`tool`)."
        )
        let maxCompletionTokens = Field(
            "max_completion_tokens",
            .boolean,
            "Whether chat requests use `max_completion_tokens` instead of `max_tokens`."
        )
        let streamOptions = Field(
            "stream_options",
            .boolean,
            "Whether `stream_options` is supported. If not, token usage of streams is an estimate, unless the upstream reports it anyway."
        )
        let reasoningMember = Field(
            "reasoning_member",
            ValueType<ReasoningMember>.choice(),
            "The field that returns reasoning to the upstream in the assistant messages of chat requests."
        )
        let reasoningEffort = Field(
            "reasoning_effort",
            .boolean,
            "Whether chat requests support `reasoning_effort`."
        )
        let parallelToolCalls = Field(
            "parallel_tool_calls",
            .boolean,
            "Whether chat requests support `parallel_tool_calls`."
        )
        let developerRole = Field(
            "developer_role",
            .boolean,
            "Whether chat requests support the role `developer`; if not, `system` is sent."
        )
        let cacheControl = Field(
            "cache_control",
            .boolean,
            "Whether chat requests support `cache_control`; if not, it is left out."
        )
        let shortCallIDs = Field(
            "short_call_ids",
            .boolean,
            "Whether ids of tool calls must have nine letters and digits, as Mistral demands; if so, others are respelled."
        )
        let repeatedIDs = Field(
            "repeated_ids",
            .boolean,
            "Whether ids of responses and tool calls may come twice in a conversation; if so, relayed responses get unique ones."
        )
        return Section(
            title,
            "How the upstream differs from its API. Defaults depend on the provider type; a destination's traits override those of its provider service.",
            fields: [
                structuredOutput.documentation, maxCompletionTokens.documentation, streamOptions.documentation,
                reasoningMember.documentation, reasoningEffort.documentation, parallelToolCalls.documentation,
                developerRole.documentation, cacheControl.documentation, shortCallIDs.documentation,
                repeatedIDs.documentation,
            ]
        ) { values, reading in
            var traits = UpstreamTraits()
            traits.structuredOutput = values.read(structuredOutput, &reading)
            traits.usesMaxCompletionTokens = values.read(maxCompletionTokens, &reading)
            traits.takesStreamOptions = values.read(streamOptions, &reading)
            traits.replaysReasoning = values.read(reasoningMember, &reading)
            traits.takesReasoningEffort = values.read(reasoningEffort, &reading)
            traits.takesParallelToolCalls = values.read(parallelToolCalls, &reading)
            traits.takesDeveloperRole = values.read(developerRole, &reading)
            traits.takesCacheControl = values.read(cacheControl, &reading)
            traits.demandsShortCallIDs = values.read(shortCallIDs, &reading)
            traits.repeatsIDs = values.read(repeatedIDs, &reading)
            return traits
        }
    }
}
