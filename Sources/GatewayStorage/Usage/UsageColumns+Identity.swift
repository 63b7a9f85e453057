// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension UsageColumns {
    /// Which row it is.
    static let identity: [UsageColumn] = [
        UsageColumn(
            "account_id",
            .text,
            type: "STRING",
            "Always NULL: a self-hosted gateway has no account."
        ) { _, row in row.null() },
        UsageColumn("workspace_id", .text, type: "STRING", "`workspace.id` of the configuration.") { record, row in
            row.text(record.workspaceID, maximumBytes: 255)
        },
        UsageColumn(
            "request_id",
            .text,
            type: "STRING",
            "The id in the client's `x-request-id`; shared by all invocations of one request."
        ) { record, row in row.text(record.requestID) },
        UsageColumn("invocation_id", .text, type: "STRING", "The id of this invocation.") { record, row in
            row.text(record.invocationID)
        },
        UsageColumn("schema_version", .integer, type: "INT", "Version of the row's shape; \(schemaVersion).") {
            _,
            row in
            row.integer(schemaVersion)
        },
        UsageColumn("event_time", .timestamp, type: "TIMESTAMP", "When the request arrived, in UTC.") { record, row in
            row.integer(record.eventTime)
        },
    ]
}
