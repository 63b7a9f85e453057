// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension UsageColumns {
    /// Which model service was called.
    static let service: [UsageColumn] = [
        UsageColumn(
            "service_type",
            .text,
            type: "STRING",
            "`MODEL_SERVICE`, or `MODEL_PROVIDER_SERVICE` if the client named the provider service; NULL if the client named a model that does not exist."
        ) { record, row in
            if let service = record.service {
                row.text(service.isDirect ? "MODEL_PROVIDER_SERVICE" : "MODEL_SERVICE")
            } else {
                row.null()
            }
        },
        UsageColumn(
            "service_name",
            .text,
            type: "STRING",
            "Fully qualified name of the model service; NULL if there is none."
        ) { record, row in row.text(record.service?.name.description) },
        UsageColumn("service_tags", .json, type: "MAP<STRING, STRING>", "Always NULL: services have no tags.") {
            _,
            row in
            row.null()
        },
        UsageColumn("endpoint_id", .text, type: "STRING", "Always NULL: services have no endpoint id.") { _, row in
            row.null()
        },
        UsageColumn(
            "endpoint_name",
            .text,
            type: "STRING",
            "The name of the service; for a model that does not exist, the name that the client sent, at most 255 bytes."
        ) { record, row in
            row.text(
                record.service?.name.description ?? record.requestedModel,
                maximumBytes: UsageRecord.maximumShortBytes
            )
        },
        UsageColumn("endpoint_tags", .json, type: "MAP<STRING, STRING>", "Always NULL: services have no tags.") {
            _,
            row in
            row.null()
        },
        UsageColumn(
            "endpoint_metadata",
            .json,
            type: "STRUCT<creator, creation_time, last_updated_time, destinations, inference_table, fallbacks>",
            """
            The service at the time of the request: `creator`, `destinations` and `fallbacks` (each with `name`, and \
            `traffic_percentage` for a destination), `inference_table`. The times are unknown for a service from a file.
            """
        ) { record, row in
            if let service = record.service { row.metadata(of: service) } else { row.null() }
        },
    ]
}
