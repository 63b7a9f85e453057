// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

extension JSONValue {
    /// Visits every value and decodes every scalar and key; returns a sum so that nothing is optimised away.
    func visitAll() -> Int {
        switch kind {
        case .object:
            object?.reduce(into: 1) { sum, member in sum &+= member.key.string.utf8.count &+ member.value.visitAll() }
                ?? 0
        case .array:
            array?.reduce(into: 1) { sum, element in sum &+= element.visitAll() } ?? 0
        case .string: string?.utf8.count ?? 0
        case .number: int ?? Int(double ?? 0)
        case .bool: bool == true ? 1 : 0
        case .null: 0
        }
    }

    /// Writes the value anew, member by member, with strings and numbers as they are spelled.
    func rewrite(_ writer: inout JSONWriter) {
        switch kind {
        case .object:
            writer.beginObject()
            if let object {
                for (key, value) in object {
                    writer.key(key)
                    value.rewrite(&writer)
                }
            }
            writer.endObject()
        case .array:
            writer.beginArray()
            if let array {
                for element in array { element.rewrite(&writer) }
            }
            writer.endArray()
        default:
            writer.value(self)
        }
    }
}

/// A document as plain Swift values, to measure the writer alone: strings must be escaped, numbers printed.
indirect enum Tree {
    case object([(String, Tree)])
    case array([Tree])
    case string(String)
    case int(Int)
    case double(Double)
    case bool(Bool)
    case null

    init(_ value: JSONValue) {
        switch value.kind {
        case .object: self = .object(value.object?.map { ($0.key.string, Tree($0.value)) } ?? [])
        case .array: self = .array(value.array?.map { Tree($0) } ?? [])
        case .string: self = .string(value.string ?? "")
        case .number: self = value.int.map(Tree.int) ?? .double(value.double ?? 0)
        case .bool: self = .bool(value.bool ?? false)
        case .null: self = .null
        }
    }

    func write(_ writer: inout JSONWriter) {
        switch self {
        case .object(let members):
            writer.object { writer in
                for (key, value) in members {
                    writer.key(key)
                    value.write(&writer)
                }
            }
        case .array(let elements):
            writer.array { writer in
                for element in elements { element.write(&writer) }
            }
        case .string(let string): writer.string(string)
        case .int(let int): writer.int(int)
        case .double(let double): writer.double(double)
        case .bool(let bool): writer.bool(bool)
        case .null: writer.null()
        }
    }
}
