// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// Says whether a document follows a JSON Schema: as much of draft 2020-12 as tools' schemas use, written apart from the code under test.
struct SchemaValidator {
    let root: JSONValue

    func allows(_ instance: JSONValue) -> Bool { allows(instance, by: root, depth: 0) }

    private func allows(_ instance: JSONValue, by schema: JSONValue, depth: Int) -> Bool {
        if let isAllowed = schema.bool { return isAllowed }
        guard depth < 64, let keywords = schema.object else { return true }
        return keywords.allSatisfy { key, value in
            switch key.string {
            case "$ref": allows(instance, by: resolve(value.string ?? ""), depth: depth + 1)
            case "type": types(value).contains { isOf($0, instance) }
            case "enum": list(value).contains { equal($0, instance) }
            case "const": equal(value, instance)
            case "anyOf": list(value).contains { allows(instance, by: $0, depth: depth + 1) }
            case "allOf": list(value).allSatisfy { allows(instance, by: $0, depth: depth + 1) }
            case "oneOf": list(value).filter { allows(instance, by: $0, depth: depth + 1) }.count == 1
            case "not": !allows(instance, by: value, depth: depth + 1)
            case "minimum": instance.double.map { $0 >= value.double ?? 0 } ?? true
            case "maximum": instance.double.map { $0 <= value.double ?? 0 } ?? true
            case "exclusiveMinimum": instance.double.map { $0 > value.double ?? 0 } ?? true
            case "multipleOf":
                instance.double.map { ($0 / (value.double ?? 1)).rounded() * (value.double ?? 1) == $0 } ?? true
            case "minLength": instance.string.map { $0.unicodeScalars.count >= value.int ?? 0 } ?? true
            case "maxLength": instance.string.map { $0.unicodeScalars.count <= value.int ?? 0 } ?? true
            case "minItems": instance.array.map { $0.count >= value.int ?? 0 } ?? true
            case "maxItems": instance.array.map { $0.count <= value.int ?? 0 } ?? true
            case "uniqueItems":
                instance.array.map { array in Set(array.map { String(buffer: $0.bytes) }).count == array.count } ?? true
            case "required":
                instance.object == nil || list(value).allSatisfy { instance[$0.string ?? ""] != nil }
            case "properties":
                (value.object.map(Array.init) ?? []).allSatisfy { name, schema in
                    instance[name.string].map { allows($0, by: schema, depth: depth + 1) } ?? true
                }
            case "additionalProperties":
                (instance.object.map(Array.init) ?? []).allSatisfy { name, member in
                    schema["properties"]?[name.string] != nil || allows(member, by: value, depth: depth + 1)
                }
            case "items":
                list(instance).dropFirst(schema["prefixItems"]?.array?.count ?? 0)
                    .allSatisfy { allows($0, by: value, depth: depth + 1) }
            case "prefixItems":
                zip(list(instance), list(value)).allSatisfy { allows($0, by: $1, depth: depth + 1) }
            default: true
            }
        }
    }

    private func list(_ value: JSONValue) -> [JSONValue] { value.array.map { Array($0) } ?? [] }

    private func types(_ value: JSONValue) -> [String] {
        value.string.map { [$0] } ?? list(value).compactMap(\.string)
    }

    private func isOf(_ type: String, _ instance: JSONValue) -> Bool {
        switch type {
        case "object": instance.kind == .object
        case "array": instance.kind == .array
        case "string": instance.kind == .string
        case "number": instance.kind == .number
        case "integer": instance.int != nil
        case "boolean": instance.kind == .bool
        case "null": instance.isNull
        default: false
        }
    }

    private func equal(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if let left = left.double, let right = right.double { return left == right }
        return (try? canonical(left.bytes) == canonical(right.bytes)) ?? false
    }

    private func resolve(_ pointer: String) -> JSONValue {
        var value = root
        for token in pointer.dropFirst(1).split(separator: "/") {
            let name = token.replacing("~1", with: "/").replacing("~0", with: "~")
            guard let next = value[String(name)] else { return JSONValue { $0.bool(false) } }
            value = next
        }
        return value
    }
}
