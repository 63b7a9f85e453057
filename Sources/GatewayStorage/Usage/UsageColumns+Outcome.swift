// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension UsageColumns {
    /// What came of it, and what it cost.
    static let outcome: [UsageColumn] = [
        UsageColumn(
            "input_tokens",
            .integer,
            type: "BIGINT",
            "Input tokens, including those read from and written to a prompt cache; NULL if unknown."
        ) { record, row in row.integer(record.usage.knowsInput ? record.usage.totalInput : nil) },
        UsageColumn(
            "output_tokens",
            .integer,
            type: "BIGINT",
            "Output tokens, including reasoning; NULL if unknown."
        ) { record, row in row.integer(record.usage.output) },
        UsageColumn("total_tokens", .integer, type: "BIGINT", "Input and output tokens together.") { record, row in
            row.integer(record.usage.isEmpty ? nil : record.usage.total)
        },
        UsageColumn(
            "token_details",
            .json,
            type: """
                STRUCT<cache_read_input_tokens, cache_creation_input_tokens, cache_creation_5m_input_tokens, \
                cache_creation_1h_input_tokens, output_reasoning_tokens>
                """,
            """
            Details as reported by the upstream; all of them are parts of `input_tokens` or `output_tokens`. The split by \
            lifetime, with field names of the gateway's own, is present if the upstream reported it.
            """
        ) { record, row in row.tokenDetails(record.usage) },
        UsageColumn(
            "response_content_type",
            .text,
            type: "STRING",
            "`content-type` of the response, at most 255 bytes."
        ) { record, row in
            row.text(record.responseContentType, maximumBytes: UsageRecord.maximumShortBytes)
        },
        UsageColumn(
            "status_code",
            .integer,
            type: "INT",
            "HTTP status of the response; 499 if the client disconnected before it was complete."
        ) { record, row in row.integer(record.statusCode) },
        UsageColumn(
            "latency_ms",
            .integer,
            type: "BIGINT",
            "From the arrival of the request to the end of the response."
        ) {
            record,
            row in
            row.integer(record.latencyMilliseconds)
        },
        UsageColumn(
            "time_to_first_byte_ms",
            .integer,
            type: "BIGINT",
            "From the arrival of the request to the first byte of the response; NULL if none was sent."
        ) { record, row in row.integer(record.timeToFirstByteMilliseconds) },
        UsageColumn(
            "routing_information",
            .json,
            type: """
                STRUCT<attempts: ARRAY<STRUCT<priority, action, destination, status_code, error_code, latency_ms, \
                vendor_request_id>>>
                """,
            """
            One element for each attempt at a destination, in order. `action` is `ROUTE`, `FALLBACK`, or `RETRY`: the same \
            destination again, without the opaque state that it refused. `vendor_request_id`, a field of the gateway's own, \
            is the vendor's id of the request. NULL if no destination was tried.
            """
        ) { record, row in row.routingInformation(record.attempts) },
    ]

    /// What Databricks does not have.
    static let own: [UsageColumn] = [
        UsageColumn(
            "usage_source",
            .text,
            type: "STRING",
            """
            Where the token counts come from: `REPORTED` by the upstream, `ESTIMATED` by the gateway, or `NONE`. \
            Gatehouse's own column.
            """
        ) { record, row in
            row.text(record.usage.isEmpty ? "NONE" : record.usage.isEstimated ? "ESTIMATED" : "REPORTED")
        },
        UsageColumn(
            "cost_nano_usd",
            .integer,
            type: "BIGINT",
            """
            What the tokens cost, in thousand-millionths of a dollar, so that sums are exact; NULL if there were none, or if their price is \
            unknown. Gatehouse's own column.
            """
        ) { record, row in row.cost(of: record) },
        UsageColumn(
            "cost_source",
            .text,
            type: "STRING",
            """
            How sure the cost is: `PRICED`; `PARTLY_PRICED` if a kind of token had no price and was charged as input; \
            `ESTIMATED` by the prices of a similar model or by `default_price`; `UNPRICED`; `NONE` without tokens. \
            Gatehouse's own column.
            """
        ) { record, row in row.costSource(of: record) },
        UsageColumn(
            "price_version",
            .text,
            type: "STRING",
            """
            The prices that the cost is computed with: `configuration`, or the version of the gateway's price list; NULL \
            without a cost. Gatehouse's own column.
            """
        ) { record, row in row.text(record.usage.isEmpty ? nil : record.price?.version) },
    ]
}

extension TokenUsage {
    /// Whether anything of the input was reported or estimated.
    fileprivate var knowsInput: Bool {
        uncachedInput != nil || cacheRead != nil || cacheWrite5m != nil || cacheWrite1h != nil
    }
}
