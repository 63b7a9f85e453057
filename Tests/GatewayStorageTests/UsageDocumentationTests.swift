// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayStorage
import Testing

/// `GATEHOUSE_WRITE_DOCS=1 swift test --filter DocumentationTests` writes the generated part anew.
@Suite("Documentation of the usage table")
struct UsageDocumentationTests {
    @Test("docs/usage.md has every column with its type and meaning")
    func columns() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/usage.md")
            .standardized
        let text = try String(contentsOf: page, encoding: .utf8)
        let marker = "The rest of this page is generated from the columns that the store writes.\n\n"
        let intro = try #require(text.range(of: marker), "The page has lost the sentence that the columns follow.")
        let rows = UsageColumns.all.map { "| `\($0.name)` | `\($0.type)` | \($0.comment) |\n" }.joined()
        let generated =
            text[..<intro.upperBound] + "| Column | Type on Databricks | Meaning |\n|---|---|---|\n" + rows
        if ProcessInfo.processInfo.environment["GATEHOUSE_WRITE_DOCS"] != nil {
            try String(generated).write(to: page, atomically: true, encoding: .utf8)
        }
        let isCurrent = try String(contentsOf: page, encoding: .utf8) == generated
        #expect(isCurrent, "docs/usage.md is stale. Run: GATEHOUSE_WRITE_DOCS=1 swift test --filter DocumentationTests")
    }
}
