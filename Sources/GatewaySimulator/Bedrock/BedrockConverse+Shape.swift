// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The fields of a Converse request (botocore 1.43.11, `bedrock-runtime/2023-09-30`, 2026-11).
///
/// Unions have exactly one field; that is checked where they are read.
extension BedrockConverse {
    static let shape = ObjectShape([
        .required("messages", .array(of: .object(message))),
        .optional("system", .array(of: .object(systemBlock))),
        .optional("inferenceConfig", .object(inference)),
        .optional("toolConfig", .object(toolConfig)),
        .optional("guardrailConfig", .map(of: .anything)),
        .optional("additionalModelRequestFields", .map(of: .anything)),
        .optional("promptVariables", .map(of: .anything)),
        .optional("additionalModelResponseFieldPaths", .array(of: .boundedText(1...256), count: 0...10)),
        .optional("requestMetadata", .map(of: .boundedText(0...256))),
        .optional(
            "performanceConfig",
            .object(ObjectShape([.optional("latency", .oneOf(["standard", "optimized"]))]))
        ),
        .optional(
            "serviceTier",
            .object(ObjectShape([.required("type", .oneOf(["priority", "default", "flex", "reserved"]))]))
        ),
        .optional("outputConfig", .object(ObjectShape([.optional("textFormat", .object(textFormat))]))),
    ])

    static let countShape = ObjectShape([
        .required(
            "input",
            .object(
                ObjectShape([
                    .optional("invokeModel", .object(ObjectShape([.required("body", .text)]))),
                    .optional(
                        "converse",
                        .object(
                            ObjectShape([
                                .optional("messages", .array(of: .object(message))),
                                .optional("system", .array(of: .object(systemBlock))),
                                .optional("toolConfig", .object(toolConfig)),
                                .optional("additionalModelRequestFields", .map(of: .anything)),
                            ])
                        )
                    ),
                ])
            )
        )
    ])

    /// What Claude accepts besides Converse's own fields.
    static let claudeFields = ObjectShape([
        .optional("thinking", .map(of: .anything)),
        .optional("output_config", .object(ObjectShape([.optional("effort", .text)]))),
        .optional("top_k", .integer(from: 0)),
        .optional("tool_choice", .map(of: .anything)),
    ])

    private static let message = ObjectShape([
        .required("role", .oneOf(["user", "assistant"])),
        .required("content", .array(of: .object(block))),
    ])

    private static let cachePoint = ObjectShape.Member.optional(
        "cachePoint",
        .object(ObjectShape([.required("type", .oneOf(["default"])), .optional("ttl", .oneOf(["5m", "1h"]))]))
    )

    private static let systemBlock = ObjectShape([
        .optional("text", .boundedText(1...Int.max)), .optional("guardContent", .map(of: .anything)), cachePoint,
    ])

    private static let toolID = NameRule(
        limit: 64,
        allowsDots: true,
        startsWithLetter: false,
        pattern: "[a-zA-Z0-9_.:-]+"
    )

    private static let toolName = NameRule(
        limit: 64,
        allowsDots: false,
        startsWithLetter: false,
        pattern: "[a-zA-Z0-9_-]+"
    )

    private static func media(_ formats: [StaticString]) -> Shape {
        .object(ObjectShape([.required("format", .oneOf(formats)), .required("source", .object(source))]))
    }

    private static let source = ObjectShape([
        .optional("bytes", .boundedText(1...Int.max)),
        .optional("s3Location", .object(ObjectShape([.required("uri", .text), .optional("bucketOwner", .text)]))),
    ])

    private static let image = ObjectShape.Member.optional("image", media(["png", "jpeg", "gif", "webp"]))
    private static let video = ObjectShape.Member.optional(
        "video",
        media(["mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"])
    )
    private static let audio = ObjectShape.Member.optional(
        "audio",
        media([
            "mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm",
            "webm",
        ])
    )

    private static let document = ObjectShape.Member.optional(
        "document",
        .object(
            ObjectShape([
                .optional("format", .oneOf(["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"])),
                .required("name", .boundedText(1...200)),
                .required(
                    "source",
                    .object(source.adding([.optional("text", .text), .optional("content", .anything)]))
                ),
                .optional("context", .text),
                .optional("citations", .object(ObjectShape([.required("enabled", .boolean)]))),
            ])
        )
    )

    private static let result = ObjectShape([
        .required("toolUseId", .name(toolID)),
        .required(
            "content",
            .array(
                of: .object(
                    ObjectShape([
                        .optional("json", .anything), .optional("text", .text), image, document, video,
                        .optional("searchResult", .map(of: .anything)),
                    ])
                )
            )
        ),
        .optional("status", .oneOf(["success", "error"])),
        .optional("type", .text),
    ])

    private static let reasoning = ObjectShape([
        .optional(
            "reasoningText",
            .object(ObjectShape([.required("text", .text), .optional("signature", .text)]))
        ),
        .optional("redactedContent", .text),
    ])

    private static let block = ObjectShape([
        .optional("text", .text), image, document, video, audio,
        .optional(
            "toolUse",
            .object(
                ObjectShape([
                    .required("toolUseId", .name(toolID)), .required("name", .name(toolName)),
                    .required("input", .map(of: .anything)), .optional("type", .oneOf(["server_tool_use"])),
                ])
            )
        ),
        .optional("toolResult", .object(result)),
        .optional("guardContent", .map(of: .anything)),
        cachePoint,
        .optional("reasoningContent", .object(reasoning)),
        .optional("citationsContent", .map(of: .anything)),
        .optional("searchResult", .map(of: .anything)),
    ])

    private static let inference = ObjectShape([
        .optional("maxTokens", .integer(from: 1)),
        .optional("temperature", .number(0...1)),
        .optional("topP", .number(0...1)),
        .optional("stopSequences", .array(of: .boundedText(1...Int.max), count: 0...2_500)),
    ])

    private static let none = Shape.object(ObjectShape([]))

    private static let toolConfig = ObjectShape([
        .required(
            "tools",
            .array(
                of: .object(
                    ObjectShape([
                        .optional(
                            "toolSpec",
                            .object(
                                ObjectShape([
                                    .required("name", .name(toolName)),
                                    .optional("description", .boundedText(1...Int.max)),
                                    .required(
                                        "inputSchema",
                                        .object(ObjectShape([.required("json", .map(of: .anything))]))
                                    ),
                                    .optional("strict", .boolean),
                                ])
                            )
                        ),
                        .optional("systemTool", .object(ObjectShape([.required("name", .name(toolName))]))),
                        cachePoint,
                    ])
                ),
                count: 1...Int.max
            )
        ),
        .optional(
            "toolChoice",
            .object(
                ObjectShape([
                    .optional("auto", none), .optional("any", none),
                    .optional("tool", .object(ObjectShape([.required("name", .name(toolName))]))),
                ])
            )
        ),
    ])

    private static let textFormat = ObjectShape([
        .required("type", .oneOf(["json_schema"])),
        .required(
            "structure",
            .object(
                ObjectShape([
                    .required(
                        "jsonSchema",
                        .object(
                            ObjectShape([
                                .required("schema", .text), .optional("name", .text), .optional("description", .text),
                            ])
                        )
                    )
                ])
            )
        ),
    ])
}
