// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension SQLiteMigration {
    /// The usage table, and the view under which SQL knows it: the table with times that people and SQL's date functions read.
    ///
    /// Times have the form `2026-11-21 03:05:28.123456`, always that long, so that they compare as they are and with shorter forms (`'2026-11-01'`,
    /// `datetime('now', '-1 hour')`). The table has no index: rows are appended, and reads are scans in the order of time, which is the order of rows.
    static let usage001 = SQLiteMigration(
        number: 1,
        summary: "the usage table",
        statements: [
            """
            CREATE TABLE usage (
                account_id TEXT,
                workspace_id TEXT,
                request_id TEXT,
                invocation_id TEXT,
                schema_version INTEGER,
                event_time INTEGER,
                service_type TEXT,
                service_name TEXT,
                service_tags TEXT,
                endpoint_id TEXT,
                endpoint_name TEXT,
                endpoint_tags TEXT,
                endpoint_metadata TEXT,
                destination_type TEXT,
                destination_name TEXT,
                destination_id TEXT,
                destination_model TEXT,
                requester TEXT,
                requester_type TEXT,
                auth_mode TEXT,
                ip_address TEXT,
                url TEXT,
                user_agent TEXT,
                api_type TEXT,
                request_tags TEXT,
                invocation_metadata TEXT,
                session_metadata TEXT,
                mcp_metadata TEXT,
                input_tokens INTEGER,
                output_tokens INTEGER,
                total_tokens INTEGER,
                token_details TEXT,
                response_content_type TEXT,
                status_code INTEGER,
                latency_ms INTEGER,
                time_to_first_byte_ms INTEGER,
                routing_information TEXT,
                usage_source TEXT
            )
            """,
            """
            CREATE VIEW "system.ai_gateway.usage" AS SELECT
                account_id,
                workspace_id,
                request_id,
                invocation_id,
                schema_version,
                strftime('%Y-%m-%d %H:%M:%S', event_time / 1000000, 'unixepoch') || printf('.%06d', event_time % 1000000) AS event_time,
                service_type,
                service_name,
                service_tags,
                endpoint_id,
                endpoint_name,
                endpoint_tags,
                endpoint_metadata,
                destination_type,
                destination_name,
                destination_id,
                destination_model,
                requester,
                requester_type,
                auth_mode,
                ip_address,
                url,
                user_agent,
                api_type,
                request_tags,
                invocation_metadata,
                session_metadata,
                mcp_metadata,
                input_tokens,
                output_tokens,
                total_tokens,
                token_details,
                response_content_type,
                status_code,
                latency_ms,
                time_to_first_byte_ms,
                routing_information,
                usage_source
            FROM usage
            """,
        ]
    )
}
