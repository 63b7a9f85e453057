// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension UsageColumns {
    /// Which upstream served.
    static let destination: [UsageColumn] = [
        UsageColumn(
            "destination_type",
            .text,
            type: "STRING",
            "`EXTERNAL_FOUNDATION_MODEL`, or `PAY_PER_TOKEN_FOUNDATION_MODEL` for the built-in simulator."
        ) { record, row in row.text(record.destination?.destinationType) },
        UsageColumn(
            "destination_name",
            .text,
            type: "STRING",
            "The destination that responded, or was tried last: `<model provider service>/<model>`, without the model for another path of a provider."
        ) { record, row in
            if let destination = record.destination { row.label(of: destination) } else { row.null() }
        },
        UsageColumn("destination_id", .text, type: "STRING", "Always NULL: destinations have no id.") { _, row in
            row.null()
        },
        UsageColumn(
            "destination_model",
            .text,
            type: "STRING",
            "The vendor's name of the model; NULL for another path of a provider."
        ) {
            record,
            row in
            row.text(record.destination.flatMap { $0.model.isEmpty ? nil : $0.model }, maximumBytes: 1024)
        },
    ]
}
