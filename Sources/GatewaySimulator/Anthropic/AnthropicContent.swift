// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The messages and content blocks of Anthropic's API (PyPI `anthropic` 2.11.0, `types/*_block_param.py`, 2026-11).
enum AnthropicContent {
    static let messages = Shape.array(
        of: .object(
            ObjectShape([
                .required("role", .oneOf(["user", "assistant", "system"])),
                .required("content", .either([.text, .array(of: .variants(blocks))])),
                .optional("clear_at", .nullable(.text)),
                .optional("output_config", .nullable(.map(of: .anything))),
            ])
        ),
        count: 1...100_000
    )

    static let cacheControl = Shape.variants(
        VariantShape(
            by: "type",
            [.init("ephemeral", ObjectShape([.required("type", .text), .optional("ttl", .oneOf(["5m", "1h"]))]))]
        )
    )

    private static let cache = ObjectShape.Member.optional("cache_control", .nullable(cacheControl))
    private static let type = ObjectShape.Member.required("type", .oneOf(["text"]))

    static let textBlock = ObjectShape([
        type,
        .required("text", .text),
        cache,
        .optional("citations", .nullable(.array(of: .map(of: .anything)))),
    ])

    private static func block(_ tag: StaticString, _ members: [ObjectShape.Member]) -> VariantShape.Variant {
        .init(tag, ObjectShape([.required("type", .text)] + members))
    }

    private static let image = block(
        "image",
        [
            .required(
                "source",
                .variants(
                    VariantShape(
                        by: "type",
                        [
                            block(
                                "base64",
                                [
                                    .required("data", .text),
                                    .required(
                                        "media_type",
                                        .oneOf(["image/jpeg", "image/png", "image/gif", "image/webp"])
                                    ),
                                ]
                            ),
                            block("url", [.required("url", .text)]),
                            block("file", [.required("file_id", .text)]),
                        ]
                    )
                )
            ),
            cache,
            .optional("transformations", .nullable(.map(of: .anything))),
        ]
    )

    private static let document = block(
        "document",
        [
            .required(
                "source",
                .variants(
                    VariantShape(
                        by: "type",
                        [
                            block(
                                "base64",
                                [.required("data", .text), .required("media_type", .oneOf(["application/pdf"]))]
                            ),
                            block("text", [.required("data", .text), .required("media_type", .oneOf(["text/plain"]))]),
                            block(
                                "content",
                                [.required("content", .either([.text, .array(of: .map(of: .anything))]))]
                            ),
                            block("url", [.required("url", .text)]),
                            block("file", [.required("file_id", .text)]),
                        ]
                    )
                )
            ),
            cache,
            .optional("citations", .nullable(.object(ObjectShape([.optional("enabled", .boolean)])))),
            .optional("context", .nullable(.text)),
            .optional("title", .nullable(.text)),
        ]
    )

    private static let searchResult = block(
        "search_result",
        [
            .required("content", .array(of: .object(textBlock))),
            .required("source", .text),
            .required("title", .text),
            cache,
            .optional("citations", .map(of: .anything)),
        ]
    )

    private static let resultContent = Shape.either([
        .text,
        .array(
            of: .variants(
                VariantShape(
                    by: "type",
                    [
                        .init("text", textBlock), image, searchResult, document,
                        block("tool_reference", [.required("tool_name", .text), cache]),
                        .init("browser_state", ObjectShape([.required("type", .text)], isOpen: true)),
                    ]
                )
            )
        ),
    ])

    private static let toolResult = block(
        "tool_result",
        [
            .required("tool_use_id", .name(toolID)),
            .optional("content", resultContent),
            .optional("is_error", .boolean),
            cache,
            .optional("toolset_name", .nullable(.text)),
        ]
    )

    private static let toolUse = block(
        "tool_use",
        [
            .required("id", .name(toolID)),
            .required("name", .boundedText(1...200)),
            .required("input", .map(of: .anything)),
            cache,
            .optional("caller", .map(of: .anything)),
            .optional("toolset_name", .nullable(.text)),
        ]
    )

    /// Blocks that Anthropic's own tools make; clients only send them back.
    private static let serverBlocks: [VariantShape.Variant] =
        [
            "server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result",
            "bash_code_execution_tool_result", "text_editor_code_execution_tool_result", "tool_search_tool_result",
            "container_upload", "mcp_tool_use", "mcp_tool_result", "compaction", "tool_addition", "tool_removal",
        ]
        .map { .init($0, ObjectShape([.required("type", .text)], isOpen: true)) }

    static let toolID = NameRule(limit: 256, allowsDots: false, startsWithLetter: false, pattern: "^[a-zA-Z0-9_-]+$")

    private static let blocks = VariantShape(
        by: "type",
        [
            .init("text", textBlock), image, document, searchResult,
            block("thinking", [.required("thinking", .text), .required("signature", .text)]),
            block("redacted_thinking", [.required("data", .text)]),
            toolUse, toolResult,
        ] + serverBlocks
    )
}
