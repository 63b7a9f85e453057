// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import Testing

@Suite("Files that say nothing, and names and settings of their own kind")
struct BlankFileTests {
    @Test(
        "A file that somebody is about to write is blank",
        arguments: [
            "", " ", "\n\n", "# comment\n", "\u{FEFF}", "\u{FEFF}# comment", "---\n", "---\n# x\n...\n", "~", "null\n",
            "provider_services:\n", "provider_services:\nmodel_services: ~\nserver:\n",
        ]
    )
    func blank(text: String) {
        #expect(ConfigurationReader.isBlank(contents: Array(text.utf8)))
    }

    @Test(
        "A file that says something, or something wrong, is not",
        arguments: [
            "{}", "simulator: false", "users: {}\n", "grants: []", "model_services: {", "[]", "x", "a: 1\na: 2",
            "\u{1}",
        ]
    )
    func speaking(text: String) {
        #expect(!ConfigurationReader.isBlank(contents: Array(text.utf8)))
    }

    @Test("Names of principals are the same in every Unicode form, and hold nothing invisible")
    func principals() throws {
        let configuration = try configuration(
            """
            users: {"jose\u{301}@example.com": {groups: ["e\u{301}quipe"]}}
            grants: [{principal: "e\u{301}quipe", privileges: [EXECUTE], on: {catalog: main}}]
            """
        )
        let principal = try #require(configuration.principals.first)
        #expect(Array(principal.name.utf8) == Array("jos\u{E9}@example.com".utf8))
        #expect(principal.groups.map { Array($0.utf8) } == [Array("\u{E9}quipe".utf8)])
        #expect(configuration.grants.map { Array($0.principal.utf8) } == [Array("\u{E9}quipe".utf8)])
        for name in ["a\u{200B}b", "a\u{202E}b"] {
            #expect(!errors("users: {\"\(name)\": {}}").isEmpty)
            #expect(!errors("users: {a: {groups: [\"\(name)\"]}}").isEmpty)
            #expect(!errors("grants: [{principal: \"\(name)\", privileges: [EXECUTE], on: {catalog: main}}]").isEmpty)
        }
    }

    @Test("Metrics are for this machine and administrators unless the file says otherwise")
    func metricsAccess() throws {
        #expect(try configuration("{}").server.metricsAccess == .loopback)
        for access in Configuration.Server.MetricsAccess.allCases {
            #expect(try configuration("server: {metrics_access: \(access.rawValue)}").server.metricsAccess == access)
        }
        #expect(errors("server: {metrics_access: everybody}").first?.contains("`open`") == true)
    }
}
