// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension SQLiteMigration {
    /// What calls cost, and what was spent of budgets.
    ///
    /// A row of `budget_spend` is what counts towards one budget for one subject in the period that begins at a time in microseconds; it is written together with the
    /// usage rows that it sums up.
    static let usage002 = SQLiteMigration(
        number: 2,
        summary: "costs and budgets",
        statements: [
            "ALTER TABLE usage ADD COLUMN cost_nano_usd INTEGER",
            "ALTER TABLE usage ADD COLUMN cost_source TEXT",
            "ALTER TABLE usage ADD COLUMN price_version TEXT",
            "DROP VIEW \"system.ai_gateway.usage\"",
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
                usage_source,
                cost_nano_usd,
                cost_source,
                price_version
            FROM usage
            """,
            """
            CREATE TABLE budget_spend (
                budget TEXT NOT NULL,
                subject TEXT NOT NULL,
                period_start INTEGER NOT NULL,
                nano_usd INTEGER NOT NULL,
                PRIMARY KEY (budget, subject, period_start)
            ) STRICT, WITHOUT ROWID
            """,
        ]
    )
}
