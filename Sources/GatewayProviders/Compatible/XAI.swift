// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// xAI.
    ///
    /// Base URL, key variable and APIs: docs.x.ai (2026-11), where Responses is the first choice, chat is called legacy and Messages is deprecated, so that it is
    /// not here. Some models refuse `reasoning_effort`, such as `grok-4.20-0309-reasoning` (npm `@ai-sdk/xai` of 2026-08, read 2026-11-21).
    package static let xAI = openAICompatible(
        "xai",
        "xAI",
        baseURL: "https://api.x.ai/v1",
        key: "XAI_API_KEY",
        optional: [.openAIResponses],
        response: ["x-ratelimit-*"]
    )
}
