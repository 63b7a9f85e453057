// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The values of the header `anthropic-beta`.
enum AnthropicBetas {
    /// - Throws: 400 for a value that Anthropic does not know.
    static func check(_ betas: [Substring]) throws(Refusal) {
        let unknown = betas.filter { !known.contains(String($0)) }
        guard unknown.isEmpty else {
            let names = unknown.map { "`\($0.prefix(64))`" }.joined(separator: ", ")
            throw .invalid("Unexpected value(s) \(names) for the `anthropic-beta` header.")
        }
    }

    /// Those of PyPI `anthropic` 2.11.0 and those that Claude Code 2.1.329 sends (2026-11).
    private static let known: Set<String> = [
        "computer-use-2024-10-22", "computer-use-2025-01-24", "computer-use-2025-11-24", "output-128k-2025-02-19",
        "output-300k-2026-03-24", "mcp-client-2025-04-04", "mcp-client-2025-11-20", "mcp-client-2026-09-15",
        "dev-full-thinking-2025-05-14", "interleaved-thinking-2025-05-14", "code-execution-2025-05-22",
        "context-1m-2025-08-07", "context-management-2025-06-27", "model-context-window-exceeded-2025-08-26",
        "fast-mode-2026-02-01", "user-profiles-2026-03-24", "user-profiles-2026-08-18", "user-profiles-2026-09-04",
        "user-profiles-billing-2026-10-01", "advisor-tool-2026-03-01", "managed-agents-2026-04-01",
        "dreaming-2026-04-21",
        "thinking-token-count-2026-05-13", "server-side-fallback-2026-06-01", "server-side-fallback-2026-07-01",
        "fallback-credit-2026-06-01", "fallback-credit-2026-07-01", "agent-memory-2026-07-22",
        "mid-conversation-tool-changes-2026-07-01", "mid-conversation-output-config-2026-07-01",
        "mid-conversation-system-clear-at-2026-08-21", "compact-2026-01-12", "compact-2026-09-04",
        "mcp-tunnels-2026-06-22",
        "structured-outputs-2025-11-13", "task-budgets-2026-03-13", "thinking-display-updates-2026-08-18",
        "thinking-binding-controls-2026-08-01", "inline-tools-2026-09-15", "ce-plugins-2026-09-01",
        "spend-limit-reads-2026-09-26", "telemetry-destinations-2026-08-11", "webhooks-2026-10-07",
        "admin-user-sign-out-2026-10-08", "message-threads-2026-08-12", "analytics-usage-cost-2026-08-24",
        "experimental-claude-tag-2026-10-21", "message-batches-2024-09-24", "prompt-caching-2024-07-31",
        "pdfs-2024-09-25",
        "token-counting-2024-11-01", "token-efficient-tools-2025-02-19", "files-api-2025-04-14",
        "extended-cache-ttl-2025-04-11", "skills-2025-10-02", "cache-diagnosis-2026-04-07",
        "ce-user-management-2026-07-13",
        "ce-claude-code-managed-settings-2026-10-06", "claude-code-20250219", "per-turn-control-2026-07-01",
        "advanced-tool-use-2025-11-20", "effort-2025-11-24", "fine-grained-tool-streaming-2025-05-14",
        "oauth-2025-04-20",
    ]
}
