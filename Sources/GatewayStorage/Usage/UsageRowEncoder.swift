// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

/// Spells out usage records as rows of the usage table.
///
/// What depends only on an object of the snapshot is spelled out once per object, so one encoder serves one batch: it
/// keeps the objects alive that it has seen, and their identities are good for as long as it lives.
package struct UsageRowEncoder {
    /// The row that was encoded last.
    package var row = UsageRow()

    private var services = ObjectTexts<ModelService>()
    private var destinations = ObjectTexts<Destination>()
    /// The cost of the last record.
    private var cost: Cost?
    /// The session metadata of the last record, and what it was read from.
    private var session: (userAgent: String?, reasoningEffort: String?, json: String?) = (nil, nil, nil)

    /// What fills one cell.
    ///
    /// Without the rest of its column, since to walk over whole columns would copy their names and comments for each row;
    /// and in a struct, since an array of bare functions calls them through a thunk.
    private struct Step {
        let encode: @Sendable (UsageRecord, inout UsageRowEncoder) -> Void
    }

    private static let steps = UsageColumns.all.map { Step(encode: $0.encode) }

    package init() {
        row.cells.reserveCapacity(Self.steps.count)
    }

    /// Spells out a record into ``row``, one cell for each of ``UsageColumns/all``.
    package mutating func encode(_ record: UsageRecord) {
        row.cells.removeAll(keepingCapacity: true)
        row.text.clear()
        for step in Self.steps { step.encode(record, &self) }
    }

    /// Adds a cell without a value.
    mutating func null() {
        row.cells.append(.null)
    }

    /// Adds a number, or null for nil.
    mutating func integer(_ value: Int?) {
        row.cells.append(value.map { .integer(Int64($0)) } ?? .null)
    }

    /// Adds a number.
    mutating func integer(_ value: Int64) {
        row.cells.append(.integer(value))
    }

    /// Adds text, or null for nil; text that is longer is cut between two characters.
    ///
    /// Text without a bound must be bounded where it comes from.
    mutating func text(_ value: String?, maximumBytes: Int = .max) {
        guard let value else { return null() }
        let start = row.text.writerIndex
        if value.utf8.count <= maximumBytes {
            row.text.writeString(value)
        } else {
            row.text.writeSubstring(value.prefix(utf8Bytes: maximumBytes))
        }
        row.cells.append(.text(start: start, count: row.text.writerIndex - start))
    }

    /// Adds what a call cost.
    mutating func cost(of record: UsageRecord) {
        cost = record.cost
        if let cost { integer(cost.nanodollars) } else { null() }
    }

    /// Adds how sure the cost is that was added last, of the same record.
    mutating func costSource(of record: UsageRecord) {
        text(cost?.basis.rawValue ?? (record.usage.isEmpty ? "NONE" : "UNPRICED"))
    }

    /// Adds the JSON value that `write` writes.
    mutating func json(_ write: (inout JSONWriter) -> Void) {
        let start = row.text.writerIndex
        // The buffer moves into the writer and back, so that it has one owner and is never copied.
        var writer = JSONWriter(into: exchange(&row.text, with: ByteBuffer()))
        write(&writer)
        row.text = writer.buffer
        row.cells.append(.text(start: start, count: row.text.writerIndex - start))
    }

    /// Adds `endpoint_metadata`.
    mutating func metadata(of service: ModelService) {
        text(services.text(of: service) { Self.endpointMetadata($0) })
    }

    /// Adds `destination_name`.
    mutating func label(of destination: Destination) {
        text(destinations.text(of: destination, make: \.label), maximumBytes: 2048)
    }

    /// Adds `session_metadata`.
    mutating func sessionMetadata(userAgent: String?, reasoningEffort: String?) {
        // One client after the other is mostly the same client.
        if session.userAgent != userAgent || session.reasoningEffort != reasoningEffort {
            let json = Self.sessionMetadata(userAgent: userAgent, reasoningEffort: reasoningEffort)
            session = (userAgent, reasoningEffort, json)
        }
        text(session.json)
    }
}

/// Texts that depend on nothing but an object, each made once.
private struct ObjectTexts<Object: AnyObject> {
    private var last: (object: Object, text: String)?
    /// The objects are kept, since another object could take over the identity of one that is gone.
    private var texts: [ObjectIdentifier: (object: Object, text: String)] = [:]

    mutating func text(of object: Object, make: (Object) -> String) -> String {
        if let last, last.object === object { return last.text }
        let entry = texts[ObjectIdentifier(object)] ?? (object, make(object))
        texts[ObjectIdentifier(object)] = entry
        last = entry
        return entry.text
    }
}

extension String {
    /// The longest prefix of at most that many UTF-8 bytes that ends between two characters.
    func prefix(utf8Bytes count: Int) -> Substring {
        guard var end = utf8.index(startIndex, offsetBy: count, limitedBy: endIndex) else { return self[...] }
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return self[..<end]
    }
}
