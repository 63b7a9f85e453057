// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// A model service as in the file, without its name.
struct ModelServiceEntry: Sendable {
    var destinations: [DestinationEntry]
    var fallback: [DestinationEntry]
    var rateLimits: [RateLimit]
    var inferenceTable: InferenceTable?
    var timeouts: CallTimeouts
    var retries: RetryPolicy
    var ownership: Configuration.Ownership

    /// The model services that destinations name.
    var referencedServices: [ObjectName] {
        (destinations + fallback).compactMap { entry in
            guard case .modelService(let name) = entry.reference else { return nil }
            return name
        }
    }

    /// `model_services.<name>`.
    static func section(providers: [Provider]) -> Section<ModelServiceEntry> {
        let destinations = Field(
            "destinations",
            .list(of: .section(DestinationEntry.primary(providers)), count: 1...10),
            .required,
            "Where requests go. One destination is chosen for each request, by percentage."
        )
        let fallback = Field(
            "fallback",
            .list(of: .section(DestinationEntry.fallback(providers)), count: 0...5),
            "Destinations to try, in this order, if the chosen one fails."
        )
        let rateLimits = Field(
            "rate_limits",
            .rateLimits,
            "Limits on the use of the service."
        )
        let inferenceTable = Field(
            "inference_table",
            .section(InferenceTable.section),
            "Where to log requests and responses. Validated, not written yet."
        )
        let timeouts = Field(
            "timeouts",
            .section(CallTimeouts.section),
            "How long to wait for an answer. See [Time-outs](reliability.md#time-outs)."
        )
        let retries = Field(
            "retries",
            .section(RetryPolicy.section),
            "How often a destination that failed is asked again. See [Retries](reliability.md#retries)."
        )
        return Section(
            "model_services.<name>",
            "A model service. `<name>` has three parts, `catalog.schema.name`. Everybody may call the services in `system.ai`.",
            fields: [
                destinations.documentation, fallback.documentation, rateLimits.documentation,
                timeouts.documentation, retries.documentation, inferenceTable.documentation,
            ] + OwnershipFields.documentation
        ) { values, reading in
            let ownership = OwnershipFields.read(values, &reading)
            let primaries = values.read(destinations, &reading)
            let others = values.read(fallback, &reading)
            let limits = values.read(rateLimits, &reading)
            let table = values.read(inferenceTable, &reading)
            let waits = values.read(timeouts, &reading)
            let again = values.read(retries, &reading)
            guard var entries = primaries?.map(\.value) else { return nil }
            checkPercentages(of: &entries, values.place(of: destinations), &reading)
            return ModelServiceEntry(
                destinations: entries,
                fallback: others?.map(\.value) ?? [],
                rateLimits: limits ?? [],
                inferenceTable: table,
                timeouts: waits ?? CallTimeouts(),
                retries: again ?? RetryPolicy(),
                ownership: ownership
            )
        }
    }

    /// Gives a single destination all requests; otherwise requires percentages that sum to 100.
    private static func checkPercentages(
        of destinations: inout [DestinationEntry],
        _ place: Place,
        _ reading: inout Reading
    ) {
        if destinations.count == 1, destinations[0].trafficPercentage == nil {
            destinations[0].trafficPercentage = 100
        }
        var sum = 0
        for destination in destinations {
            guard let percentage = destination.trafficPercentage else {
                let name = destination.place.name
                reading.report(
                    destination.place,
                    "\(name) lacks the key `traffic_percentage`, which several destinations need."
                )
                return
            }
            sum += percentage
        }
        if sum != 100 {
            reading.report(place, "\(place.name): the percentages of the destinations must sum to 100, not \(sum).")
        }
    }
}

extension InferenceTable {
    /// `inference_table` of a model service.
    static let section: Section<InferenceTable> = {
        let schema = Field("schema", .schemaName, .required, "The schema of the table.")
        let prefix = Field(
            "table_name_prefix",
            .identifier(limit: 200),
            .optional("the service's name"),
            "The name of the table is `<prefix>_payload`."
        )
        return Section(
            "model_services.<name>.inference_table",
            "The table for requests and responses.",
            fields: [schema.documentation, prefix.documentation]
        ) { values, reading in
            let name = values.read(prefix, &reading)
            return values.read(schema, &reading).map { InferenceTable(schema: $0, tableNamePrefix: name) }
        }
    }()
}
