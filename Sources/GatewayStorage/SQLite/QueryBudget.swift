// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GRDB
import GRDBSQLite
import Synchronization

/// Counts what one statement costs, and stops it beyond its limits.
///
/// The engine asks every few thousand steps, so that also a statement that never gives a row (a recursion without end, a join of everything with everything) is stopped.
final class QueryBudget: Sendable {
    /// Steps of the engine's machine between two looks at the clock; some microseconds.
    private static let steps: CInt = 4096

    private struct State {
        var limits = QueryLimits()
        var spent = Duration.zero
        var since: ContinuousClock.Instant?
        var rows = 0
        var bytes = 0
    }

    private let state = Mutex(State())

    /// Makes the engine ask; the budget must live as long as the connection.
    func install(on database: Database) {
        sqlite3_progress_handler(
            database.sqliteConnection,
            Self.steps,
            { context in
                guard let context else { return 0 }
                return Unmanaged<QueryBudget>.fromOpaque(context).takeUnretainedValue().isSpent ? 1 : 0
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    /// Begins anew, for a statement.
    func begin(_ limits: QueryLimits) {
        state.withLock { $0 = State(limits: limits) }
    }

    /// Runs the engine, and counts its time.
    func measure<Value>(_ body: () throws -> Value) rethrows -> Value {
        state.withLock { $0.since = .now }
        defer {
            state.withLock { state in
                if let since = state.since { state.spent += .now - since }
                state.since = nil
            }
        }
        return try body()
    }

    /// Counts a row.
    ///
    /// - Throws: ``QueryError`` beyond the limits.
    func count(_ row: [QueryValue]) throws(QueryError) {
        let size = row.reduce(0) { sum, value in
            switch value {
            case .text(let text): sum + text.utf8.count
            case .blob(let bytes): sum + bytes.count
            case .null, .integer, .double: sum
            }
        }
        let refusal: QueryError? = state.withLock { state in
            state.rows += 1
            state.bytes += size
            if state.rows > state.limits.rows {
                return QueryError(
                    .resourceExhausted,
                    "The result has more than \(state.limits.rows) rows. Add a LIMIT."
                )
            }
            if state.bytes > state.limits.bytes {
                return QueryError(
                    .resourceExhausted,
                    "The result has more than \(state.limits.bytes) bytes. Ask for less."
                )
            }
            return nil
        }
        if let refusal { throw refusal }
    }

    /// What to tell of a statement that was stopped.
    var interruption: QueryError {
        let seconds = state.withLock { $0.limits.time.components.seconds }
        return QueryError(
            .resourceExhausted,
            "The statement ran for more than \(seconds) seconds and was stopped. Ask for less, or allow it more time."
        )
    }

    private var isSpent: Bool {
        state.withLock { state in
            guard let since = state.since else { return false }
            return state.spent + (.now - since) > state.limits.time
        }
    }
}
