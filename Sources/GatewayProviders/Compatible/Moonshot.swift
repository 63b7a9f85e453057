// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Moonshot AI (Kimi).
    ///
    /// Base URL, key variable, chat and Responses: platform.kimi.ai/docs (2026-11). Its Messages API has another base URL: `anthropic_compatible` with
    /// `https://api.moonshot.ai/anthropic`. Models named `kimi-` also take `json_schema`, and Kimi K3 `reasoning_effort` as `low`, `high` or `max` (npm
    /// `@ai-sdk/moonshotai` of 2026-08, read 2026-11-21): `traits: {structured_output: schema}` of a destination says so.
    package static let moonshot = openAICompatible(
        "moonshot",
        "Moonshot AI",
        baseURL: "https://api.moonshot.ai/v1",
        key: "MOONSHOT_API_KEY",
        optional: [.openAIResponses],
        references: RequestReference.filesInTexts,
        traits: .compatible {
            $0.replaysReasoning = .reasoningContent
            $0.structuredOutput = .object
        }
    )
}
