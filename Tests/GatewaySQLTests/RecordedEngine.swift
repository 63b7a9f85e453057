// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Synchronization

/// An engine that knows one table, notes the statements it gets and answers with given rows.
final class RecordedEngine: QueryEngine {
    let columns: [String]
    let rows: [[QueryValue]]
    private let noted = Mutex<[String]>([])

    init(columns: [String] = ["one"], rows: [[QueryValue]] = []) {
        self.columns = columns
        self.rows = rows
    }

    /// The statements so far.
    var statements: [String] { noted.withLock { $0 } }

    func identifier(ofTable name: String) -> String? {
        name == "system.ai_gateway.usage" ? "<usage>" : nil
    }

    func query(_ statement: String, columns: ([String]) throws -> Void, row: ([QueryValue]) throws -> Void) throws {
        noted.withLock { $0.append(statement) }
        try columns(self.columns)
        for values in rows { try row(values) }
    }
}
