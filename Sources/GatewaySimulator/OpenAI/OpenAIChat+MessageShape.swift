// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The messages of a chat completion request (PyPI `openai` 3.52.0, `types/chat`, 2026-11).
extension OpenAIChat {
    /// What OpenAI takes.
    static let messages = messages(userParts: userParts, assistant: [])

    /// What servers of open models take: audio and video by URL, and the reasoning that they returned.
    static let openMessages = messages(
        userParts: userParts + [
            part("audio_url", .required("audio_url", .object(ObjectShape([.required("url", .text)])))),
            part("video_url", .required("video_url", .object(ObjectShape([.required("url", .text)])))),
        ],
        assistant: [
            .optional("reasoning_content", .nullable(.text)),
            .optional("reasoning", .nullable(.text)),
        ]
    )

    private static func messages(userParts: [VariantShape.Variant], assistant: [ObjectShape.Member]) -> Shape {
        let text = Shape.either([.text, parts([textPart])])
        return .array(
            of: .variants(
                VariantShape(
                    by: "role",
                    [
                        .init("system", message([.required("content", text), name])),
                        .init("assistant", message(assistantMembers + assistant)),
                        .init("user", message([.required("content", .either([.text, parts(userParts)])), name])),
                        .init("function", message([.required("content", .nullable(.text)), .required("name", .text)])),
                        // The tool's name is not in the SDK; older clients send it and the vendor takes it.
                        .init("tool", message([.required("content", text), .required("tool_call_id", .text), name])),
                        .init("developer", message([.required("content", text), name])),
                    ]
                )
            ),
            count: 1...Int.max
        )
    }

    private static let name = ObjectShape.Member.optional("name", .text)

    private static func message(_ members: [ObjectShape.Member]) -> ObjectShape {
        ObjectShape([.required("role", .text)] + members)
    }

    private static func parts(_ variants: [VariantShape.Variant]) -> Shape {
        .array(of: .variants(VariantShape(by: "type", variants)), count: 1...Int.max)
    }

    private static func part(_ type: StaticString, _ member: ObjectShape.Member) -> VariantShape.Variant {
        .init(
            type,
            ObjectShape([.required("type", .text), member, .optional("prompt_cache_breakpoint", .map(of: .anything))])
        )
    }

    private static let textPart = part("text", .required("text", .text))

    private static let userParts: [VariantShape.Variant] = [
        textPart,
        part(
            "image_url",
            .required(
                "image_url",
                .object(
                    ObjectShape([
                        .required("url", .text), .optional("detail", .oneOf(["auto", "low", "high", "original"])),
                    ])
                )
            )
        ),
        part(
            "input_audio",
            .required(
                "input_audio",
                .object(ObjectShape([.required("data", .text), .required("format", .oneOf(["wav", "mp3"]))]))
            )
        ),
        part(
            "file",
            .required(
                "file",
                .object(
                    ObjectShape([
                        .optional("file_data", .text), .optional("file_id", .text), .optional("filename", .text),
                    ])
                )
            )
        ),
    ]

    private static let assistantMembers: [ObjectShape.Member] = [
        .optional(
            "content",
            .nullable(.either([.text, parts([textPart, part("refusal", .required("refusal", .text))])]))
        ),
        name,
        .optional("refusal", .nullable(.text)),
        .optional("audio", .nullable(.object(ObjectShape([.required("id", .text)])))),
        .optional(
            "function_call",
            .nullable(.object(ObjectShape([.required("name", .text), .required("arguments", .text)])))
        ),
        .optional("tool_calls", .array(of: toolCall, count: 1...128)),
        // Clients send messages back as received, and responses have this field.
        .optional("annotations", .nullable(.array(of: .anything))),
    ]

    private static let toolCall = Shape.variants(
        VariantShape(
            by: "type",
            [
                .init(
                    "function",
                    ObjectShape([
                        .required("id", .text),
                        .required("type", .text),
                        .required(
                            "function",
                            .object(ObjectShape([.required("name", .text), .required("arguments", .text)]))
                        ),
                    ])
                ),
                .init(
                    "custom",
                    ObjectShape([
                        .required("id", .text),
                        .required("type", .text),
                        .required(
                            "custom",
                            .object(ObjectShape([.required("name", .text), .required("input", .text)]))
                        ),
                    ])
                ),
            ]
        )
    )
}
