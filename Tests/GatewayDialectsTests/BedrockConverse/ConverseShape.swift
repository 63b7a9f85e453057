// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import Testing

/// What Amazon's service model allows a Converse request to be.
struct ConverseShape {
    private let shapes: JSONValue

    init() throws {
        shapes = try #require(Fixtures.json("BedrockConverse/shapes.json")["shapes"])
    }

    /// The members that the model does not have, lacks or forbids; none for a good request.
    func problems(in value: JSONValue, of shape: String = "ConverseRequest", _ path: String = "") -> [String] {
        guard let rule = shapes[shape], let type = rule["type"]?.string else { return ["\(path): no shape \(shape)"] }
        switch type {
        case "structure": return structure(value, rule, path)
        case "list":
            guard let array = value.array, let element = rule["member"]?.string else { return ["\(path): no array"] }
            let items = Array(array)
            var problems = items.enumerated().flatMap { self.problems(in: $1, of: element, "\(path)[\($0)]") }
            if let least = rule["min"]?.int, items.count < least { problems.append("\(path): too few") }
            if let most = rule["max"]?.int, items.count > most { problems.append("\(path): too many") }
            return problems
        case "map":
            guard let object = value.object, let element = rule["value"]?.string else { return ["\(path): no object"] }
            return object.flatMap { problems(in: $0.value, of: element, "\(path).\($0.key.string)") }
        case "string", "blob":
            guard let text = value.string else { return ["\(path): no text"] }
            if let allowed = rule["enum"]?.array, !allowed.contains(where: { $0.string == text }) {
                return ["\(path): \(text) is not allowed"]
            }
            if let least = rule["min"]?.int, text.count < least { return ["\(path): too short"] }
            if let most = rule["max"]?.int, text.count > most { return ["\(path): too long"] }
            return []
        case "boolean": return value.bool == nil ? ["\(path): no boolean"] : []
        case "integer", "long", "float", "double":
            guard let number = value.number?.double else { return ["\(path): no number"] }
            if let least = rule["min"]?.number?.double, number < least { return ["\(path): too small"] }
            if let most = rule["max"]?.number?.double, number > most { return ["\(path): too large"] }
            return []
        default: return type == "document" ? [] : ["\(path): unknown type \(type)"]
        }
    }

    private func structure(_ value: JSONValue, _ rule: JSONValue, _ path: String) -> [String] {
        guard let object = value.object else { return ["\(path): no object"] }
        let members = Array(object)
        var problems: [String] = []
        for (key, member) in members {
            let name = key.string
            guard let shape = rule["members"]?[name]?.string else {
                problems.append("\(path).\(name): unknown")
                continue
            }
            problems += self.problems(in: member, of: shape, "\(path).\(name)")
        }
        for name in rule["required"]?.array.map(Array.init) ?? [] where value[name.string ?? ""] == nil {
            problems.append("\(path).\(name.string ?? ""): missing")
        }
        if rule["union"]?.bool == true, members.count != 1 { problems.append("\(path): a union of \(members.count)") }
        return problems
    }
}

extension JSONValue {
    /// An element of an array.
    subscript(_ index: Int) -> JSONValue? {
        array.map(Array.init).flatMap { $0.indices.contains(index) ? $0[index] : nil }
    }
}
