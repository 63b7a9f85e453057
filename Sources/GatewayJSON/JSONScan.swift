// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// One validating pass over a request body that notes where the root object's members are.
///
/// For the relay of bodies in the same dialect: one allocation, nothing decoded.
package struct JSONScan: Sendable {
    /// Most members of the root: what is noted of them must stay small beside the body.
    package static let maximumMembers = 65_536

    /// A member of the root, by offsets from the document's first readable byte; the key's range is inside its quotes.
    private struct Member {
        let keyStart: UInt32
        let keyEnd: UInt32
        let valueStart: UInt32
        let valueEnd: UInt32
        let kind: JSONValue.Kind
    }

    /// The whole document as a value.
    package let value: JSONValue
    private let members: [Member]
    /// Which of the keys that were watched may be in the document, at any depth.
    package let keys: JSONKeyWatch.Found

    /// Validates a whole document, like `JSONValue(validating:)`; its root must be an object.
    ///
    /// - Parameters:
    ///   - buffer: The document.
    ///   - maximumDepth: How many arrays and objects may be open at once.
    ///   - watch: Keys to look for in passing; without one, ``keys`` is ``JSONKeyWatch/Found/unknown``.
    /// - Throws: `JSONError` with the first byte that is wrong; `wrongType` where the root is another kind of value.
    package init(
        _ buffer: ByteBuffer,
        maximumDepth: Int = 128,
        watching watch: JSONKeyWatch? = nil
    ) throws(JSONError) {
        var members: [Member] = []
        members.reserveCapacity(16)
        func scan(_ recorder: JSONKeyWatch.Recorder?) -> Result<Range<Int>, Validator.Failure> {
            buffer.withUnsafeReadableBytes { bytes in
                do throws(Validator.Failure) {
                    let validator = Validator(bytes: bytes, maximumDepth: maximumDepth, keys: recorder)
                    return .success(try Self.scan(validator, into: &members))
                } catch {
                    return .failure(error)
                }
            }
        }
        let result: Result<Range<Int>, Validator.Failure>
        if let watch { (result, keys) = watch.withRecorder(scan) } else { (result, keys) = (scan(nil), .unknown) }
        switch result {
        case .success(let range):
            let base = buffer.readerIndex
            let range = base + range.lowerBound..<base + range.upperBound
            let first = buffer.getInteger(at: range.lowerBound, as: UInt8.self) ?? 0
            guard first == Byte.openBrace else {
                throw JSONError(.wrongType(expected: "an object"), offset: range.lowerBound - base)
            }
            value = JSONValue(kind: .object, document: buffer, range: range)
            self.members = members
        case .failure(let failure):
            throw failure.error
        }
    }

    private static func scan(
        _ validator: Validator,
        into members: inout [Member]
    ) throws(Validator.Failure) -> Range<Int> {
        let bytes = validator.bytes
        let start = validator.skipWhitespace(from: 0)
        guard start < bytes.count, bytes[start] == Byte.openBrace, validator.maximumDepth > 0 else {
            return try validator.document()
        }
        var index = validator.skipWhitespace(from: start + 1)
        if index < bytes.count, bytes[index] == Byte.closeBrace {
            try validator.endOfDocument(from: index + 1)
            return start..<index + 1
        }
        while true {
            guard index < bytes.count else { throw .init(.unexpectedEnd, index) }
            guard bytes[index] == Byte.quote else { throw .init(.unexpectedByte, index) }
            let keyEnd = try validator.keyText(from: index + 1)
            let valueStart = try validator.colon(from: keyEnd)
            let valueEnd = try validator.value(from: valueStart, depth: 1)
            guard members.count < maximumMembers else { throw .init(.tooManyMembers, index) }
            members.append(
                Member(
                    keyStart: UInt32(truncatingIfNeeded: index + 1),
                    keyEnd: UInt32(truncatingIfNeeded: keyEnd - 1),
                    valueStart: UInt32(truncatingIfNeeded: valueStart),
                    valueEnd: UInt32(truncatingIfNeeded: valueEnd),
                    kind: JSONValue.Kind(firstByte: bytes[valueStart])
                )
            )
            index = validator.skipWhitespace(from: valueEnd)
            guard index < bytes.count else { throw .init(.unexpectedEnd, index) }
            if bytes[index] == Byte.comma {
                index = validator.skipWhitespace(from: index + 1)
            } else if bytes[index] == Byte.closeBrace {
                try validator.endOfDocument(from: index + 1)
                return start..<index + 1
            } else {
                throw .init(.unexpectedByte, index)
            }
        }
    }

    /// The member of the root with this key, refusing a second one (also when either is spelled with escapes).
    ///
    /// - Throws: `JSONError` with `duplicateMember`, at the value of the second.
    package func unique(_ key: StaticString) throws(JSONError) -> JSONValue? {
        let document = value.document
        let (first, second) = document.withUnsafeReadableBytes { bytes in
            key.withUTF8Buffer { key -> (Member?, Member?) in
                var first: Member?
                for member in members {
                    let range = Int(member.keyStart)..<Int(member.keyEnd)
                    let text = EscapedText(raw: UnsafeRawBufferPointer(rebasing: bytes[range]))
                    guard text.matches(UnsafeRawBufferPointer(key), whole: true) else { continue }
                    if first != nil { return (first, member) }
                    first = member
                }
                return (first, nil)
            }
        }
        if let second { throw JSONError(.duplicateMember("\(key)"), offset: Int(second.valueStart)) }
        guard let first else { return nil }
        let base = document.readerIndex
        return JSONValue(
            kind: first.kind,
            document: document,
            range: base + Int(first.valueStart)..<base + Int(first.valueEnd)
        )
    }

    /// Where the first member of the root with this key stands, in reader indices: from the quote of its key to the end of its value.
    package func range(ofMember key: StaticString) -> Range<Int>? {
        let base = value.document.readerIndex
        return index(of: key).map { base + Int(members[$0].keyStart) - 1..<base + Int(members[$0].valueEnd) }
    }

    /// What to cut out so that the first members with these keys are gone and the rest is an object still, in order of position.
    package func cuts(ofMembers keys: [StaticString]) -> [Range<Int>] {
        let gone = Set(keys.compactMap(index(of:)))
        let base = value.document.readerIndex
        var cuts: [Range<Int>] = []
        var lastKept: Int?
        for index in members.indices {
            guard gone.contains(index) else {
                // A run at the beginning takes the comma behind it along, any other the comma before it.
                if lastKept == nil, index > 0 {
                    cuts.append(base + Int(members[0].keyStart) - 1..<base + Int(members[index].keyStart) - 1)
                }
                lastKept = index
                continue
            }
            guard let kept = lastKept, !gone.contains(index + 1) else { continue }
            cuts.append(base + Int(members[kept].valueEnd)..<base + Int(members[index].valueEnd))
        }
        if lastKept == nil, let first = members.first, let last = members.last {
            cuts.append(base + Int(first.keyStart) - 1..<base + Int(last.valueEnd))
        }
        return cuts
    }

    private func index(of key: StaticString) -> Int? {
        value.document.withUnsafeReadableBytes { bytes in
            key.withUTF8Buffer { key in
                members.firstIndex { member in
                    let range = Int(member.keyStart)..<Int(member.keyEnd)
                    return EscapedText(raw: UnsafeRawBufferPointer(rebasing: bytes[range]))
                        .matches(UnsafeRawBufferPointer(key), whole: true)
                }
            }
        }
    }

    /// Runs `body` for each member of the root in document order, duplicates included; a member's place is known, so nothing is read twice.
    package func forEachMember<Failure>(
        _ body: (_ key: JSONString, _ value: JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        let document = value.document
        let base = document.readerIndex
        for member in members {
            try body(
                JSONString(document: document, range: base + Int(member.keyStart)..<base + Int(member.keyEnd)),
                JSONValue(
                    kind: member.kind,
                    document: document,
                    range: base + Int(member.valueStart)..<base + Int(member.valueEnd)
                )
            )
        }
    }

    /// Whether the root has no members.
    package var isEmpty: Bool { members.isEmpty }

    /// The reader index of the root's `}`: where a member is inserted, after a comma unless the object is empty.
    package var closingBrace: Int { value.range.upperBound - 1 }
}
