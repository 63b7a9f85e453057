// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GRDB
import GRDBSQLite

/// What a statement of a user may do: select, read columns of the store's tables, call functions that only calculate, recurse.
///
/// Nothing else compiles.
///
/// It refuses `ATTACH`, `PRAGMA` (as a table too), the engine's inner tables and everything that changes anything, whatever a statement looks like.
enum ReadingAuthorizer {
    /// The name under which the file of the catalogue is attached.
    static let governance = "governance"

    /// Replaces the connection's authoriser.
    ///
    /// Statements that are compiled afterwards are bound by it.
    static func install(on database: Database) throws {
        // SQLite declares these tables, which read nothing but their argument, when they are first named; afterwards that is refused as any declaration is.
        for table in ["json_each", "json_tree"] { _ = try database.makeStatement(sql: "SELECT 1 FROM \(table)('')") }
        sqlite3_set_authorizer(
            database.sqliteConnection,
            { _, action, first, second, file, view in
                switch action {
                case SQLITE_SELECT, SQLITE_RECURSIVE:
                    SQLITE_OK
                case SQLITE_READ where file.map { String(cString: $0) } == ReadingAuthorizer.governance:
                    // Of the file with tokens and secrets nothing is read but what its public views show.
                    (view ?? first).map { String(cString: $0).hasPrefix("system.") } == true
                        ? SQLITE_OK : SQLITE_DENY
                case SQLITE_READ:
                    first.map { ReadingAuthorizer.isInner(table: String(cString: $0)) } == false
                        ? SQLITE_OK : SQLITE_DENY
                case SQLITE_FUNCTION:
                    second.map { ReadingAuthorizer.functions.contains(String(cString: $0).lowercased()) } == true
                        ? SQLITE_OK : SQLITE_DENY
                default:
                    SQLITE_DENY
                }
            },
            nil
        )
        for (limit, value) in limits { sqlite3_limit(database.sqliteConnection, limit, value) }
    }

    /// Tables that every connection of the engine has without their being in the file: of its own pages, statements and machine code.
    private static func isInner(table: String) -> Bool {
        let name = table.lowercased()
        guard name.hasPrefix("sqlite_") || name.hasPrefix("fts") || name.hasPrefix("pragma_") else {
            return ["dbstat", "bytecode", "tables_used", "fsdir", "completion", "zipfile"].contains(name)
        }
        return name != "sqlite_schema" && name != "sqlite_master"
    }

    /// Bounds of the engine itself; the store's own queries and sane ones of users are far below.
    private static let limits: [(CInt, CInt)] = [
        // Belt and braces: not even a statement that got through could open another file.
        (SQLITE_LIMIT_ATTACHED, 0),
        // `zeroblob(1000000000)` is a way to ask for a lot of memory; no column of ours comes near this.
        (SQLITE_LIMIT_LENGTH, 16 << 20),
        (SQLITE_LIMIT_SQL_LENGTH, 2 << 20),
        (SQLITE_LIMIT_EXPR_DEPTH, 500),
        (SQLITE_LIMIT_COMPOUND_SELECT, 200),
        (SQLITE_LIMIT_COLUMN, 2000),
        (SQLITE_LIMIT_VDBE_OP, 1_000_000),
        (SQLITE_LIMIT_FUNCTION_ARG, 100),
        // Matching takes time that grows with a power of the number of its `%`, in one step that nothing stops.
        (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 512),
        (SQLITE_LIMIT_TRIGGER_DEPTH, 1),
        (SQLITE_LIMIT_WORKER_THREADS, 0),
    ]

    /// Functions of SQLite (https://sqlite.org/lang_corefunc.html and the pages beside it) that depend on nothing but their arguments, the time and chance.
    ///
    /// A list of what is allowed, since libraries come with functions that reach files, memory or extensions (`load_extension`, `fts3_tokenizer`, `readfile`, `edit`).
    private static let functions: Set<String> = [
        // Scalars.
        "abs", "char", "coalesce", "concat", "concat_ws", "format", "glob", "hex", "if", "ifnull", "iif", "instr",
        "length",
        "like", "likelihood", "likely", "lower", "ltrim", "match", "max", "min", "nullif", "octet_length", "printf",
        "quote",
        "random", "randomblob", "regexp", "replace", "round", "rtrim", "sign", "soundex", "sqlite_version", "substr",
        "substring", "trim", "typeof", "unhex", "unicode", "unistr", "unistr_quote", "unlikely", "upper", "zeroblob",
        "subtype", "->", "->>",
        // Dates and times.
        "date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff", "current_date", "current_time",
        "current_timestamp",
        // Aggregates and windows.
        "avg", "count", "group_concat", "string_agg", "sum", "total", "median", "percentile", "percentile_cont",
        "percentile_disc", "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead",
        "first_value", "last_value", "nth_value",
        // Mathematics.
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh", "degrees", "exp",
        "floor", "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "sin", "sinh", "sqrt", "tan",
        "tanh",
        "trunc",
        // JSON.
        "json", "json_array", "json_array_insert", "json_array_length", "json_error_position", "json_extract",
        "json_group_array", "json_group_object", "json_insert", "json_object", "json_patch", "json_pretty",
        "json_quote",
        "json_remove", "json_replace", "json_set", "json_type", "json_valid", "jsonb", "jsonb_array",
        "jsonb_array_insert", "jsonb_extract", "jsonb_group_array", "jsonb_group_object", "jsonb_insert",
        "jsonb_object",
        "jsonb_patch", "jsonb_remove", "jsonb_replace", "jsonb_set",
    ]
}
