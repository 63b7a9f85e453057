// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// One row of the usage table as cells, in the order of the columns, for any engine to bind.
///
/// All text of the row stands in one buffer that the next row reuses, so that a row costs no allocation.
package struct UsageRow: Sendable {
    /// The value of one column.
    package enum Cell: Sendable, Equatable {
        case null
        case integer(Int64)
        /// Where in ``text`` the value stands, as valid UTF-8; offsets from its first readable byte.
        case text(start: Int, count: Int)
    }

    /// One for each column.
    package internal(set) var cells: [Cell] = []
    /// The text of all cells, one after another.
    package internal(set) var text = ByteBuffer()

    init() {}

    /// The text of a cell; nil where the cell holds none.
    package func string(_ cell: Cell) -> String? {
        guard case .text(let start, let count) = cell else { return nil }
        return text.getString(at: text.readerIndex + start, length: count)
    }
}
