// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// The keys of a provider service that are for callers who name it themselves, by `Databricks-Model-Provider-Service`.
struct DirectUseFields: Sendable {
    private let targets: Field<[Located<ProviderService.Target>]>
    private let allowAll = Self.flag(
        "allow_all_targets",
        "Whether callers may use every model of the provider, and not only `targets`."
    )
    private let headers = Self.flag("forward_headers", "Whether all headers of callers go on, but for credentials.")
    private let query = Self.flag("forward_query_parameters", "Whether the query of callers goes on.")
    private let unmanaged = Self.flag(
        "forward_unmanaged_paths",
        "Whether other paths of the provider than those of the gateway's APIs may be used, under its credential; `targets` do not count there."
    )
    private let limits = Field(
        "rate_limits",
        ValueType<[RateLimit]>.rateLimits,
        "Limits on this use. Where a model service sends calls to the provider service, its own limits count instead."
    )
    private let table = Field(
        "inference_table",
        .section(InferenceTable.section),
        "Where to log this use. Validated, not written yet."
    )

    init(providers: [Provider]) {
        targets = Field(
            "targets",
            .list(of: .section(Self.target(providers)), count: 0...1000),
            "The models that callers may use."
        )
    }

    var documentation: [FieldDocumentation] {
        [
            targets.documentation, allowAll.documentation, headers.documentation, query.documentation,
            unmanaged.documentation, limits.documentation, table.documentation,
        ]
    }

    func read(_ values: SectionValues, _ reading: inout Reading) -> ProviderService.DirectUse {
        ProviderService.DirectUse(
            targets: values.read(targets, &reading)?.map(\.value) ?? [],
            allowsAllTargets: values.read(allowAll, &reading) ?? false,
            forwardsHeaders: values.read(headers, &reading) ?? false,
            forwardsQueryParameters: values.read(query, &reading) ?? false,
            forwardsUnmanagedPaths: values.read(unmanaged, &reading) ?? false,
            rateLimits: values.read(limits, &reading) ?? [],
            inferenceTable: values.read(table, &reading)
        )
    }

    private static func flag(_ name: String, _ summary: String) -> Field<Bool> {
        Field(name, .boolean, .optional("`false`"), "\(summary) For callers who name the provider service.")
    }

    private static func target(_ providers: [Provider]) -> Section<ProviderService.Target> {
        let model = Field("model", ValueType<String>.text(), .required, "The provider's name of the model.")
        let types = Field(
            "native_api_types",
            ValueType<[WireFormat]>.wireFormats(providers),
            "The APIs that callers may use it by."
        )
        let route = Field(
            "endpoint_route",
            ValueType<String>.text("a path", limit: 1024),
            "Its path at a custom provider, if not the usual one."
        )
        return Section(
            "provider_services.<name>.targets[]",
            "A model that callers who name the provider service may use.",
            fields: [model.documentation, types.documentation, route.documentation]
        ) { values, reading in
            let formats = values.read(types, &reading) ?? []
            let path = values.read(route, &reading)
            return values.read(model, &reading).map {
                ProviderService.Target(model: $0, wireFormats: formats, endpointRoute: path)
            }
        }
    }
}
