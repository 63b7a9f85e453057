// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The fields of a Responses request (PyPI `openai` 3.52.0, `types/responses`, 2026-11).
///
/// `client_metadata` is not in the SDK; Codex sends it and OpenAI takes it.
extension OpenAIResponses {
    static let shape = ObjectShape(counted + other)

    /// What the token count takes.
    static let countShape = ObjectShape(counted + [.optional("personality", .text)])

    /// What a compaction takes.
    static let compactShape = ObjectShape(conversation + serving)

    private static let open = Shape.map(of: .anything)

    private static let conversation: [ObjectShape.Member] = [
        .required("model", .text),
        .optional("input", .nullable(.either([.text, .array(of: .variants(item))]))),
        .optional("instructions", .nullable(.text)),
        .optional("previous_response_id", .nullable(.text)),
    ]

    private static let serving: [ObjectShape.Member] = [
        .optional("prompt_cache_key", .nullable(.text)),
        .optional("prompt_cache_options", open),
        .optional("prompt_cache_retention", .nullable(.oneOf(["in_memory", "24h"]))),
        .optional(
            "service_tier",
            .nullable(.oneOf(["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"]))
        ),
    ]

    private static let counted: [ObjectShape.Member] =
        conversation + [
            .optional("conversation", .nullable(.either([.text, open]))),
            .optional("parallel_tool_calls", .nullable(.boolean)),
            .optional("reasoning", .nullable(.object(reasoning))),
            .optional("text", .nullable(.object(text))),
            .optional("tool_choice", .nullable(toolChoice)),
            .optional("tools", .nullable(.array(of: tool))),
            .optional("truncation", .nullable(.oneOf(["auto", "disabled"]))),
        ]

    private static let other: [ObjectShape.Member] =
        serving + [
            .optional("access_programs", open),
            .optional("background", .nullable(.boolean)),
            .optional("client_metadata", .nullable(open)),
            .optional("context_management", .nullable(.array(of: open))),
            .optional("image", open),
            .optional(
                "include",
                .nullable(
                    .array(
                        of: .oneOf([
                            "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
                            "message.input_image.image_url", "computer_call_output.output.image_url",
                            "code_interpreter_call.outputs", "reasoning.encrypted_content",
                            "message.output_text.logprobs",
                        ])
                    )
                )
            ),
            .optional("max_output_tokens", .nullable(.integer(from: 1))),
            .optional("max_tool_calls", .nullable(.integer(from: 1))),
            .optional("metadata", .nullable(.map(of: .boundedText(0...512)))),
            .optional("moderation", .nullable(open)),
            .optional("prompt", .nullable(open)),
            .optional("safety_identifier", .nullable(.boundedText(0...128))),
            .optional("store", .nullable(.boolean)),
            .optional("stream", .nullable(.boolean)),
            .optional("stream_options", .nullable(.object(ObjectShape([.optional("include_obfuscation", .boolean)])))),
            .optional("temperature", .nullable(.number(0...2))),
            .optional("top_logprobs", .nullable(.integer(0...20))),
            .optional("top_p", .nullable(.number(0...1))),
            .optional("user", .text),
        ]

    private static let reasoning = ObjectShape([
        .optional("effort", .nullable(OpenAIShape.effort)),
        .optional("summary", .nullable(.oneOf(["auto", "concise", "detailed"]))),
        .optional("generate_summary", .nullable(.oneOf(["auto", "concise", "detailed"]))),
        .optional("context", .nullable(.oneOf(["auto", "current_turn", "all_turns"]))),
        .optional("mode", .text),
    ])

    private static let text = ObjectShape([
        .optional("verbosity", .nullable(.oneOf(["low", "medium", "high"]))),
        .optional(
            "format",
            .variants(
                VariantShape(
                    by: "type",
                    [
                        .init("text", ObjectShape([.required("type", .text)])),
                        .init("json_object", ObjectShape([.required("type", .text)])),
                        .init(
                            "json_schema",
                            ObjectShape([
                                .required("type", .text),
                                .required("name", .name(OpenAIShape.toolName)),
                                .required("schema", open),
                                .optional("description", .text),
                                .optional("strict", .nullable(.boolean)),
                            ])
                        ),
                    ]
                )
            )
        ),
    ])

    private static let toolChoice = Shape.either([
        .oneOf(["none", "auto", "required"]),
        .variants(
            VariantShape(
                by: "type",
                [
                    .init("function", ObjectShape([.required("type", .text), .required("name", .text)])),
                    .init("custom", ObjectShape([.required("type", .text), .required("name", .text)])),
                    .init(
                        "allowed_tools",
                        ObjectShape([
                            .required("type", .text),
                            .required("mode", .oneOf(["auto", "required"])),
                            .required("tools", .array(of: open)),
                        ])
                    ),
                    .init(
                        "mcp",
                        ObjectShape([
                            .required("type", .text), .required("server_label", .text),
                            .optional("name", .nullable(.text)),
                        ])
                    ),
                ]
                    + [
                        "file_search", "web_search_preview", "web_search", "computer", "computer_use_preview",
                        "computer_use",
                        "image_generation", "code_interpreter", "programmatic_tool_calling", "apply_patch", "shell",
                    ]
                    .map { .init($0, ObjectShape([.required("type", .text)])) }
            )
        ),
    ])

    private static let callable: [ObjectShape.Member] = [
        .required("type", .text),
        .required("name", .name(OpenAIShape.responsesToolName)),
        .optional("description", .nullable(.text)),
        .optional("allowed_callers", .nullable(.array(of: .oneOf(["direct", "programmatic"])))),
        .optional("defer_loading", .boolean),
        .optional("async", .boolean),
    ]

    private static let functionTool = ObjectShape(
        callable + [
            .optional("parameters", .nullable(open)),
            .optional("strict", .nullable(.boolean)),
            .optional("output_schema", .nullable(open)),
        ]
    )

    private static let customTool = ObjectShape(callable + [.optional("format", open)])

    /// Tools that OpenAI runs itself, or whose calls the simulator never makes.
    private static let hostedTools: [StaticString] = [
        "file_search", "computer", "computer_use_preview", "web_search", "web_search_2025_08_26", "web_search_preview",
        "web_search_preview_2025_03_11", "mcp", "code_interpreter", "programmatic_tool_calling", "image_generation",
        "local_shell", "shell", "tool_search", "apply_patch",
    ]

    private static let tool = Shape.variants(
        VariantShape(
            by: "type",
            [
                .init("function", functionTool),
                .init("custom", customTool),
                .init(
                    "namespace",
                    ObjectShape([
                        .required("type", .text),
                        .required("name", .name(OpenAIShape.responsesToolName)),
                        .required("description", .text),
                        .required(
                            "tools",
                            .array(
                                of: .variants(
                                    VariantShape(
                                        by: "type",
                                        [.init("function", functionTool), .init("custom", customTool)]
                                    )
                                )
                            )
                        ),
                    ])
                ),
            ] + hostedTools.map { .init($0, ObjectShape([.required("type", .text)], isOpen: true)) }
        )
    )

    static let tools = Shape.array(of: tool)
}
