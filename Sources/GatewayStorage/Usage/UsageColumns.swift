// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The columns of `system.ai_gateway.usage`, in the table's order, and one of the gateway's own at the end.
///
/// A column that is added goes to the end with a higher `since`, and a migration adds it to the tables that exist.
/// Names and order: docs.databricks.com/aws/en/ai-gateway/usage-tracking (2026-11).
package enum UsageColumns {
    package static let all: [UsageColumn] = identity + service + destination + request + outcome + own

    /// Rows of this version of the schema carry it in `schema_version`.
    package static let schemaVersion = 1
}
