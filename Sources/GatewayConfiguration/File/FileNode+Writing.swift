// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewaySchema
import Yams

extension FileNode {
    /// The value as YAML in block style, which reads as the same value.
    func yaml() throws -> String {
        try Yams.serialize(node: node, width: -1, allowUnicode: true)
    }

    private var node: Node {
        switch content {
        case .scalar(let scalar): Node.scalar(Node.Scalar(scalar.text, Tag(.str), Self.style(of: scalar)))
        case .list(let elements): Node.sequence(Node.Sequence(elements.map(\.node), Tag(.seq), .block))
        case .mapping(let entries):
            Node.mapping(
                Node.Mapping(entries.map { (Self.key($0.key), $0.value.node) }, Tag(.map), .block)
            )
        }
    }

    private static func key(_ text: String) -> Node {
        // `on` is a key of the file; older versions of YAML take it for a truth value, as which no reader of this file does.
        let isPlain = isWord(text) || text == "on"
        return Node.scalar(Node.Scalar(text, Tag(.str), isPlain ? .plain : .doubleQuoted))
    }

    private static func style(of scalar: Scalar) -> Node.Scalar.Style {
        guard scalar.isQuoted, !isWord(scalar.text) else { return .plain }
        // The emitter itself quotes what cannot stand in a block.
        return scalar.text.contains("\n") ? .literal : .doubleQuoted
    }

    /// Whether a text is text to every reader of YAML, also without quotes.
    private static func isWord(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) else { return false }
        let isPlain = text.utf8.allSatisfy { byte in
            isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "./@+-".utf8.contains(byte)
        }
        return isPlain && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
