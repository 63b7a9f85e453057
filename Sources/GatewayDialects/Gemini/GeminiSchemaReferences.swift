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
    /// Bytes that may still be read to find and to join schemas.
    private(set) var remainingWork: Int
    /// Bytes of the schemas that were joined and are being written.
    private var joinedBytes: [Int] = []
    /// Whether a schema has so many references that following them would take too long.
    private(set) var isExhausted = false

    /// The most references that lead into one another at any place.
    private static let maximumOpen = 64
    /// The most bytes of joined schemas that are held at once.
    private static let maximumJoined = 4 << 20

    /// The references of a schema, of which so many bytes may be read to follow them.
    init(_ root: JSONValue, work: Int) {
        self.root = root
        remainingWork = work
    }

    /// What a schema with `$ref` says without it: the schema that is named, with the members that stand beside the reference.
    ///
    /// - Returns: Nil if the reference leads out of the document, to nothing, or back to a schema that is being replaced.
    mutating func enter(_ schema: JSONValue) -> JSONValue? {
        guard let pointer = schema["$ref"]?.string, !open.contains(pointer), open.count < Self.maximumOpen,
            let target = target(of: pointer)
        else { return nil }
        let bytes = schema.range.count + target.range.count
        remainingWork -= bytes
        guard joinedBytes.reduce(bytes, +) <= Self.maximumJoined else {
            isExhausted = true
            return nil
        }
        open.append(pointer)
        joinedBytes.append(0)
        guard let members = target.object else { return target }
        let siblings = schema.members.filter { $0.key != "$ref" && $0.key != "$defs" }
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
                                writer.key(key)
                                writer.value(value)
                            }
                        }
                    }
                )
            } else {
                for (key, value) in members where !overridden.contains(key) {
                    writer.key(key)
                    writer.value(value)
                }
                for (key, value) in siblings {
                    writer.key(key)
                    writer.value(value)
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
        targets[pointer] = target
        return target
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
                members[place] = Dictionary(object.lazy.map { ($0.key, $0.value) }) { first, _ in first }
            }
            return members[place]?[JSONString(name)]
        }
        guard let array = value.array, let index = Int(name), index >= 0 else { return nil }
        if elements[place] == nil {
            remainingWork -= value.range.count
            elements[place] = Array(array)
        }
        guard let known = elements[place], index < known.count else { return nil }
        return known[index]
    }
}
