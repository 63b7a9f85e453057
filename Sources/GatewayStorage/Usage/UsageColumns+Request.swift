// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension UsageColumns {
    /// Who asked, how, and what for.
    static let request: [UsageColumn] = [
        UsageColumn(
            "requester",
            .text,
            type: "STRING",
            "The user's email address or the service principal's application id."
        ) { record, row in row.text(record.caller.name, maximumBytes: 1024) },
        UsageColumn("requester_type", .text, type: "STRING", "`USER` or `SERVICE_PRINCIPAL`.") { record, row in
            row.text(record.caller.kind.rawValue)
        },
        UsageColumn(
            "auth_mode",
            .text,
            type: "STRING",
            "`TOKEN`, or `INSECURE` on a gateway that runs without authentication."
        ) { record, row in row.text(record.authMode) },
        UsageColumn("ip_address", .text, type: "STRING", "The client's address, without the port.") { record, row in
            row.text(record.ipAddress, maximumBytes: UsageRecord.maximumTierBytes)
        },
        UsageColumn(
            "url",
            .text,
            type: "STRING",
            "Path and query of the request, without credentials, at most 2,048 bytes."
        ) {
            record,
            row in
            row.text(record.url, maximumBytes: UsageRecord.maximumURLBytes)
        },
        UsageColumn("user_agent", .text, type: "STRING", "The client's `user-agent`, at most 512 bytes.") {
            record,
            row in
            row.text(record.userAgent, maximumBytes: UsageRecord.maximumUserAgentBytes)
        },
        UsageColumn("api_type", .text, type: "STRING", "The API that was called; NULL for another path of a provider.")
        {
            record,
            row in
            row.text(record.apiType?.name)
        },
        UsageColumn(
            "request_tags",
            .json,
            type: "MAP<STRING, STRING>",
            """
            The tags in the header `Databricks-Ai-Gateway-Request-Tags`: at most 64, each key and value at most 256 \
            bytes, in total at most 32 KiB. NULL for a request that was refused before a destination was chosen if they have \
            more than 1 KiB.
            """
        ) { record, row in row.text(record.requestTags?.json) },
        UsageColumn(
            "invocation_metadata",
            .json,
            type: "STRUCT<source, service_tier, client_request_id>",
            """
            `source` is `EXTERNAL_CLIENT`; `service_tier` is present if the request had one, `client_request_id`, a field of \
            the gateway's own, if the body of a request to a serving endpoint had it.
            """
        ) { record, row in
            row.invocationMetadata(serviceTier: record.serviceTier, clientRequestID: record.clientRequestID)
        },
        UsageColumn(
            "session_metadata",
            .json,
            type: """
                STRUCT<client_session_id, client_subagent_id, coding_agent, agent_version, surface, reasoning_effort, \
                smart_router_name>
                """,
            """
            `coding_agent` (`claude_code`, `codex`, `gemini_cli`, `cursor`) and `agent_version`, both from the user \
            agent, and `reasoning_effort`. The others are unknown.
            """
        ) { record, row in
            row.sessionMetadata(userAgent: record.userAgent, reasoningEffort: record.reasoningEffort)
        },
        UsageColumn(
            "mcp_metadata",
            .json,
            type: "STRUCT<json_rpc_method, tool_name, server_type>",
            "Always NULL: rows describe model requests."
        ) { _, row in row.null() },
    ]
}
