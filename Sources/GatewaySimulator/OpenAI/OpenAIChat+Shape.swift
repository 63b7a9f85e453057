// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The fields of a chat completion request (PyPI `openai` 3.52.0, `types/chat`, 2026-11).
extension OpenAIChat {
    /// What OpenAI takes.
    static let shape = ObjectShape(common)

    /// What servers of open models accept besides (vLLM, SGLang and similar).
    static let openShape = ObjectShape(
        common.map { member in
            switch member.name.description {
            case "messages": .required("messages", openMessages)
            // Only OpenAI wants at least one.
            case "tools": .optional("tools", .array(of: tool, count: 0...128))
            default: member
            }
        } + [
            .optional("top_k", .nullable(.integer(from: -1))),
            .optional("min_p", .nullable(.number(0...1))),
            .optional("repetition_penalty", .nullable(.number(0...10))),
            .optional("chat_template_kwargs", .nullable(.map(of: .anything))),
            .optional("thinking", .nullable(.map(of: .anything))),
        ]
    )

    private static let common: [ObjectShape.Member] = [
        .required("messages", messages),
        .required("model", .text),
        .optional("audio", .nullable(.map(of: .anything))),
        .optional("frequency_penalty", .nullable(.number(-2...2))),
        .optional("function_call", .either([.oneOf(["none", "auto"]), .map(of: .anything)])),
        .optional("functions", .array(of: .map(of: .anything))),
        .optional("logit_bias", .nullable(.map(of: .number(-100...100)))),
        .optional("logprobs", .nullable(.boolean)),
        .optional("max_completion_tokens", .nullable(.integer(from: 1))),
        .optional("max_tokens", .nullable(.integer(from: 1))),
        .optional("metadata", .nullable(.map(of: .boundedText(0...512)))),
        .optional("modalities", .nullable(.array(of: .oneOf(["text", "audio"])))),
        .optional("moderation", .nullable(.map(of: .anything))),
        .optional("n", .nullable(.integer(1...128))),
        .optional("parallel_tool_calls", .boolean),
        .optional("prediction", .nullable(.map(of: .anything))),
        .optional("presence_penalty", .nullable(.number(-2...2))),
        .optional("prompt_cache_key", .nullable(.text)),
        .optional("prompt_cache_options", .map(of: .anything)),
        .optional("prompt_cache_retention", .nullable(.oneOf(["in_memory", "24h"]))),
        .optional("reasoning_effort", .nullable(OpenAIShape.effort)),
        .optional("response_format", responseFormat),
        .optional("safety_identifier", .nullable(.boundedText(0...128))),
        .optional("seed", .nullable(.integer(Int.min...Int.max))),
        .optional("service_tier", .nullable(.oneOf(["auto", "default", "flex", "scale", "priority", "fast"]))),
        .optional("stop", .nullable(.either([.text, .array(of: .text, count: 0...4)]))),
        .optional("store", .nullable(.boolean)),
        .optional("stream", .nullable(.boolean)),
        .optional("stream_options", .nullable(.object(streamOptions))),
        .optional("temperature", .nullable(.number(0...2))),
        .optional("tool_choice", toolChoice),
        .optional("tools", .array(of: tool, count: 1...128)),
        .optional("top_logprobs", .nullable(.integer(0...20))),
        .optional("top_p", .nullable(.number(0...1))),
        .optional("user", .text),
        .optional("verbosity", .nullable(.oneOf(["low", "medium", "high"]))),
        .optional("web_search_options", .map(of: .anything)),
    ]

    private static let streamOptions = ObjectShape([
        .optional("include_usage", .boolean),
        .optional("include_obfuscation", .boolean),
    ])

    private static let responseFormat = Shape.variants(
        VariantShape(
            by: "type",
            [
                .init("text", ObjectShape([.required("type", .text)])),
                .init("json_object", ObjectShape([.required("type", .text)])),
                .init(
                    "json_schema",
                    ObjectShape([
                        .required("type", .text),
                        .required(
                            "json_schema",
                            .object(
                                ObjectShape([
                                    .required("name", .name(OpenAIShape.toolName)),
                                    .optional("description", .text),
                                    .optional("schema", .map(of: .anything)),
                                    .optional("strict", .nullable(.boolean)),
                                ])
                            )
                        ),
                    ])
                ),
            ]
        )
    )

    private static let tool = Shape.variants(
        VariantShape(
            by: "type",
            [
                .init(
                    "function",
                    ObjectShape([
                        .required("type", .text),
                        .required(
                            "function",
                            .object(
                                ObjectShape([
                                    .required("name", .name(OpenAIShape.toolName)),
                                    .optional("description", .text),
                                    .optional("parameters", .map(of: .anything)),
                                    .optional("strict", .nullable(.boolean)),
                                ])
                            )
                        ),
                    ])
                ),
                .init(
                    "custom",
                    ObjectShape([
                        .required("type", .text),
                        .required(
                            "custom",
                            .object(
                                ObjectShape([
                                    .required("name", .name(OpenAIShape.toolName)),
                                    .optional("description", .text),
                                    .optional("format", .map(of: .anything)),
                                ])
                            )
                        ),
                    ])
                ),
            ]
        )
    )

    private static let toolChoice = Shape.either([
        .oneOf(["none", "auto", "required"]),
        .variants(
            VariantShape(
                by: "type",
                [
                    .init("function", ObjectShape([.required("type", .text), .required("function", .object(named))])),
                    .init("custom", ObjectShape([.required("type", .text), .required("custom", .object(named))])),
                    .init(
                        "allowed_tools",
                        ObjectShape([
                            .required("type", .text),
                            .required(
                                "allowed_tools",
                                .object(
                                    ObjectShape([
                                        .required("mode", .oneOf(["auto", "required"])),
                                        .required("tools", .array(of: .map(of: .anything))),
                                    ])
                                )
                            ),
                        ])
                    ),
                ]
            )
        ),
    ])

    private static let named = ObjectShape([.required("name", .text)])
}
