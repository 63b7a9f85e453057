// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayStorage
import Testing

@Suite("Coding agents")
struct CodingAgentTests {
    @Test(
        "A coding agent is known by its user agent",
        arguments: [
            ("claude-cli/2.1.329 (external, sdk-cli)", "claude_code", "2.1.329"),
            ("codex_exec/0.163.0 (Debian 12.0.0; x86_64) unknown", "codex", "0.163.0"),
            ("codex_cli_rs/0.163.0-alpha.1", "codex", "0.163.0-alpha.1"),
            ("codex-tui/0.1", "codex", "0.1"),
            ("GeminiCLI/0.44.0/gemini-3-pro (linux; x64)", "gemini_cli", "0.44.0"),
            ("GeminiCLI-vscode/0.44.0 (linux)", "gemini_cli", "0.44.0"),
            ("Cursor/3.1.0", "cursor", "3.1.0"),
            ("CLAUDE-CLI/2", "claude_code", "2"),
        ]
    )
    func known(userAgent: String, name: String, version: String) {
        let agent = CodingAgent(userAgent: userAgent)
        #expect(agent?.name.rawValue == name)
        #expect(agent?.version == version)
    }

    @Test(
        "One without a readable version is known all the same",
        arguments: ["claude-cli", "codex/", "Cursor (x)", "cursor/(1)"]
    )
    func versionless(userAgent: String) {
        let agent = CodingAgent(userAgent: userAgent)
        #expect(agent != nil)
        #expect(agent?.version == nil)
    }

    @Test("A version of any length is bounded")
    func longVersion() {
        #expect(CodingAgent(userAgent: "codex/" + String(repeating: "1", count: 65))?.version == nil)
        #expect(CodingAgent(userAgent: "codex/" + String(repeating: "1", count: 64))?.version?.count == 64)
    }

    @Test(
        "Other clients are none",
        arguments: [
            "", " ", "/", "OpenAI/Python 3.52.0", "curl/8.1", "Mozilla/5.0 claude-cli/1", "claude", "cursory/1",
            "gemini", "é/1", "c",
        ]
    )
    func others(userAgent: String) {
        #expect(CodingAgent(userAgent: userAgent) == nil)
    }
}
