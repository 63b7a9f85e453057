// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The input items of a Responses request (PyPI `openai` 3.52.0, `types/responses/response_input_param.py`, 2026-11).
extension OpenAIResponses {
    static let item = VariantShape(
        by: "type",
        [
            .init("message", message),
            variant(
                "function_call",
                [
                    .required("call_id", .boundedText(1...64)),
                    .required("name", .name(OpenAIShape.responsesToolName)),
                    .required("arguments", .text),
                    .optional("namespace", .nullable(.text)),
                    .optional("caller", .nullable(open)),
                    .optional("async", .nullable(.boolean)),
                    status,
                ]
            ),
            variant(
                "function_call_output",
                [
                    .required("call_id", .boundedText(1...64)),
                    .required("output", output),
                    .optional("caller", .nullable(open)),
                    .optional("name", .nullable(.text)),
                    .optional("namespace", .nullable(.text)),
                    status,
                ]
            ),
            variant(
                "custom_tool_call",
                [
                    .required("call_id", .boundedText(1...64)),
                    .required("name", .text),
                    .required("input", .text),
                    .optional("namespace", .nullable(.text)),
                    .optional("caller", .nullable(open)),
                    .optional("async", .nullable(.boolean)),
                    status,
                ]
            ),
            variant(
                "custom_tool_call_output",
                [
                    .required("call_id", .boundedText(1...64)),
                    .required("output", output),
                    .optional("caller", .nullable(open)),
                ]
            ),
            variant(
                "reasoning",
                [
                    .required(
                        "summary",
                        .array(
                            of: .object(
                                ObjectShape([.required("type", .oneOf(["summary_text"])), .required("text", .text)])
                            )
                        )
                    ),
                    .optional("content", .nullable(.array(of: open))),
                    .optional("encrypted_content", .nullable(.text)),
                    status,
                ]
            ),
            variant("additional_tools", [.required("role", .oneOf(["developer"])), .required("tools", tools)]),
            variant("item_reference", []),
        ] + hostedItems,
        untagged: message
    )

    private static let open = Shape.map(of: .anything)
    private static let id = ObjectShape.Member.optional("id", .nullable(.boundedText(0...64)))
    private static let status = ObjectShape.Member.optional(
        "status",
        .nullable(.oneOf(["in_progress", "completed", "incomplete"]))
    )

    private static func variant(_ type: StaticString, _ members: [ObjectShape.Member]) -> VariantShape.Variant {
        .init(type, ObjectShape([.required("type", .text), id] + members))
    }

    /// Items of tools that OpenAI runs itself; clients only send them back.
    private static let hostedItems: [VariantShape.Variant] =
        [
            "file_search_call", "computer_call", "computer_call_output", "web_search_call", "tool_search_call",
            "tool_search_output", "configuration_update", "compaction", "image_generation_call",
            "code_interpreter_call",
            "local_shell_call", "local_shell_call_output", "shell_call", "shell_call_output", "apply_patch_call",
            "apply_patch_call_output", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response", "mcp_call",
            "compaction_trigger", "program", "program_output",
        ]
        .map { .init($0, ObjectShape([.required("type", .text)], isOpen: true)) }

    private static let message = ObjectShape([
        .optional("type", .text),
        id,
        .required("role", .oneOf(["user", "assistant", "system", "developer"])),
        .required("content", .either([.text, .array(of: .variants(content))])),
        .optional("phase", .nullable(.oneOf(["commentary", "final_answer"]))),
        status,
    ])

    private static let breakpoint = ObjectShape.Member.optional("prompt_cache_breakpoint", .nullable(open))

    private static let inputContent: [VariantShape.Variant] = [
        .init("input_text", ObjectShape([.required("type", .text), .required("text", .text), breakpoint])),
        .init(
            "input_image",
            ObjectShape([
                .required("type", .text),
                .optional("detail", .nullable(.oneOf(["auto", "low", "high", "original"]))),
                .optional("file_id", .nullable(.text)),
                .optional("image_url", .nullable(.text)),
                breakpoint,
            ])
        ),
        .init(
            "input_file",
            ObjectShape([
                .required("type", .text),
                .optional("detail", .oneOf(["auto", "low", "high"])),
                .optional("file_data", .nullable(.text)),
                .optional("file_id", .nullable(.text)),
                .optional("file_url", .nullable(.text)),
                .optional("filename", .nullable(.text)),
                breakpoint,
            ])
        ),
    ]

    /// What the parts of a message may be; which of them the role allows is checked later.
    private static let content = VariantShape(
        by: "type",
        inputContent + [
            .init(
                "input_audio",
                ObjectShape([
                    .required("type", .text),
                    .required(
                        "input_audio",
                        .object(ObjectShape([.required("data", .text), .required("format", .oneOf(["mp3", "wav"]))]))
                    ),
                ])
            ),
            .init(
                "output_text",
                ObjectShape([
                    .required("type", .text),
                    .required("text", .text),
                    .optional("annotations", .nullable(.array(of: open))),
                    .optional("logprobs", .nullable(.array(of: open))),
                ])
            ),
            .init("refusal", ObjectShape([.required("type", .text), .required("refusal", .text)])),
        ]
    )

    private static let output = Shape.either([.text, .array(of: .variants(VariantShape(by: "type", inputContent)))])
}
