// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension AnthropicMessages {
    /// Where a request of the Messages API has its content.
    package var content: ContentTable { Self.contentTable }

    private static let contentTable = ContentTable([
        "system": .text(.systemText, ["text": .text(.systemText)]),
        "messages": .object([
            "content": .words([
                "text": .words(), "thinking": .text(.reasoning), "input": .all(.toolArguments),
                "content": .text(
                    .toolResult,
                    [
                        "text": .text(.toolResult), "source": .media(nil), "title": .text(.toolResult),
                        "content": .text(.toolResult, ["text": .text(.toolResult)]),
                    ]
                ),
                "source": .media(nil), "title": .words(), "context": .words(),
                "tool": .object(["definition": .object(tool)]),
            ])
        ]),
        "tools": .object(tool),
    ])

    private static let tool: KeyTable<ContentTable.Place> = [
        "description": .text(.toolDefinition), "input_schema": .all(.toolDefinition),
    ]
}
