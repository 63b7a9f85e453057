// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// SGLang's server, on the local machine.
    ///
    /// Port: qwen.readthedocs.io, "SGLang". Chat and embeddings: docs.sglang.io/docs/basic_usage. Reasoning as `reasoning_content`, `reasoning_effort` from `none`
    /// to `max`, `stream_options` and `parallel_tool_calls`: `srt/entrypoints/openai/protocol.py` of its repository, which has Responses and Messages beside it
    /// (all read 2026-11-21).
    package static let sglang = openAICompatible(
        "sglang",
        "SGLang",
        baseURL: "http://localhost:30000/v1",
        key: nil,
        [.openAIChat, .openAIEmbeddings],
        optional: [.openAIResponses, .anthropicMessages],
        traits: .compatible {
            $0.replaysReasoning = .reasoningContent
            $0.takesReasoningEffort = true
        }
    )
}
