// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// Takes elements out of an array, or members out of an object, each with one comma, and leaves every other byte as it is.
enum JSONRemoval {
    /// The edits, in order of position; the elements are all of the container's, in order.
    static func edits(
        removing elements: [(range: Range<Int>, goes: Bool)],
        from container: JSONValue
    ) -> [JSONSplice.Edit] {
        var edits: [JSONSplice.Edit] = []
        // Where the last one that stays ended.
        var kept: Int?
        // Behind the comma of the element before, or behind the bracket.
        var start = container.range.lowerBound + 1
        for element in elements {
            let comma = comma(behind: element.range.upperBound, in: container)
            if !element.goes {
                kept = element.range.upperBound
            } else if let end = kept {
                edits.append(JSONSplice.Edit(end..<element.range.upperBound, with: ByteBuffer()))
                kept = element.range.upperBound
            } else {
                let end = comma ?? element.range.upperBound
                edits.append(JSONSplice.Edit(start..<end, with: ByteBuffer()))
            }
            start = comma ?? element.range.upperBound
        }
        return edits
    }

    /// The place behind the comma that follows; nil where the container ends.
    private static func comma(behind position: Int, in container: JSONValue) -> Int? {
        let document = container.document
        var index = position
        while index < container.range.upperBound, let byte = document.getInteger(at: index, as: UInt8.self) {
            if byte == UInt8(ascii: ",") { return index + 1 }
            if byte > 0x20 { return nil }
            index += 1
        }
        return nil
    }
}
