// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import GatewayProviders
import Testing

@Suite("Exported configurations")
struct ExportTests {
    private let reader = ConfigurationReader(providers: Providers.all, environment: [:], simulator: simulator)

    private func export(
        _ changes: [CatalogChange],
        beside text: String? = "simulator: true"
    ) throws -> ConfigurationExport {
        let file = try text.map { try configuration($0) } ?? reader.builtIn()
        let metastore = Metastore(file: CatalogLayer(file), stored: CatalogLayer(changes))
        return try reader.export(
            .init(
                metastore: metastore,
                configuration: file,
                contents: text.map { Array($0.utf8) },
                secretKeys: [:]
            )
        )
    }

    private func entry(_ securable: Securable, comment: String? = nil, _ definition: String = "") -> CatalogChange {
        .putEntry(
            CatalogEntry(
                securable: securable,
                id: securable.sqlName,
                owner: "admins",
                comment: comment,
                createdBy: "test",
                source: .stored,
                definition: definition
            )
        )
    }

    @Test(
        "A text is read as it was written, whatever it is",
        arguments: [
            "plain", "true", "null", "~", "12", "", " ", "a: b", "# c", "- d", "${HOME}", "$${HOME}", "$$${",
            "two\nlines", "\nfirst",
            "  indented\n\tmore\n\n", "last\n\n", "\"quoted\"", "it's", "tab\t", "bell\u{7}", "\u{85}\u{2028}",
            "é \u{1F600}", "&a *b !c %d @e `f",
        ]
    )
    func texts(_ text: String) throws {
        let export = try export([entry(.catalog("main"), comment: text)])
        let read = try configuration(export.text)
        #expect(read.ownership[.catalog("main")]?.comment == text)
    }

    @Test("An empty store beside an empty file is a file that says so")
    func empty() throws {
        let export = try export([], beside: "{}")
        #expect(!ConfigurationReader.isBlank(contents: Array(export.text.utf8)))
        #expect(try configuration(export.text).modelServices.isEmpty)
        #expect(try self.export([], beside: nil).text.hasSuffix("\nsimulator: true\n"))
    }

    @Test("Services that stand behind one another come in any order")
    func chains() throws {
        let ends = #"{"destinations": [{"model_service": "system.ai.gpt-5"}]}"#
        func behind(_ name: String) -> String { "{\"destinations\": [{\"model_service\": \"main.ai.\(name)\"}]}" }
        func service(_ name: String) throws -> Securable { .modelService(try #require(ObjectName("main.ai.\(name)"))) }
        let export = try export([
            entry(try service("a"), behind("b")), entry(try service("b"), behind("c")), entry(try service("c"), ends),
        ])
        let read = try configuration(export.text)
        #expect(read.modelService("main.ai.a")?.destinations.first?.model == "gpt-5")
        try reader.check(export, named: "export")
    }

    @Test("What the file has is the file's, and what the store has of that name is not written")
    func precedence() throws {
        let file = "catalogs: {main: {comment: of the file}}\nsimulator: true"
        let export = try export([entry(.catalog("main"), comment: "hidden"), entry(.catalog("other"))], beside: file)
        #expect(!export.text.contains("hidden"))
        let read = try configuration(export.text)
        #expect(read.ownership[.catalog("main")]?.comment == "of the file")
        #expect(read.ownership[.catalog("other")] != nil)
    }
}
