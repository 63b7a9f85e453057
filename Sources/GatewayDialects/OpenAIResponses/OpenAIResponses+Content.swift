// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension OpenAIResponses {
    /// Where a request of the Responses API has its content.
    package var content: ContentTable { Self.contentTable }

    private static let contentTable = ContentTable([
        "instructions": .text(.systemText),
        "input": .words([
            "content": .words(parts), "summary": .object(["text": .text(.reasoning)]),
            "arguments": .text(.toolArguments), "input": .text(.toolArguments), "action": .all(.toolArguments),
            "output": .text(.toolResult, toolOutput), "tools": .object(tool),
        ]),
        "tools": .object(tool),
    ])

    private static let parts: KeyTable<ContentTable.Place> = [
        "text": .words(), "refusal": .text(.assistantText), "image_url": .media(.image), "file_data": .media(nil),
        "file_url": .media(nil), "input_audio": .media(.audio),
    ]

    private static let toolOutput: KeyTable<ContentTable.Place> = [
        "text": .text(.toolResult), "output": .text(.toolResult), "stdout": .text(.toolResult),
        "stderr": .text(.toolResult), "image_url": .media(.image), "file_data": .media(nil), "file_url": .media(nil),
    ]

    private static let tool: KeyTable<ContentTable.Place> = [
        "description": .text(.toolDefinition), "parameters": .all(.toolDefinition),
        "tools": .object(["description": .text(.toolDefinition), "parameters": .all(.toolDefinition)]),
    ]
}
