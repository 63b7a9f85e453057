// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON
import NIOCore

extension FileNode {
    /// A JSON value, such as the body of a request, as if it had been read from a file; it has no lines.
    ///
    /// Of members of one name the last one counts. The value's depth is bounded by who validated it.
    package init(_ json: JSONValue) {
        let content: Content
        switch json.kind {
        case .object:
            var entries: [Entry] = []
            var positions: [String: Int] = [:]
            for member in json.object.map({ Array($0) }) ?? [] {
                let entry = Entry(key: member.key.string, line: 0, value: FileNode(member.value))
                if let index = positions[entry.key] {
                    entries[index] = entry
                } else {
                    positions[entry.key] = entries.count
                    entries.append(entry)
                }
            }
            content = .mapping(entries)
        case .array: content = .list((json.array.map { Array($0) } ?? []).map { FileNode($0) })
        case .string: content = .scalar(Scalar(text: json.string ?? "", isQuoted: true))
        case .number, .bool, .null:
            content = .scalar(Scalar(text: String(buffer: json.bytes), isQuoted: false))
        }
        self.init(line: 0, content: content)
    }

    /// Writes the value as JSON: what was not quoted stays a number or a truth value where it is one.
    package func write(to writer: inout JSONWriter) {
        switch content {
        case .list(let elements): writer.array { writer in for element in elements { element.write(to: &writer) } }
        case .mapping(let entries):
            writer.object { writer in
                for entry in entries {
                    writer.key(entry.key)
                    entry.value.write(to: &writer)
                }
            }
        case .scalar(let scalar):
            if isNull {
                writer.null()
            } else if !scalar.isQuoted, let number = Int(scalar.text) {
                writer.int(number)
            } else if !scalar.isQuoted, ["true", "false"].contains(scalar.text) {
                writer.bool(scalar.text == "true")
            } else {
                writer.string(scalar.text)
            }
        }
    }

    /// How many values there are, with those in them and this one.
    package var valueCount: Int {
        switch content {
        case .scalar: 1
        case .list(let elements): elements.reduce(1) { $0 + $1.valueCount }
        case .mapping(let entries): entries.reduce(1) { $0 + $1.value.valueCount }
        }
    }

    /// The value of a key of a mapping.
    package subscript(key: String) -> FileNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.last { $0.key == key }?.value
    }
}

extension JSONValue {
    /// A value of a file as JSON.
    package init(_ node: FileNode) {
        self.init { node.write(to: &$0) }
    }
}
