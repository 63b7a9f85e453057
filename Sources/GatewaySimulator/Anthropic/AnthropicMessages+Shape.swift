// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The fields of a Messages request (PyPI `anthropic` 2.11.0, `types/message_create_params.py` and its `beta` twin, 2026-11).
extension AnthropicMessages {
    /// What every caller may send.
    static let shape = ObjectShape(members + generation)

    /// What callers may send together with a beta header.
    ///
    /// Each field belongs to a beta of its own; the simulator asks only whether there is any.
    static let betaShape = ObjectShape(members + generation + beta)

    /// What `count_tokens` takes.
    static let countShape = ObjectShape(
        members + beta.filter { ["context_management", "mcp_servers"].contains($0.name.description) }
    )

    private static let members: [ObjectShape.Member] = [
        .required("model", .boundedText(1...256)),
        .required("messages", AnthropicContent.messages),
        .optional("cache_control", .nullable(AnthropicContent.cacheControl)),
        .optional("output_config", .object(outputConfig)),
        .optional("speed", .nullable(.oneOf(["standard", "fast"]))),
        .optional("system", .either([.text, .array(of: .object(AnthropicContent.textBlock))])),
        .optional("thinking", thinking),
        .optional("tool_choice", toolChoice),
        .optional("tools", .array(of: tool)),
        .optional("user_profile_id", .text),
        .optional("workspace_id", .text),
    ]

    private static let generation: [ObjectShape.Member] = [
        .required("max_tokens", .integer(from: 0)),
        .optional("container", .nullable(.either([.text, .map(of: .anything)]))),
        .optional("diagnostics", .nullable(.map(of: .anything))),
        .optional("inference_geo", .nullable(.text)),
        .optional("metadata", .object(ObjectShape([.optional("user_id", .nullable(.boundedText(0...256)))]))),
        .optional("service_tier", .oneOf(["auto", "standard_only"])),
        .optional("stop_sequences", .array(of: .boundedText(1...1_024), count: 0...8_191)),
        .optional("stream", .boolean),
        .optional("temperature", .number(0...1)),
        .optional("top_k", .integer(from: 0)),
        .optional("top_p", .number(0...1)),
    ]

    private static let beta: [ObjectShape.Member] = [
        .optional("billing_policy", .nullable(.map(of: .anything))),
        .optional("compaction", .nullable(.map(of: .anything))),
        .optional("context_management", .nullable(.map(of: .anything))),
        .optional("fallback_credit_token", .nullable(.anything)),
        .optional("fallbacks", .nullable(.anything)),
        .optional("mcp_servers", .array(of: .map(of: .anything))),
        .optional("thread", .nullable(.map(of: .anything))),
    ]

    private static let outputConfig = ObjectShape([
        .optional("effort", .nullable(.oneOf(["low", "medium", "high", "xhigh", "max"]))),
        .optional(
            "format",
            .nullable(
                .variants(
                    VariantShape(
                        by: "type",
                        [
                            .init(
                                "json_schema",
                                ObjectShape([.required("type", .text), .required("schema", .map(of: .anything))])
                            )
                        ]
                    )
                )
            )
        ),
        .optional("task_budget", .nullable(.map(of: .anything))),
    ])

    private static let display = ObjectShape.Member.optional(
        "display",
        .nullable(.oneOf(["summarized", "omitted", "updates"]))
    )

    private static let thinking = Shape.variants(
        VariantShape(
            by: "type",
            [
                .init(
                    "enabled",
                    ObjectShape([.required("type", .text), .required("budget_tokens", .integer(from: 1_024)), display])
                ),
                .init(
                    "adaptive",
                    ObjectShape([
                        .required("type", .text), display, .optional("block_binding", .nullable(.map(of: .anything))),
                    ])
                ),
                .init("disabled", ObjectShape([.required("type", .text)])),
                .init("between_tools", ObjectShape([.required("type", .text)])),
            ]
        )
    )

    private static let parallel = ObjectShape.Member.optional("disable_parallel_tool_use", .boolean)

    private static let toolChoice = Shape.variants(
        VariantShape(
            by: "type",
            [
                .init("auto", ObjectShape([.required("type", .text), parallel])),
                .init("any", ObjectShape([.required("type", .text), parallel])),
                .init("tool", ObjectShape([.required("type", .text), .required("name", .text), parallel])),
                .init("none", ObjectShape([.required("type", .text)])),
            ]
        )
    )

    static let toolName = NameRule(
        limit: 128,
        allowsDots: false,
        startsWithLetter: false,
        pattern: "^[a-zA-Z0-9_-]{1,128}$"
    )

    private static let customTool = ObjectShape([
        .required("name", .name(toolName)),
        .required("input_schema", .object(ObjectShape([.required("type", .oneOf(["object"]))], isOpen: true))),
        .optional("type", .nullable(.oneOf(["custom"]))),
        .optional("description", .text),
        .optional("cache_control", .nullable(AnthropicContent.cacheControl)),
        .optional("allowed_callers", .array(of: .text)),
        .optional("defer_loading", .boolean),
        .optional("eager_input_streaming", .nullable(.boolean)),
        .optional("input_examples", .array(of: .map(of: .anything))),
        .optional("strict", .boolean),
    ])

    /// Tools that Anthropic defines: the caller names them and gives no schema.
    private static let vendorTools: [StaticString] = [
        "bash_20250124", "text_editor_20250124", "text_editor_20250429", "text_editor_20250728", "memory_20250818",
        "computer_20250124", "computer_20251124", "web_search_20250305", "web_search_20260209", "web_search_20260318",
        "web_fetch_20250910", "web_fetch_20260209", "web_fetch_20260309", "web_fetch_20260318",
        "code_execution_20250522",
        "code_execution_20250825", "code_execution_20260120", "code_execution_20260521",
        "tool_search_tool_regex_20251119",
        "tool_search_tool_bm25_20251119", "tool_search_tool_regex", "tool_search_tool_bm25", "browser_20260801",
        "computer_toolset_20260801", "mcp_toolset", "advisor_20260301",
    ]

    private static let tool = Shape.variants(
        VariantShape(
            by: "type",
            [.init("custom", customTool)]
                + vendorTools.map { .init($0, ObjectShape([.required("type", .text)], isOpen: true)) },
            untagged: customTool
        )
    )
}
