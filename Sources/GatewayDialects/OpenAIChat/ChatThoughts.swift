// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The entries of `extra_content.gatehouse.reasoning`, as ``ChatReasoning`` reads them.
struct ChatThoughts {
    /// A text, or a thought without text.
    private struct Entry {
        /// Bytes of UTF-8; nil for a thought without text.
        var bytes: Int?
        /// Whether it is the last of its part.
        var isLast = false
        var state: OpaqueState?
    }

    /// The texts of which nothing was told yet; those behind the last state need not be.
    private var untold: [Entry] = []
    /// How many of them are those of earlier parts.
    private var earlier = 0
    private var told: [Entry] = []
    /// The index of the first of the told ones.
    private var first = 0

    /// Whether there is nothing to tell.
    var isEmpty: Bool { told.isEmpty }

    /// Takes a text of the part.
    mutating func add(bytes: Int) {
        if bytes > 0 { untold.append(Entry(bytes: bytes)) }
    }

    /// Takes the end of the part.
    mutating func end(_ state: OpaqueState?) {
        if untold.count > earlier {
            untold[untold.count - 1].isLast = true
            untold[untold.count - 1].state = state
        } else if let state {
            untold.append(Entry(bytes: nil, isLast: true, state: state))
        }
        if state != nil {
            told += untold
            untold = []
        }
        earlier = untold.count
    }

    /// Writes the member `gatehouse` and forgets what it wrote.
    mutating func write(into writer: inout JSONWriter) {
        writer.key("gatehouse")
        writer.beginObject()
        writer.key("reasoning")
        writer.beginArray()
        for (index, entry) in told.enumerated() {
            writer.beginObject()
            writer.member("index", first + index)
            if let bytes = entry.bytes {
                writer.member("bytes", bytes)
                // An empty one ends a part to which nothing is attached.
                if entry.isLast { writer.member("signature", entry.state?.wrapped ?? "") }
            } else if let state = entry.state {
                writer.member("data", state.wrapped)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        first += told.count
        told = []
    }
}
