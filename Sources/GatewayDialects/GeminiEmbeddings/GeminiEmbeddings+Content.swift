// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension GeminiEmbedContent {
    /// Where a request for a vector has its content.
    package var content: ContentTable { Self.contentTable }

    static let fields: KeyTable<ContentTable.Place> = [
        "content": .object(["parts": .object(["text": .text(.embeddingInput)])]), "title": .text(.embeddingInput),
        "embedContentConfig": .object(["title": .text(.embeddingInput)]),
        "embed_content_config": .object(["title": .text(.embeddingInput)]),
    ]

    private static let contentTable = ContentTable(fields)
}

extension GeminiBatchEmbedContents {
    /// Where a request for vectors has its content.
    package var content: ContentTable { Self.contentTable }

    private static let contentTable = ContentTable(["requests": .object(GeminiEmbedContent.fields)])
}
