// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewaySchema

import Yams

/// Finds aliases in keys before the file is read.
///
/// The YAML library hashes the keys of a mapping as it reads it, and hashing a key made of aliases of aliases takes time exponential in
/// the size of the file. So a file with aliases is first read with each of them turned into plain text, which cannot expand.
enum AliasProbe {
    /// Stands for the `*` of an alias; a private-use character that may begin plain text.
    private static let marker = "\u{E000}"

    /// The file with its aliases turned into text; nil if it has none.
    ///
    /// Asterisks within other text are replaced as well; this does not change the structure.
    static func text(of bytes: [UInt8]) -> String? {
        var probe: [UInt8] = []
        var isChanged = false
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "*"), index + 1 < bytes.count, isAnchorCharacter(bytes[index + 1]) {
                probe.append(contentsOf: marker.utf8)
                isChanged = true
            } else {
                probe.append(byte)
            }
        }
        return isChanged ? String(decoding: probe, as: UTF8.self) : nil
    }

    /// Refuses keys that are, or hold, what was an alias.
    static func check(_ node: Node?, depth: Int, budget: inout Int) throws(ConfigurationError.Problem) {
        guard depth <= FileBounds.depth else {
            throw FileNode.problem(node?.mark?.line, "The file is nested more than \(FileBounds.depth) levels deep.")
        }
        budget -= 1
        guard budget >= 0 else {
            throw FileNode.problem(node?.mark?.line, "The file has more than \(FileBounds.nodes) values.")
        }
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                guard case .scalar(let scalar) = key,
                    scalar.style != .plain || !scalar.string.hasPrefix(marker)
                else {
                    throw FileNode.problem(key.mark?.line, "A key must be text, not an alias, a list or a mapping.")
                }
                try check(value, depth: depth + 1, budget: &budget)
            }
        case .sequence(let sequence):
            for value in sequence {
                try check(value, depth: depth + 1, budget: &budget)
            }
        case .scalar, .alias, nil:
            break
        }
    }

    private static func isAnchorCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
