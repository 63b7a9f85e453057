// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayDialects
import GatewayJSON
import Testing

/// `GATEHOUSE_WRITE_DOCS=1 swift test --filter DocumentationTests` writes the generated part anew.
@Suite("Documentation of what a request may not name")
struct ReferenceDocumentationTests {
    private static let rows = RequestReference.usual + RequestReference.filesInTexts

    private static func line(of kind: RequestReference.Kind) -> String {
        var fields: [String] = []
        for format in Dialects.all.map(\.format) {
            // What holds for every client API is named once.
            let own = rows.filter { $0.kind == kind && $0.formats.contains(format) && $0.formats.count < 4 }
            for row in own where !row.path.hasPrefix("generate_content_request.") {
                let condition =
                    switch row.condition {
                    case .present: ""
                    case .text: " as a text"
                    case .anyOf(let words): " = " + words.map { "`\($0)`" }.joined(separator: ", ")
                    case .storageURL: " with a URL of the provider's storage or disk"
                    case .fileText:
                        " that begins with "
                            + ReferenceRules.fileTextPrefixes.map { "`\($0)`" }.joined(separator: " or ")
                    case .bareItem: " with nothing but an `id`"
                    }
                fields.append("`\(row.path)`\(condition) (\(format.apiTypeName))")
            }
        }
        let everywhere = rows.filter { $0.kind == kind && $0.formats.count >= 4 }.map { "`\($0.path)`" }
        return "| `\(kind.rawValue)` | \(kind.words) | \((everywhere + fields).joined(separator: ", ")) |\n"
    }

    @Test("docs/dialects.md has every field that is refused, by the kind that allows it")
    func fields() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/dialects.md")
            .standardized
        let text = try String(contentsOf: page, encoding: .utf8)
        let start = try #require(text.range(of: "<!-- references -->\n"))
        let end = try #require(text.range(of: "<!-- end of references -->"))
        let table =
            "| `allow_references` | Refers to | Fields |\n|---|---|---|\n"
            + RequestReference.Kind.allCases.map(Self.line).joined()
        let generated = text[..<start.upperBound] + table + text[end.lowerBound...]
        if ProcessInfo.processInfo.environment["GATEHOUSE_WRITE_DOCS"] != nil {
            try String(generated).write(to: page, atomically: true, encoding: .utf8)
        }
        let isCurrent = try String(contentsOf: page, encoding: .utf8) == String(generated)
        #expect(
            isCurrent,
            "docs/dialects.md is stale. Run: GATEHOUSE_WRITE_DOCS=1 swift test --filter DocumentationTests"
        )
    }

    @Test("Every row of a table is found by a key that is watched")
    func gates() {
        for row in RequestReference.usual {
            let keys = ReferenceRules([row], allowed: [])
            #expect(keys.place(in: .init(seen: 0, repeated: 0)) == .nowhere)
            #expect(keys.place(in: .init(seen: 1 << 62, repeated: 1 << 62)) == .nowhere, "\(row.path)")
            #expect(keys.place(in: .unknown) != .nowhere)
        }
    }
}
