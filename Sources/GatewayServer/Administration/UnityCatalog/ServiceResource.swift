// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayGovernance
import GatewayJSON
import GatewayPipeline

/// A model service or a model provider service as Unity Catalog's API shows it; secrets are never shown.
struct ServiceResource {
    let entry: CatalogEntry
    let snapshot: Snapshot
    /// Whether destinations, inference tables and the principals of rate limits are shown.
    let isFull: Bool

    func write(to writer: inout JSONWriter) {
        let name = entry.securable.name
        let isModel = entry.securable.kind == .modelService
        writer.member("name", "\(isModel ? "model-services" : "model-provider-services")/\(name)")
        writer.optional("comment", entry.comment)
        writer.member(
            "config",
            object: { writer in
                if isModel, let service = modelService { write(service, to: &writer) }
                if !isModel, let service = providerService { write(service, to: &writer) }
            }
        )
        writer.member("effective_owner", entry.owner)
        writer.member("owner", entry.owner)
        writer.member("metastore_id", MetastoreRoutes.metastoreID(workspace: snapshot.configuration.workspaceID))
        writer.member("create_time", Self.time(entry.createdAt))
        writer.member("created_by", entry.createdBy)
        writer.member("update_time", Self.time(entry.updatedAt))
        writer.member("updated_by", entry.updatedBy)
        writer.member("etag", entry.etag)
        if isModel {
            writer.member(
                "supported_api_types",
                array: { writer in
                    guard case .modelService(let name) = entry.securable else { return }
                    for type in snapshot.prepared(name)?.supportedAPITypes ?? [] { writer.string(type.name) }
                }
            )
        }
    }

    private var modelService: ModelService? {
        guard case .modelService(let name) = entry.securable else { return nil }
        return snapshot.prepared(name)?.service
    }

    private var providerService: ProviderService? {
        guard case .providerService(let name) = entry.securable else { return nil }
        return snapshot.providerService(name)
    }

    // MARK: Model services

    private func write(_ service: ModelService, to writer: inout JSONWriter) {
        if isFull {
            writer.member(
                "routing",
                object: { writer in
                    writer.member(
                        "destinations",
                        array: { writer in
                            for destination in service.destinations { Self.write(destination, to: &writer) }
                            for missing in service.missing where !missing.isFallback {
                                Self.write(missing, to: &writer)
                            }
                        }
                    )
                    let missing = service.missing.filter(\.isFallback)
                    guard !service.fallback.isEmpty || !missing.isEmpty else { return }
                    writer.member(
                        "fallback",
                        object: { writer in
                            writer.member(
                                "destinations",
                                array: { writer in
                                    for destination in service.fallback { Self.write(destination, to: &writer) }
                                    for missing in missing { Self.write(missing, to: &writer) }
                                }
                            )
                        }
                    )
                }
            )
        }
        write(service.rateLimits, to: &writer)
        if isFull, let table = service.inferenceTable {
            write(table, name: service.name, to: &writer)
        }
    }

    private static func write(_ destination: Destination, to writer: inout JSONWriter) {
        let own = destination.service.isSimulated ? destination.model : nil
        let model = destination.modelService?.description ?? own.map { "system.ai.\($0)" }
        writer.object { writer in
            writer.member("name", destination.label)
            if let model {
                writer.member("destination_type", "DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL")
                writer.member("pay_per_token_config", object: { $0.member("model", "models/\(model)") })
            } else {
                writer.member("destination_type", "DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL")
                writer.member(
                    "external_model_config",
                    object: { writer in
                        writer.member("model_provider_service", "model-provider-services/\(destination.service.name)")
                        writer.member(
                            "target",
                            object: { writer in
                                writer.member("model", destination.model)
                                writer.member(
                                    "native_api_types",
                                    array: { writer in
                                        for format in destination.wireFormats { writer.string("\(format.apiTypeName)") }
                                    }
                                )
                            }
                        )
                    }
                )
            }
            if let share = destination.trafficPercentage { writer.member("traffic_percentage", share) }
        }
    }

