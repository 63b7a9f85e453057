// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// One column of the usage table: its name, its type, what it means and how a record fills it.
///
/// The statement that inserts and the page that documents the table derive from these; a migration of each engine makes the columns.
package struct UsageColumn: Sendable {
    /// How an engine stores the values.
    package enum Storage: Sendable, Equatable {
        case text
        case integer
        /// Microseconds since 1970 UTC.
        case timestamp
        /// A JSON document; members that are not known are left out.
        case json
    }

    package let name: String
    package let storage: Storage
    /// The type that the column has on Databricks.
    package let type: String
    /// What the column holds, in Markdown.
    package let comment: String
    /// Adds exactly one cell to the encoder's row.
    package let encode: @Sendable (UsageRecord, inout UsageRowEncoder) -> Void

    package init(
        _ name: String,
        _ storage: Storage,
        type: String,
        _ comment: String,
        encode: @escaping @Sendable (UsageRecord, inout UsageRowEncoder) -> Void
    ) {
        self.name = name
        self.storage = storage
        self.type = type
        self.comment = comment
        self.encode = encode
    }
}
