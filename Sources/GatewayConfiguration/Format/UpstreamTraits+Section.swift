// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension UpstreamTraits {
    /// `traits` of a provider service or of a destination.
    static func section(_ title: String) -> Section<UpstreamTraits> {
        let structuredOutput = Field(
            "structured_output",
            ValueType<StructuredOutput>.choice(),
            "How an answer is made to follow a JSON Schema: by the API's own control; by a tool where that control takes no schema; by a tool always."
        )
        let maxCompletionTokens = Field(
            "max_completion_tokens",
            .boolean,
            "Whether chat requests say `max_completion_tokens` in place of `max_tokens`."
        )
        let streamOptions = Field(
            "stream_options",
            .boolean,
            "Whether `stream_options` is understood. Without it the usage of streams is an estimate, unless the upstream reports it by itself."
        )
        let reasoningMember = Field(
            "reasoning_member",
            ValueType<ReasoningMember>.choice(),
            "The member that carries thoughts back in the assistant messages of chat requests."
        )
        let reasoningEffort = Field(
            "reasoning_effort",
            .boolean,
            "Whether `reasoning_effort` is understood in chat requests."
        )
        let parallelToolCalls = Field(
            "parallel_tool_calls",
            .boolean,
            "Whether `parallel_tool_calls` is understood in chat requests."
        )
        let developerRole = Field(
            "developer_role",
            .boolean,
            "Whether the role `developer` is understood in chat requests; `system` is sent otherwise."
        )
        let cacheControl = Field(
            "cache_control",
            .boolean,
            "Whether `cache_control` is understood in chat requests; it is left out otherwise."
        )
        return Section(
            title,
            "How the upstream differs from the API that it speaks. What is left out is as the provider type has it; a destination's traits win over its provider service's.",
            fields: [
                structuredOutput.documentation, maxCompletionTokens.documentation, streamOptions.documentation,
                reasoningMember.documentation, reasoningEffort.documentation, parallelToolCalls.documentation,
                developerRole.documentation, cacheControl.documentation,
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
            return traits
        }
    }
}
