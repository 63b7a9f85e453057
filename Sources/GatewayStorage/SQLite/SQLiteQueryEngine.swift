// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GRDB
import GRDBSQLite

/// Reads the embedded store with SQL, beside a gateway that may be running on it.
///
/// Its tables are the file's views whose names have three parts. It cannot write: the file is open for reading only, and
/// a statement may do nothing but select and call functions.
package final class SQLiteQueryEngine: QueryEngine {
    private let path: String
    private let queue: DatabaseQueue
    /// The engine's identifier of each three-part name.
    private let tables: [String: String]
    private let limits: QueryLimits
    private let budget = QueryBudget()

    /// Opens the usage file of a data directory for reading.
    ///
    /// - Parameters:
    ///   - directory: where the file is.
    ///   - limits: how much a statement may cost.
    ///   - busySeconds: how long to wait for another process's lock.
    /// - Throws: ``StorageError``; ``StorageError/Code/notFound`` when no gateway has served from this directory yet.
    package init(directory: DataDirectory, limits: QueryLimits = QueryLimits(), busySeconds: Double = 5) throws {
        self.limits = limits
        let path = directory.usageFile
        self.path = path
        guard DataDirectory.exists(file: path) else {
            throw StorageError(
                .notFound,
                "There is no usage data in \(directory.path) yet. Start `gatehouse serve` with this data directory first."
            )
        }
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(busySeconds)
        configuration.prepareDatabase { database in
            guard try SQLiteSchema.usage.check(database, path: path) == SQLiteSchema.usage.version else {
                throw StorageError(
                    .olderSchema,
                    "\(path) was written by an earlier gateway. Start `gatehouse serve` on it once to bring it up to date."
                )
            }
        }
        let opened = try SQLiteFile.translating(path) { [budget] in
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            // Without GRDB's transactions around it, which the authoriser would refuse.
            let views = try queue.unsafeRead { database in
                let sql = "SELECT name FROM sqlite_schema WHERE type = 'view' AND name LIKE '%.%.%'"
                var views = Dictionary(try String.fetchSet(database, sql: sql).map { ($0, "\"\($0)\"") }) { $1 }
                try Self.attachGovernance(of: directory, to: database, &views)
                try ReadingAuthorizer.install(on: database)
                budget.install(on: database)
                return views
            }
            return (queue, views)
        }
        (queue, tables) = opened
    }

    package func identifier(ofTable name: String) -> String? {
        tables[name]
    }

    /// Adds the views of the file of the catalogue, if a gateway of this version has made it.
    private static func attachGovernance(
        of directory: DataDirectory,
        to database: Database,
        _ views: inout [String: String]
    ) throws {
        guard DataDirectory.exists(file: directory.mainFile) else { return }
        let name = ReadingAuthorizer.governance
        try database.execute(sql: "ATTACH DATABASE ? AS \(name)", arguments: [directory.mainFile])
        try SQLiteSchema.main.checkAttached(name, to: database, path: directory.mainFile)
        let sql = "SELECT name FROM \(name).sqlite_schema WHERE type = 'view' AND name LIKE 'system.%.%'"
        for view in try String.fetchAll(database, sql: sql) { views[view] = "\(name).\"\(view)\"" }
    }

    package func query(
        _ statement: String,
        columns: ([String]) throws -> Void,
        row: ([QueryValue]) throws -> Void
    ) throws {
        do {
            budget.begin(limits)
            try queue.unsafeRead { database in
                let prepared = try database.makeStatement(sql: statement)
                guard sqlite3_bind_parameter_count(prepared.sqliteStatement) == 0 else {
                    throw QueryError(
                        .parseSyntaxError,
                        "The statement has parameters, which are not supported."
                    )
                }
                guard prepared.isReadonly else {
                    throw QueryError(.unsupportedFeature, "Only read-only statements are supported.")
                }
                try columns(prepared.columnNames)
                let rows = try Row.fetchCursor(prepared)
                while let next = try budget.measure({ try rows.next() }) {
                    let values = Array(next.databaseValues.map { QueryValue($0) })
                    try budget.count(values)
                    try row(values)
                }
            }
        } catch let error as DatabaseError {
            if error.resultCode.primaryResultCode == .SQLITE_INTERRUPT { throw budget.interruption }
            throw QueryError(error)
        }
    }
}

extension QueryValue {
    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .double(let number): self = .double(number)
        case .string(let text): self = .text(text)
        case .blob(let bytes): self = .blob([UInt8](bytes))
        }
    }
}
