// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension OpenAICompletions {
    /// Where a completion has its content.
    package var content: ContentTable { Self.contentTable }

    private static let contentTable = ContentTable(["prompt": .text(.userText), "suffix": .text(.userText)])
}
