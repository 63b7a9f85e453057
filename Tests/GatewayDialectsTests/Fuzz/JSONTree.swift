// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// A JSON value that can be changed, duplicates and broken escapes included.
indirect enum JSONTree {
    /// Written as it is: numbers and literals, whatever they are.
    case scalar(String)
    /// What stands between the quotes, still escaped.
    case text(String)
    case array([JSONTree])
    case object([(key: String, value: JSONTree)])

    init(_ value: JSONValue) {
        let written = String(buffer: value.bytes)
        if let object = value.object {
            var members: [(key: String, value: JSONTree)] = []
            for (key, value) in object { members.append((Self.escaped(key), JSONTree(value))) }
            self = .object(members)
        } else if let array = value.array {
            self = .array(array.map { JSONTree($0) })
        } else if value.text != nil {
            self = .text(String(written.dropFirst().dropLast()))
        } else {
            self = .scalar(written)
        }
    }

    private static func escaped(_ key: JSONString) -> String {
        let text = String(buffer: JSONValue { $0.string(key) }.bytes)
        return String(text.dropFirst().dropLast())
    }

    /// The value as JSON, if every escape in it is valid.
    var written: String { written(comma: ",") }

    /// The value as JSON with this between elements and members.
    func written(comma: String) -> String {
        var text = ""
        write(into: &text, comma)
        return text
    }

    private func write(into text: inout String, _ comma: String) {
        switch self {
        case .scalar(let scalar): text += scalar
        case .text(let inner): text += "\"\(inner)\""
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += comma }
                element.write(into: &text, comma)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += comma }
                text += "\"\(member.key)\":"
                member.value.write(into: &text, comma)
            }
            text += "}"
        }
    }

    /// How many values there are, this one included.
    var count: Int {
        switch self {
        case .scalar, .text: 1
        case .array(let elements): elements.reduce(1) { $0 + $1.count }
        case .object(let members): members.reduce(1) { $0 + $1.value.count }
        }
    }

    /// Changes the value at this place in the order of reading; 0 is the value itself.
    mutating func change(at place: Int, _ body: (inout JSONTree) -> Void) {
        guard place > 0 else { return body(&self) }
        var place = place - 1
        switch self {
        case .scalar, .text: break
        case .array(var elements):
            for index in elements.indices {
                let count = elements[index].count
                if place < count {
                    elements[index].change(at: place, body)
                    break
                }
                place -= count
            }
            self = .array(elements)
        case .object(var members):
            for index in members.indices {
                let count = members[index].value.count
                if place < count {
                    members[index].value.change(at: place, body)
                    break
                }
                place -= count
            }
            self = .object(members)
        }
    }
}
