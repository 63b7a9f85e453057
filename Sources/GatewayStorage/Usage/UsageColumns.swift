// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The columns of `system.ai_gateway.usage`, in the table's order, and the gateway's own at the end.
///
/// A column that is added goes to the end, and a new migration of each engine adds it to the table and its view; migrations that have shipped stay as they are.
/// Names and order: `reference/databricks-usage-tables.md` 1 (2026-11).
package enum UsageColumns {
    package static let all: [UsageColumn] = identity + service + destination + request + outcome + own

    /// Rows of this version of the schema carry it in `schema_version`.
    package static let schemaVersion = 2
}
