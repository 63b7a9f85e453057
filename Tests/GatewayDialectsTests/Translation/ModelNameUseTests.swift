// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import Testing

@Suite("Dialects and the names of models")
struct ModelNameUseTests {
    /// What a dialect does with a name: it writes it, measures it, or hands it on to be written.
    private static let uses = [
        #"writer.member("model", "#, "model: target.model", "? target.model : nil", "target.model.utf8.count",
        "Self.resource(of: target.model)", "Gemini.resource(of: target.model)", "Gemini.resource(of: request.model)",
        "request.model = target.model",
    ]

    @Test("A dialect writes a model's name and never looks into it: what the model can do stands in its capabilities")
    func names() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/GatewayDialects").standardized
        let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
            .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
        #expect(files.count > 100)
        var found = 0
        for file in files {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            for line in lines where line.contains("target.model") || line.contains("request.model") {
                found += 1
                let isUse = Self.uses.contains { line.contains($0) }
                #expect(isUse, "\(file.lastPathComponent) looks at a model's name: \(line)")
            }
        }
        #expect(found > 10)
    }

    @Test("No dialect names a model")
    func families() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/GatewayDialects").standardized
        let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
            .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
        let names = ["claude-", "gpt-", "gemini-", "nova-", "embed-english", "titan-embed"]
        for file in files {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let code = line.trimmingPrefix(while: \.isWhitespace)
                guard !code.hasPrefix("//") else { continue }
                // Names of models stand between quotation marks.
                for name in names {
                    #expect(!code.contains("\"\(name)"), "\(file.lastPathComponent) names a model: \(code)")
                }
            }
        }
    }
}
