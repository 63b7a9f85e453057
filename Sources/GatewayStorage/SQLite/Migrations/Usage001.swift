// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension SQLiteMigration {
    /// The usage table, and the view under which SQL knows it.
    static let usage001 = SQLiteMigration(
        number: 1,
        summary: "the usage table",
        statements: [
            UsageColumns.createTable(version: 1),
            UsageColumns.createView(version: 1),
        ]
    )
}
