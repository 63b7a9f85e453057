// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension UsageColumns {
    /// The statement that adds one row to SQLite's table; its parameters are the columns in order.
    static let sqliteInsert: String = {
        let names = all.map(\.name).joined(separator: ", ")
        let marks = all.map { _ in "?" }.joined(separator: ", ")
        return "INSERT INTO usage (\(names)) VALUES (\(marks))"
    }()
}
