// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The usage table in SQLite's dialect.
///
/// The table itself has no index: rows are appended, and reads are scans in the order of time, which is the order of rows.
extension UsageColumns {
    /// The table's name in the file.
    static let sqliteTable = "usage"
    /// The view's name in the file: the three-part name as one identifier.
    static let sqliteView = "system.ai_gateway.usage"

    /// Defines the table as that version of the schema has it.
    static func createTable(version: Int) -> String {
        let columns = all(upTo: version).map { "    \($0.name) \($0.sqliteType)" }
        return "CREATE TABLE \(sqliteTable) (\n\(columns.joined(separator: ",\n"))\n)"
    }

    /// Defines the view as that version of the schema has it: the table with times that people and SQL's date functions read.
    ///
    /// Times have the form `2026-11-21 03:05:28.123456`, always that long, so that they compare as they are and with
    /// shorter forms (`'2026-11-01'`, `datetime('now', '-1 hour')`).
    static func createView(version: Int) -> String {
        let columns = all(upTo: version).map { "    \($0.sqliteExpression)" }
        return """
            CREATE VIEW "\(sqliteView)" AS SELECT
            \(columns.joined(separator: ",\n"))
            FROM \(sqliteTable)
            """
    }

    /// The statement that adds one row; its parameters are the columns in order.
    static let sqliteInsert: String = {
        let names = all.map(\.name).joined(separator: ", ")
        let marks = all.map { _ in "?" }.joined(separator: ", ")
        return "INSERT INTO \(sqliteTable) (\(names)) VALUES (\(marks))"
    }()

    private static func all(upTo version: Int) -> [UsageColumn] {
        all.filter { $0.since <= version }
    }
}

extension UsageColumn {
    fileprivate var sqliteType: String {
        switch storage {
        case .text, .json: "TEXT"
        case .integer, .timestamp: "INTEGER"
        }
    }

    fileprivate var sqliteExpression: String {
        switch storage {
        case .text, .json, .integer: name
        case .timestamp:
            """
            strftime('%Y-%m-%d %H:%M:%S', \(name) / 1000000, 'unixepoch') || \
            printf('.%06d', \(name) % 1000000) AS \(name)
            """
        }
    }
}
