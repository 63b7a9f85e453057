// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// SQL for people: the names and errors of Databricks on the engine of the store.
///
/// This version rewrites three-part names and nothing else; functions and types are the engine's.
package struct SQLFront: Sendable {
    private let engine: any QueryEngine

    package init(engine: any QueryEngine) {
        self.engine = engine
    }

    /// Runs a statement that reads and hands out its result as it comes; it blocks until the statement is done.
    ///
    /// - Throws: ``GatewayCore/QueryError``, or what a closure threw.
    package func query(_ sql: String, columns: ([String]) throws -> Void, row: ([QueryValue]) throws -> Void) throws {
        let statement = try SQLStatement(sql).rewritten { engine.identifier(ofTable: $0) }
        try engine.query(statement, columns: columns, row: row)
    }

    /// Runs a statement that reads and writes its result as text; it blocks until the statement is done.
    ///
    /// - Parameters:
    ///   - sql: one statement.
    ///   - format: how the text looks.
    ///   - isTerminal: whether people watch what is written; then control characters of values are spelled out in every
    ///     format, and only then in CSV.
    ///   - write: takes the text in pieces, in order.
    /// - Throws: ``GatewayCore/QueryError``, or what `write` threw. Text may have been written before.
    package func run(
        _ sql: String,
        format: SQLOutputFormat,
        isTerminal: Bool,
        write: (String) throws -> Void
    ) throws {
        var output = format.makeOutput(isTerminal: isTerminal)
        try query(
            sql,
            columns: { names in try write(output.begin(columns: names)) },
            row: { values in
                let text = output.row(values)
                if !text.isEmpty { try write(text) }
            }
        )
        try write(output.end())
    }

    /// Writes rows that are at hand as the result of a statement would be written.
    package static func write(
        columns: [String],
        rows: [[QueryValue]],
        format: SQLOutputFormat,
        isTerminal: Bool,
        to write: (String) throws -> Void
    ) throws {
        var output = format.makeOutput(isTerminal: isTerminal)
        try write(output.begin(columns: columns))
        for row in rows { try write(output.row(row)) }
        try write(output.end())
    }
}
