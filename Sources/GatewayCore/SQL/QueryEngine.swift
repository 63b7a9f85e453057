// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// One value in the result of a query.
package enum QueryValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case double(Double)
    case text(String)
    case blob([UInt8])
}

/// Where reading SQL statements run.
///
/// The SQL front checks and rewrites a statement before an engine sees it; an engine must refuse to write all the same.
package protocol QueryEngine: Sendable {
    /// How a table is spelled in the engine's own SQL.
    ///
    /// - Parameter name: a three-part name, in lower case, its parts joined by dots.
    /// - Returns: an identifier, quoted where it must be; nil when there is no such table.
    func identifier(ofTable name: String) -> String?

    /// Runs one statement and hands out its result as it comes, so that a large one is never in memory.
    ///
    /// It blocks until the statement is done.
    ///
    /// - Parameters:
    ///   - statement: one statement in the engine's own SQL.
    ///   - columns: called once, before any row, with the columns' names.
    ///   - row: called for each row, in order, with one value for each column.
    /// - Throws: ``QueryError``, or what a closure threw.
    func query(_ statement: String, columns: ([String]) throws -> Void, row: ([QueryValue]) throws -> Void) throws
}
