// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// `host[:port]` in parts, as in URLs and in the `host` header (RFC 3986, section 3.2).
///
/// The caller decides which hosts and ports it takes.
package struct Authority: Sendable {
    /// An IPv6 address without its brackets.
    package let host: Substring
    /// Whether brackets stood around the host.
    package let isBracketed: Bool
    /// What follows the colon; nil without one.
    package let port: Substring?

    /// Returns nil where brackets are not closed, or something other than a port follows them.
    package init?(_ text: Substring) {
        isBracketed = text.first == "["
        guard isBracketed else {
            let colon = text.firstIndex(of: ":")
            host = text[..<(colon ?? text.endIndex)]
            port = colon.map { text[text.index(after: $0)...] }
            return
        }
        guard let close = text.firstIndex(of: "]") else { return nil }
        let rest = text[text.index(after: close)...]
        guard rest.isEmpty || rest.first == ":" else { return nil }
        host = text[text.index(after: text.startIndex)..<close]
        port = rest.isEmpty ? nil : rest.dropFirst()
    }
}
