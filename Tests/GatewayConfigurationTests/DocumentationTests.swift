// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayConfiguration
import GatewayCore
import GatewayProviders
import Testing

/// `GATEHOUSE_WRITE_DOCS=1 swift test --filter DocumentationTests` writes the generated parts anew.
@Suite("Generated documentation")
struct DocumentationTests {
    private static let marker = "The rest of this page is generated from the schema that checks the file.\n\n"

    @Test("docs/configuration.md has every key that the file may have")
    func configurationReference() throws {
        let page = try page("configuration.md")
        let intro = try #require(
            page.range(of: Self.marker),
            "The page has lost the sentence that the reference follows."
        )
        let generated = ConfigurationReader.documentation(providers: Providers.all)
        try check("configuration.md", is: page[..<intro.upperBound] + generated)
    }

    @Test("The example of docs/configuration.md is a valid file")
    func example() throws {
        let page = try page("configuration.md")
        let start = try #require(page.range(of: "```yaml\n")).upperBound
        let end = try #require(page.range(of: "```", range: start..<page.endIndex)).lowerBound
        let configuration = try configuration(String(page[start..<end]), environment: ExampleTests.keys)
        #expect(configuration.modelService("main.ai.helper")?.destinations.count == 2)
    }

    @Test("docs/models.md lists the built-in models")
    func models() throws {
        let rows = BuiltInModels.all.map(\.row).joined(separator: "\n")
        let text = """
            # The built-in models

            Without a configuration file, and with `simulator: true` in it, these models are there. The simulator answers for them by the native APIs
            of this table; every other API is translated. Without a file, a model's vendor takes over where its usual key is in the environment.

            This page is generated from `Sources/GatewayCore/Catalog/BuiltInModels.swift`, which says where the facts are from.

            | Model | Family | Native APIs | The vendor's name | Context | Output | Capabilities |
            |---|---|---|---|---:|---:|---|
            \(rows)

            """
        try check("models.md", is: text)
    }

    private func url(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/\(name)").standardized
    }

    private func page(_ name: String) throws -> String {
        try String(contentsOf: url(name), encoding: .utf8)
    }

    private func check(_ name: String, is expected: String) throws {
        if ProcessInfo.processInfo.environment["GATEHOUSE_WRITE_DOCS"] == "1" {
            try expected.write(to: url(name), atomically: true, encoding: .utf8)
        }
        let isCurrent = try page(name) == expected
        #expect(isCurrent, "docs/\(name) is stale. Run: GATEHOUSE_WRITE_DOCS=1 swift test --filter DocumentationTests")
    }
}

extension BuiltInModel {
    fileprivate var row: String {
        let names: [(Capabilities, String)] = [
            (.tools, "tools"), (.vision, "vision"), (.audio, "audio"), (.video, "video"), (.reasoning, "reasoning"),
            (.promptCaching, "prompt caching"), (.imageOutput, "image output"), (.embeddings, "embeddings"),
        ]
        let apis = wireFormats.map { "`\($0.apiTypeName)`" }.joined(separator: " ")
        let vendor = vendorName.map { "`\($0)`" } ?? ""
        let context = limits.context.map(String.init) ?? ""
        let output = limits.maximumOutput.map(String.init) ?? ""
        let abilities = names.filter { capabilities.contains($0.0) }.map(\.1).joined(separator: ", ")
        let columns: [String] = ["`\(fullName)`", family.rawValue, apis, vendor, context, output, abilities]
        return "| \(columns.joined(separator: " | ")) |"
    }
}