    private static func write(_ missing: ModelService.MissingDestination, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("is_deleted", true)
            if missing.service.kind == .modelService {
                writer.member("destination_type", "DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL")
                writer.member(
                    "pay_per_token_config",
                    object: { writer in
                        writer.member("model", "models/\(missing.service.name)")
                    }
                )
            } else {
                writer.member("destination_type", "DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL")
                writer.member(
                    "external_model_config",
                    object: { writer in
                        writer.member("model_provider_service", "model-provider-services/\(missing.service.name)")
                        writer.member("target", object: { $0.member("model", missing.model) })
                    }
                )
            }
            if let share = missing.trafficPercentage { writer.member("traffic_percentage", share) }
        }
    }

    private func write(_ limits: [RateLimit], to writer: inout JSONWriter) {
        guard !limits.isEmpty else { return }
        writer.member(
            "rate_limits",
            array: { writer in
                for limit in limits {
                    writer.object { writer in
                        writer.member("key", "RATE_LIMIT_KEY_\(limit.key.rawValue.uppercased())")
                        writer.member(
                            "renewal_period",
                            "RATE_LIMIT_RENEWAL_PERIOD_\(limit.renewalPeriod.rawValue.uppercased())"
                        )
                        if isFull { writer.optional("principal", limit.principal) }
                        if let requests = limit.requests { writer.member("requests", requests) }
                        if let tokens = limit.tokens { writer.member("tokens", tokens) }
                        if let most = limit.parallelRequests { writer.member("parallel_requests", most) }
                        writer.optional("request_tag_key", limit.requestTagKey)
                        writer.optional("request_tag_value", limit.requestTagValue)
                    }
                }
            }
        )
    }

    private func write(_ table: InferenceTable, name: ObjectName, to writer: inout JSONWriter) {
        writer.member(
            "inference_table",
            object: { writer in
                writer.member("parent", "schemas/\(table.schema)")
                let prefix = table.tableNamePrefix ?? name.name
                writer.member("table_name_prefix", prefix)
                writer.member("table", "\(table.schema).\(prefix)_payload")
            }
        )
    }

    // MARK: Provider services

    private func write(_ service: ProviderService, to writer: inout JSONWriter) {
        let type = service.provider.id.uppercased()
        writer.member("provider_type", "EXTERNAL_MODEL_PROVIDER_TYPE_\(type)")
        writer.key(service.provider.id)
        writer.object { writer in
            if service.relaysCredentials {
                writer.member("relayed", object: { _ in })
            } else {
                writer.member("direct", object: { Self.writeDirect(service, to: &$0) })
            }
        }
        let use = service.directUse
        if isFull {
            writer.member(
                "targets",
                array: { writer in
                    for target in use.targets {
                        writer.object { writer in
                            writer.member("model", target.model)
                            writer.member(
                                "native_api_types",
                                array: { writer in
                                    let formats = target.wireFormats.isEmpty ? service.wireFormats : target.wireFormats
                                    for format in formats { writer.string("\(format.apiTypeName)") }
                                }
                            )
                            writer.optional("endpoint_route", target.endpointRoute)
                        }
                    }
                }
            )
        }
        writer.member("allow_all_targets", use.allowsAllTargets)
        writer.member("forward_headers", use.forwardsHeaders)
        writer.member("forward_query_parameters", use.forwardsQueryParameters)
        writer.member("forward_unmanaged_paths", use.forwardsUnmanagedPaths)
        write(use.rateLimits, to: &writer)
        if service.pricing.discount != 0 {
            writer.member(
                "pricing",
                object: { $0.member("default_discount_basis_points", service.pricing.discount) }
            )
        }
        if isFull, let table = use.inferenceTable { write(table, name: service.name, to: &writer) }
    }

    /// How the provider is reached; of secrets only that they are there.
    private static func writeDirect(_ service: ProviderService, to writer: inout JSONWriter) {
        writer.member("base_url", service.address.baseURL)
        if let region = service.settings[.region] { writer.member("region", region) }
        if let project = service.settings[.project] { writer.member("project_id", project) }
        if let organization = service.headers.first(where: { $0.name == "openai-organization" })?.value {
            writer.member("organization", organization)
        }
        func secret(_ name: StaticString, of key: String, _ writer: inout JSONWriter) {
            writer.member(
                name,
                object: { writer in
                    guard let reference = service.secretReferences[key] else { return }
                    writer.member("secret_reference", object: { $0.member("name", "secrets/\(reference)") })
                }
            )
        }
        if service.apiKey != nil {
            if service.provider.id == "custom", case .header(let name) = service.provider.credential {
                writer.member(
                    "header_auth",
                    object: { writer in
                        writer.member("api_key_name", name)
                        secret("api_key_value", of: "api_key", &writer)
                    }
                )
            } else {
                secret("api_key", of: "api_key", &writer)
            }
        }
        if let id = service.settings[.awsAccessKeyID] {
            writer.member(
                "aws_access_key",
                object: { writer in
                    // Databricks shows it, as the name of a user.
                    writer.member("access_key_id", id)
                    secret("secret_access_key", of: "aws_secret_access_key", &writer)
                }
            )
        }
    }

    private static func time(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(microseconds) / 1_000_000).formatted(.iso8601)
    }
}
