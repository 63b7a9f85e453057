// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A coding agent that calls, as its user agent tells.
///
/// Spellings seen on the wire in 2026-11: `claude-cli/2.1.329 (external, sdk-cli)`, `codex_exec/0.163.0 (...)`,
/// `codex_cli_rs/0.163.0 (...)`, `GeminiCLI/0.44.0/gemini-3-pro (linux; x64)`, `Cursor/3.1.0`.
package struct CodingAgent: Sendable, Equatable {
    /// The value of `session_metadata.coding_agent`.
    package enum Name: String, Sendable, CaseIterable {
        case claudeCode = "claude_code"
        case codex
        case geminiCLI = "gemini_cli"
        case cursor
    }

    package let name: Name
    /// What stands behind the first slash; nil when that is no version of at most 64 characters.
    package let version: String?

    /// Reads a user agent; nil when it is not a coding agent's.
    package init?(userAgent: String) {
        let product = userAgent.utf8.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: " ") }
        guard let name = Self.name(ofProduct: product) else { return nil }
        self.name = name
        let rest = userAgent.utf8[product.endIndex...]
        guard rest.first == UInt8(ascii: "/") else {
            version = nil
            return
        }
        let digits = rest.dropFirst().prefix(while: Self.isVersion)
        version = (1...64).contains(digits.count) ? String(Substring(digits)) : nil
    }

    private static func name(ofProduct product: Substring.UTF8View) -> Name? {
        // Cheap for the many user agents that are none: the first byte decides.
        switch product.first.map({ $0 | 0x20 }) {
        case UInt8(ascii: "c"):
            if product.matches("claude-cli") || product.matches("claude-code") { return .claudeCode }
            if product.matches("cursor") { return .cursor }
            return product.prefix(5).matches("codex") ? .codex : nil
        case UInt8(ascii: "g"):
            return product.prefix(9).matches("geminicli") || product.matches("gemini-cli") ? .geminiCLI : nil
        default:
            return nil
        }
    }

    private static func isVersion(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

extension Substring.UTF8View {
    /// Whether these bytes are that lower-case ASCII name, in any case.
    fileprivate func matches(_ name: StaticString) -> Bool {
        name.withUTF8Buffer { name in
            elementsEqual(name) { byte, expected in
                byte == expected || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) && byte | 0x20 == expected
            }
        }
    }
}
