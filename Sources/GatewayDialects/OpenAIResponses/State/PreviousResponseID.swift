// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// Says in a relayed answer which earlier one it follows: the upstream got the whole conversation in place of the id, and so tells of none (reasoning-08).
struct PreviousResponseID: AnswerEditor {
    private let value: ByteBuffer

    init(_ id: String) {
        value = JSONValue { $0.string(id) }.bytes
    }

    func concerns(_ events: ByteBuffer) -> Bool { events.contains(#""response""#) }

    func edits(of data: ByteBuffer, isEvent: Bool) -> [JSONSplice.Edit] {
        let place = data.withUnsafeReadableBytes { bytes in
            var walk = JSONWalk(bytes)
            guard walk.enterObject() else { return nil as Place? }
            guard isEvent else { return Self.place(in: &walk) }
            while let key = walk.nextKey() {
                if walk.isKey(key, "response"), walk.enterObject() { return Self.place(in: &walk) }
                walk.value()
            }
            return nil
        }
        guard let place else { return [] }
        let start = data.readerIndex + place.range.lowerBound
        guard place.range.isEmpty else {
            return [JSONSplice.Edit(start..<start + place.range.count, with: value)]
        }
        var member = ByteBuffer(staticString: #","previous_response_id":"#)
        member.writeImmutableBuffer(value)
        return [JSONSplice.Edit(start..<start, with: member)]
    }

    private struct Place {
        /// The value that goes; empty where the member is missing.
        var range: Range<Int>
    }

    /// Where the id belongs in the answer that was entered; nil in what is none, such as an error.
    private static func place(in walk: inout JSONWalk) -> Place? {
        var found: Range<Int>?
        var hasID = false
        while let key = walk.nextKey() {
            if walk.isKey(key, "id") { hasID = true }
            let value = walk.value()
            if walk.isKey(key, "previous_response_id"), !value.isEmpty { found = value }
        }
        if let found { return Place(range: found) }
        let end = walk.index - 1
        guard hasID, walk.bytes[end] == UInt8(ascii: "}") else { return nil }
        return Place(range: end..<end)
    }
}
