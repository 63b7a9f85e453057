// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// The fields that an object may and must have.
final class ObjectShape: Sendable {
    struct Member: Sendable {
        let name: StaticString
        let shape: Shape
        let isRequired: Bool

        static func required(_ name: StaticString, _ shape: Shape) -> Member {
            Member(name: name, shape: shape, isRequired: true)
        }

        static func optional(_ name: StaticString, _ shape: Shape) -> Member {
            Member(name: name, shape: shape, isRequired: false)
        }
    }

    let members: [Member]
    /// Whether fields that are not listed are let through.
    let isOpen: Bool
    /// Indices into ``members`` by hash of the name; -1 for an empty slot.
    private let slots: [Int16]
    private let names: [StaticString]
    private let mask: Int

    /// A shape of at most 64 fields.
    ///
    /// With `hasSnakeCase` a field `maxItems` may also be written `max_items`, as in the JSON form of protocol buffers.
    init(_ members: [Member], isOpen: Bool = false, hasSnakeCase: Bool = false) {
        precondition(members.count <= 64)
        self.members = members
        self.isOpen = isOpen
        var size = 8
        while size < members.count * 3 { size *= 2 }
        var slots = [Int16](repeating: -1, count: size)
        for (index, member) in members.enumerated() {
            var slot =
                member.name.withUTF8Buffer { Self.hash(UnsafeRawBufferPointer($0), foldsSnakeCase: hasSnakeCase) }
                & (size - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int16(index)
        }
        self.slots = slots
        self.names = members.map(\.name)
        self.mask = size - 1
        self.foldsSnakeCase = hasSnakeCase
    }

    private let foldsSnakeCase: Bool

    /// The same fields and some more.
    func adding(_ more: [Member]) -> ObjectShape {
        ObjectShape(members + more, isOpen: isOpen, hasSnakeCase: foldsSnakeCase)
    }

    /// The index in ``members`` of the one with this name.
    func index(of name: JSONString) -> Int? {
        let found = name.withBytes { bytes, _ in index(of: bytes) }
        if let found { return found }
        // A name may be spelled with escapes, which the bytes above still hold.
        var decoded = name.string
        return decoded.withUTF8 { index(of: UnsafeRawBufferPointer($0)) }
    }

    private func index(of bytes: UnsafeRawBufferPointer) -> Int? {
        var slot = Self.hash(bytes, foldsSnakeCase: foldsSnakeCase) & mask
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if matches(names[index], bytes) { return index }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private func matches(_ name: StaticString, _ bytes: UnsafeRawBufferPointer) -> Bool {
        name.withUTF8Buffer { name in
            if bytes.count == name.count, bytes.elementsEqual(name) { return true }
            guard foldsSnakeCase, bytes.count > name.count else { return false }
            var position = 0
            for byte in name {
                if byte &- UInt8(ascii: "A") < 26 {
                    guard position &+ 1 < bytes.count, bytes[position] == UInt8(ascii: "_"),
                        bytes[position &+ 1] == byte | 0x20
                    else {
                        return false
                    }
                    position &+= 2
                } else {
                    guard position < bytes.count, bytes[position] == byte else { return false }
                    position &+= 1
                }
            }
            return position == bytes.count
        }
    }

    /// Equal for a name in camel case and in snake case, if those are folded.
    private static func hash(_ bytes: UnsafeRawBufferPointer, foldsSnakeCase: Bool) -> Int {
        var hash: UInt32 = 2_166_136_261
        for byte in bytes {
            if foldsSnakeCase {
                if byte == UInt8(ascii: "_") { continue }
                hash = (hash ^ UInt32(byte | 0x20)) &* 16_777_619
            } else {
                hash = (hash ^ UInt32(byte)) &* 16_777_619
            }
        }
        return Int(hash ^ hash >> 15)
    }
}

/// Objects of several kinds, told apart by the value of one field.
final class VariantShape: Sendable {
    struct Variant: Sendable {
        let tag: StaticString
        let shape: ObjectShape

        init(_ tag: StaticString, _ shape: ObjectShape) {
            self.tag = tag
            self.shape = shape
        }
    }

    /// The field that tells them apart.
    let key: StaticString
    let variants: [Variant]
    /// What an object without the field must be; nil where the field is required.
    let untagged: ObjectShape?

    init(by key: StaticString, _ variants: [Variant], untagged: ObjectShape? = nil) {
        self.key = key
        self.variants = variants
        self.untagged = untagged
    }
}
