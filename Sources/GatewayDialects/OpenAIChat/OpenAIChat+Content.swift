// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension OpenAIChat {
    /// Where a chat request has its content.
    package var content: ContentTable { Self.contentTable }

    private static let contentTable = ContentTable([
        "messages": .object([
            "content": .words([
                "text": .words(), "refusal": .text(.assistantText), "thinking": .text(.reasoning, texts(.reasoning)),
                "summary": .object(texts(.reasoning)), "image_url": .media(.image), "input_audio": .media(.audio),
                "audio_url": .media(.audio), "video_url": .media(.video), "file": .media(nil),
            ]),
            "refusal": .text(.assistantText), "reasoning_content": .text(.reasoning), "reasoning": .text(.reasoning),
            "reasoning_details": .object(["text": .text(.reasoning), "summary": .text(.reasoning)]),
            "tool_calls": .object([
                "function": .object(["arguments": .text(.toolArguments)]),
                "custom": .object(["input": .text(.toolArguments)]),
            ]),
            "function_call": .object(["arguments": .text(.toolArguments)]),
            "images": .object(["image_url": .media(.image)]),
        ]),
        "tools": .object(["function": .object(function), "custom": .object(["description": .text(.toolDefinition)])]),
        "functions": .object(function),
        "prediction": .object(["content": .text(.assistantText, texts(.assistantText))]),
    ])

    private static let function: KeyTable<ContentTable.Place> = [
        "description": .text(.toolDefinition), "parameters": .all(.toolDefinition),
    ]

    private static func texts(_ kind: ContentSpan.Kind) -> KeyTable<ContentTable.Place> { ["text": .text(kind)] }
}
