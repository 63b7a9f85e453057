// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// The local `$ref`s of a JSON Schema, and how they are replaced by what they name.
struct GeminiSchemaReferences {
    private let root: JSONValue
    /// The pointers that are being replaced at this place, the outermost first.
    private var open: [String] = []
    /// What pointers name, as far as they were met.
    private var targets: [String: JSONValue] = [:]
    /// The members and elements of the objects and arrays that pointers lead through, by where these stand in the document.
    private var members: [Int: [JSONString: JSONValue]] = [:]
    private var elements: [Int: [JSONValue]] = [:]
    /// How many pointers, members and elements may still be kept.
    private var remainingChildren = maximumChildren
    /// Bytes that may still be read to find and to join schemas.
    private(set) var remainingWork: Int
    /// Bytes of the schemas that were joined and are being written.
    private var joinedBytes: [Int] = []
    /// Whether a schema is so large, so deep or has so many references that following them would take too much.
    private(set) var isExhausted = false

    /// The most references that lead into one another at any place.
    private static let maximumOpen = 64
    /// The most pointers, members and elements that are kept of a schema.
    static let maximumChildren = 65_536
    /// The most keywords that may stand beside a reference.
    private static let maximumSiblings = 1_024
    /// The most bytes of joined schemas that are held at once.
    private static let maximumJoined = 4 << 20

    /// The references of a schema, of which so many bytes may be read to follow them.
    init(_ root: JSONValue, work: Int) {
        self.root = root
        remainingWork = work
    }

    /// Takes off what it takes to read a schema once; false if that is too much.
    ///
    /// A schema counts at every level above it too, as it is read there to be passed over.
    mutating func read(_ schema: JSONValue) -> Bool {
        remainingWork -= schema.range.count
        if remainingWork < 0 { isExhausted = true }
        return !isExhausted
    }

    /// Gives up, for what a schema would take elsewhere.
    mutating func exhaust() { isExhausted = true }

    /// What a schema with `$ref` says without it: the schema that is named, with the members that stand beside the reference.
    ///
    /// - Returns: Nil if the reference leads out of the document, to nothing, or back to a schema that is being replaced.
    mutating func enter(_ schema: JSONValue) -> JSONValue? {
        guard read(schema), let pointer = schema["$ref"]?.string, !open.contains(pointer),
            open.count < Self.maximumOpen, let target = target(of: pointer)
        else { return nil }
        let bytes = schema.range.count + target.range.count
        remainingWork -= target.range.count
        guard joinedBytes.reduce(bytes, +) <= Self.maximumJoined else {
            isExhausted = true
            return nil
        }
        guard let siblings = siblings(in: schema) else { return nil }
        open.append(pointer)
        joinedBytes.append(0)
        guard let members = target.object else { return target }
        if siblings.isEmpty { return target }
        joinedBytes[joinedBytes.count - 1] = bytes
        let overridden = Set(siblings.map(\.key))
        let conflicts = members.contains { overridden.contains($0.key) && !Self.isAnnotation($0.key) }
        return JSONValue { writer in
            writer.beginObject()
            if conflicts {
                // Both must hold.
                writer.member(
                    "allOf",
                    array: { writer in
                        writer.value(target)
                        writer.object { writer in
                            for (key, value) in siblings {
                                writer.copy(key, value)
                            }
                        }
                    }
                )
            } else {
                for (key, value) in members where !overridden.contains(key) {
                    writer.copy(key, value)
                }
                for (key, value) in siblings {
                    writer.copy(key, value)
                }
            }
            writer.endObject()
        }
    }

    private mutating func target(of pointer: String) -> JSONValue? {
        if remainingWork < 0 { isExhausted = true }
        guard !isExhausted else { return nil }
        if let target = targets[pointer] { return target }
        let target = resolve(pointer)
        if takeChild() { targets[pointer] = target }
        return target
    }

    /// What stands beside a reference; nil if that is too much.
    private mutating func siblings(in schema: JSONValue) -> [(key: JSONString, value: JSONValue)]? {
        var siblings: [(key: JSONString, value: JSONValue)] = []
        guard let members = schema.object else { return siblings }
        for (key, value) in members where key != "$ref" && key != "$defs" {
            guard siblings.count < Self.maximumSiblings else {
                isExhausted = true
                return nil
            }
            siblings.append((key, value))
        }
        return siblings
    }

    /// Ends what ``enter(_:)`` began.
    mutating func leave() {
        open.removeLast()
        joinedBytes.removeLast()
    }

    /// Whether a keyword only describes.
    static func isAnnotation(_ keyword: JSONString) -> Bool { annotations[keyword] != nil }

    private static let annotations = KeyTable<Void>([
        "title": (), "description": (), "default": (), "examples": (), "example": (), "deprecated": (),
        "readOnly": (), "writeOnly": (), "$comment": (), "$schema": (), "$id": (), "$anchor": (),
        "contentMediaType": (), "contentEncoding": (), "contentSchema": (),
    ])

    /// The value that a fragment such as `#/$defs/node` names (RFC 6901).
    private mutating func resolve(_ pointer: String) -> JSONValue? {
        guard pointer.hasPrefix("#") else { return nil }
        if pointer == "#" || pointer == "#/" { return root }
        guard pointer.hasPrefix("#/") else { return nil }
        var value = root
        for token in pointer.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
            let name = token.replacing("~1", with: "/").replacing("~0", with: "~").replacing("%24", with: "$")
            guard let child = child(of: value, String(name)) else { return nil }
            value = child
        }
        return value
    }

    /// What stands in an object or array, which is read once however many pointers lead through it.
    private mutating func child(of value: JSONValue, _ name: String) -> JSONValue? {
        let place = value.range.lowerBound
        if let object = value.object {
            if members[place] == nil {
                remainingWork -= value.range.count
                var known: [JSONString: JSONValue] = [:]
                for (key, value) in object {
                    guard takeChild() else {
                        isExhausted = true
                        return nil
                    }
                    if known[key] == nil { known[key] = value }
                }
                members[place] = known
            }
            return members[place]?[JSONString(name)]
        }
        guard let array = value.array, let index = Int(name), index >= 0 else { return nil }
        if elements[place] == nil {
            remainingWork -= value.range.count
            var known: [JSONValue] = []
            for element in array {
                guard takeChild() else {
                    isExhausted = true
                    return nil
                }
                known.append(element)
            }
            elements[place] = known
        }
        guard let known = elements[place], index < known.count else { return nil }
        return known[index]
    }

    private mutating func takeChild() -> Bool {
        guard remainingChildren > 0 else { return false }
        remainingChildren -= 1
        return true
    }
}
