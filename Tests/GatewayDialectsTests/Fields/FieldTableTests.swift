// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayDialects
import Testing

/// `GATEHOUSE_WRITE_DOCS=1 swift test --filter FieldTableTests` writes the tables of docs/fields.md anew.
@Suite("What becomes of every field at every upstream")
struct FieldTableTests {
    /// Members whose absence no answer shows: they label, bill, store, cache, or ask for what the gateway does anyway.
    private static let harmless: Set<String> = [
        "user", "safety_identifier", "metadata", "metadata.user_id", "labels", "store", "prompt_cache_key",
        "service_tier",
        "cache_control", "cache_control of a text", "system, cache_control", "include encrypted_content",
        "client_metadata",
        "reasoning.summary", "truncation", "includeThoughts", "thinking adaptive",
    ]

    @Test("tools-06: Nothing that could change an answer is left out in silence")
    func nothingIsSilent() throws {
        for frame in ClientFrame.all {
            for field in frame.fields where !Self.harmless.contains(field.name) {
                for target in FieldTarget.all {
                    let fate = try target.fate(of: field, from: frame)
                    #expect(fate != .ignored, "\(frame.title): \(field.name) to \(target.title)")
                }
            }
        }
    }

    @Test("docs/fields.md says what happens")
    func documentation() throws {
        var tables: [String] = []
        for frame in ClientFrame.all {
            var lines = [
                "## \(frame.title)\n", "| Field | " + FieldTarget.all.map(\.title).joined(separator: " | ") + " |",
            ]
            lines.append("|---|" + String(repeating: "---|", count: FieldTarget.all.count))
            for field in frame.fields {
                let fates = try FieldTarget.all.map { try $0.fate(of: field, from: frame).rawValue }
                lines.append("| `\(field.name)` | " + fates.joined(separator: " | ") + " |")
            }
            tables.append(lines.joined(separator: "\n"))
        }
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../docs/fields.md").standardized
        let text = try String(contentsOf: page, encoding: .utf8)
        let marker = "<!-- generated -->\n"
        let start = try #require(text.range(of: marker)).upperBound
        let generated = text[..<start] + "\n" + tables.joined(separator: "\n\n") + "\n"
        if ProcessInfo.processInfo.environment["GATEHOUSE_WRITE_DOCS"] != nil {
            try generated.write(to: page, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: page, encoding: .utf8) == generated, "run it with GATEHOUSE_WRITE_DOCS=1")
    }
}
