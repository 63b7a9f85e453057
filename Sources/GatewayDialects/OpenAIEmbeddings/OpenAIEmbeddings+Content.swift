// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension OpenAIEmbeddings {
    /// Where a request for vectors has its content.
    package var content: ContentTable { Self.contentTable }

    private static let contentTable = ContentTable([
        "input": .text(.embeddingInput), "instruction": .text(.embeddingInput),
    ])
}
