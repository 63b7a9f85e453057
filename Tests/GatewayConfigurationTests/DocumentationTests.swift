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

    @Test("docs/models.md lists the providers and the built-in models")
    func models() throws {
        let rows = BuiltInModels.all.map(\.row).joined(separator: "\n")
        let text = """
            # Models and providers

            This page is generated from the source files that it names.

            ## Providers

            Every provider service in the configuration has one of these types. The gateway uses the APIs of the third column, in order of preference; `native_api_types`
            may also list those of the fourth, if the upstream has them. `Sources/GatewayProviders` cites the sources of these facts, and says which of them have not
            been checked again.

            | `provider_type` | Base URL | APIs | On request | Credential |
            |---|---|---|---|---|
            \(Providers.all.map(\.row).joined(separator: "\n"))

            Upstreams differ in what they accept in chat completions. These are the defaults of `traits` of a provider service or destination:

            | `provider_type` | `structured_output` | `reasoning_member` | True |
            |---|---|---|---|
            \(Providers.all.filter { $0.wireFormats.contains(.openAIChat) }.map(\.traitsRow).joined(separator: "\n"))

            ## Headers

            The gateway removes the headers of clients, except those in the table; `header_policy` of a provider service replaces any part of it. The client's credential
            and headers that HTTP itself needs are never passed. `anthropic-beta` is filtered flag by flag: all flags pass to Anthropic and none to other providers, which refuse a request with an
            unknown flag. The third column lists the headers of the upstream that are passed to the client. `x-request-id`, and `request-id` for clients of Anthropic's
            API, are always the gateway's own; the vendor's id is in the usage row. Errors include `retry-after`.

            | `provider_type` | Client to upstream | Upstream to client | Flags of `anthropic-beta` |
            |---|---|---|---|
            \(Providers.all.filter { $0.headerPolicy != HeaderPolicy() }.map(\.headersRow).joined(separator: "\n"))

            ## The built-in models

            These models are available without a configuration file, or with `simulator: true` in it. The simulator serves them through the native APIs
            of this table; every other API is translated. Without a file, a vendor serves its own models if its usual key is in the environment.

            `BuiltInModels.swift` and `ModelFamilies*.swift` in `Sources/GatewayCore/Catalog` say where the facts are from, also those of what a model can do.

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

extension Provider {
    private static func list(_ formats: [WireFormat]) -> String {
        formats.map { "`\($0.apiTypeName)`" }.joined(separator: " ")
    }

    private static func list(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: " ") }

    fileprivate var row: String {
        let url = defaultBaseURL.map { "`\($0)`" } ?? "**required**"
        let secrets = requiredSettings.union(optionalSettings).filter(\.isSecret).map(\.rawValue).sorted()
        let credentials = (["api_key"] + secrets).map { "`\($0)`" }.joined(separator: ", ")
        let isNeeded = requiresCredential ? credentials : "none, or \(credentials)"
        let columns = ["`\(id)`", url, Self.list(wireFormats), Self.list(optionalWireFormats), isNeeded]
        return "| \(columns.joined(separator: " | ")) |"
    }

    fileprivate var traitsRow: String {
        let flags: [(String, Bool?)] = [
            ("max_completion_tokens", traits.usesMaxCompletionTokens), ("stream_options", traits.takesStreamOptions),
            ("reasoning_effort", traits.takesReasoningEffort), ("parallel_tool_calls", traits.takesParallelToolCalls),
            ("developer_role", traits.takesDeveloperRole),
        ]
        let columns = [
            "`\(id)`", traits.structuredOutput.map { "`\($0.rawValue)`" } ?? "",
            traits.replaysReasoning.map { "`\($0.rawValue)`" } ?? "", Self.list(flags.filter { $0.1 == true }.map(\.0)),
        ]
        return "| \(columns.joined(separator: " | ")) |"
    }

    fileprivate var headersRow: String {
        let policy = headerPolicy
        let columns = [
            "`\(id)`", Self.list(policy.request.allow), Self.list(policy.response.allow),
            policy.anthropicBeta == .all ? "all" : "none",
        ]
        return "| \(columns.joined(separator: " | ")) |"
    }
}
