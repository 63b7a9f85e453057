// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A path below which clients reach the gateway, such as `/gateway`.
package struct BasePath: Sendable, Hashable {
    package let text: String

    /// Reads a path of segments that need no escaping; nil for anything else, such as `/` or a path that ends with one.
    package init?(_ text: String) {
        let segments = text.split(separator: "/", omittingEmptySubsequences: false)
        guard text.utf8.count <= 255, segments.count > 1, segments[0].isEmpty else { return nil }
        for segment in segments.dropFirst() {
            let isPlain = segment.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: "~"):
                    true
                default: false
                }
            }
            guard isPlain, !segment.isEmpty, segment != ".", segment != ".." else { return nil }
        }
        self.text = text
    }

    /// What a target says below this path, as a target of its own; nil if it is elsewhere.
    package func rest(of target: String) -> String? {
        guard target.hasPrefix(text) else { return nil }
        let rest = target.dropFirst(text.count)
        switch rest.first {
        case nil: return "/"
        case "/": return String(rest)
        case "?": return "/" + rest
        default: return nil
        }
    }
}
