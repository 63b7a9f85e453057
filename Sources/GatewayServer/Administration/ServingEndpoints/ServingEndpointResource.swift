// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import GatewayJSON
import GatewayPipeline

/// A model service as the API of serving endpoints shows it.
///
/// Shapes: PyPI `databricks-sdk` 0.162.0, `serving.ServingEndpoint` and `ServingEndpointDetailed` (2026-11).
struct ServingEndpointResource {
    let entry: CatalogEntry
    let snapshot: Snapshot
    let caller: Caller
    /// The address at which the client reaches the gateway.
    let address: String
    let name: String
    private let prepared: PreparedService?

    init?(_ entry: CatalogEntry, _ snapshot: Snapshot, for caller: Caller, at address: String?) {
        guard case .modelService(let service) = entry.securable else { return nil }
        self.entry = entry
        self.snapshot = snapshot
        self.caller = caller
        self.address = address ?? "http://localhost"
        name = service.endpointName
        prepared = snapshot.prepared(service)
    }

    private var task: EndpointTask? { EndpointTask(prepared?.supportedAPITypes ?? []) }

    func write(to writer: inout JSONWriter, isDetailed: Bool) {
        writer.member("name", name)
        writer.member("id", entry.id)
        writer.member("creator", entry.createdBy)
        writer.member("creation_timestamp", Int(entry.createdAt / 1000))
        writer.member("last_updated_timestamp", Int(entry.updatedAt / 1000))
        writer.optional("description", entry.comment)
        writer.member("state", object: { writer in
            writer.member("ready", prepared?.destinations.isEmpty == false ? "READY" : "NOT_READY")
            writer.member("config_update", "NOT_UPDATING")
        })
        writer.optional("task", task?.rawValue)
        writer.member("config", object: { writeConfig(to: &$0, isDetailed: isDetailed) })
        writer.member("ai_gateway", object: { writeGateway(to: &$0) })
        writer.member("tags", array: { writeTags(to: &$0) })
        guard isDetailed else { return }
        writer.member("permission_level", EndpointLevel.held(by: caller, on: entry.securable, in: snapshot.metastore).rawValue)
        writer.member("endpoint_url", "\(address)/serving-endpoints/\(name)/invocations")
        writer.member("route_optimized", false)
    }

    func writeTags(to writer: inout JSONWriter) {
        for (key, value) in entry.properties.sorted(by: { $0.key < $1.key }) {
            writer.object { writer in
                writer.member("key", key)
                writer.member("value", value)
            }
        }
    }

    // MARK: What it serves

    /// A destination, or one that is not there any more.
    private struct Served {
        var reference: Securable
        var model: String
        var share: Int
        var destination: Destination?
    }

    private func writeConfig(to writer: inout JSONWriter, isDetailed: Bool) {
        let served = self.served
        guard case .modelService(let service) = entry.securable else { return }
        let names = EndpointDefinition.unique(
            served.map { EndpointDefinition.name(of: isOfSystem ? nil : $0.reference, model: isOfSystem ? service.name : $0.model, in: service) }
        )
        writer.member("served_entities", array: { writer in
            for (name, one) in zip(names, served) {
                writer.object { writer in
                    writer.member("name", name)
                    write(one, to: &writer)
                    if isDetailed { writeState(one, to: &writer) }
                }
            }
        })
        guard isDetailed else { return }
        writer.member("config_version", Int(entry.revision))
        writer.member("traffic_config", object: { writer in
            writer.member("routes", array: { writer in
                for (name, one) in zip(names, served) {
                    writer.object { writer in
                        writer.member("served_entity_name", name)
                        writer.member("served_model_name", name)
                        writer.member("traffic_percentage", one.share)
                    }
                }
            })
        })
    }

    private var isOfSystem: Bool { entry.securable.parent == .schema("system.ai") }

    private var served: [Served] {
        guard let service = prepared?.service else { return [] }
        func found(_ destinations: [Destination], isFallback: Bool) -> [Served] {
            destinations.map {
                Served(reference: $0.reference, model: $0.model, share: $0.trafficPercentage ?? 0, destination: $0)
            }
                + service.missing.filter { $0.isFallback == isFallback }.map {
                    Served(reference: $0.service, model: $0.model, share: $0.trafficPercentage ?? 0)
                }
        }
        return found(service.destinations, isFallback: false) + found(service.fallback, isFallback: true)
    }

    private func write(_ one: Served, to writer: inout JSONWriter) {
        var model = isOfSystem ? entry.securable.name : nil
        if model == nil, one.reference.kind == .modelService { model = one.reference.name }
        if model == nil, one.destination?.service.isSimulated == true { model = "system.ai.\(one.model)" }
        if let model {
            writer.member("entity_name", model)
            writer.member("foundation_model", object: { writer in
                writer.member("name", model)
                writer.member("display_name", ObjectName(model)?.name ?? model)
            })
            return
        }
        writer.member("external_model", object: { writer in
            writer.member("name", one.model)
            guard let destination = one.destination else {
                writer.member("provider", "custom")
                writer.member("task", EndpointTask.chat.rawValue)
                return
            }
            let isEmbedding = destination.wireFormats.allSatisfy(\.isEmbeddings)
            let isCompletion = destination.wireFormats == [.openAICompletions]
            let task: EndpointTask = isEmbedding ? .embeddings : isCompletion ? .completions : .chat
            writer.member("task", task.rawValue)
            Self.write(
                destination.service,
                // How a provider is reached is for those who may see it.
                withDetails: snapshot.metastore.isVisible(one.reference, to: caller),
                to: &writer
            )
        })
    }

    /// How the provider is reached, without secrets.
    private static func write(_ service: ProviderService, withDetails: Bool, to writer: inout JSONWriter) {
        func text(_ key: StaticString, _ value: String?, _ writer: inout JSONWriter) {
            if withDetails { writer.optional(key, value) }
        }
        switch service.provider.id {
        case "openai", "azure_openai":
            writer.member("provider", "openai")
            writer.member("openai_config", object: { writer in
                text("openai_api_base", service.address.baseURL, &writer)
                text("openai_api_type", service.provider.id == "openai" ? "openai" : "azure", &writer)
                text("openai_api_version", service.settings[.apiVersion], &writer)
                text("openai_organization", service.headers.first { $0.name == "openai-organization" }?.value, &writer)
            })
        case "anthropic":
            writer.member("provider", "anthropic")
            writer.member("anthropic_config", object: { _ in })
        case "amazon_bedrock":
            writer.member("provider", "amazon-bedrock")
            writer.member("amazon_bedrock_config", object: { text("aws_region", service.settings[.region], &$0) })
        case "gemini_enterprise":
            writer.member("provider", "google-cloud-vertex-ai")
            writer.member("google_cloud_vertex_ai_config", object: { writer in
                text("project_id", service.settings[.project], &writer)
                text("region", service.settings[.region], &writer)
            })
        case "databricks":
            writer.member("provider", "databricks-model-serving")
            writer.member("databricks_model_serving_config", object: { writer in
                var url = service.address.baseURL
                if url.hasSuffix("/serving-endpoints") { url.removeLast(18) }
                text("databricks_workspace_url", url, &writer)
            })
        case "cohere":
            writer.member("provider", "cohere")
            writer.member("cohere_config", object: { text("cohere_api_base", service.address.baseURL, &$0) })
        default:
            writer.member("provider", "custom")
            writer.member("custom_provider_config", object: { writer in
                text("custom_provider_url", service.address.baseURL, &writer)
                guard withDetails, service.apiKey != nil, case .header(let name) = service.provider.credential else { return }
                writer.member("api_key_auth", object: { $0.member("key", name) })
            })
        }
    }

    private func writeState(_ one: Served, to writer: inout JSONWriter) {
        writer.member("creator", entry.createdBy)
        writer.member("creation_timestamp", Int(entry.createdAt / 1000))
        writer.member("state", object: { writer in
            writer.member("deployment", one.destination == nil ? "DEPLOYMENT_FAILED" : "DEPLOYMENT_READY")
            if one.destination == nil {
                writer.member("deployment_state_message", "\(one.reference.sqlName) does not exist any longer.")
            }
        })
    }

    // MARK: ai_gateway

    func writeGateway(to writer: inout JSONWriter) {
        writer.member("usage_tracking_config", object: { $0.member("enabled", true) })
        guard let service = prepared?.service else { return }
        writer.member("fallback_config", object: { $0.member("enabled", !service.fallback.isEmpty) })
        if let table = service.inferenceTable {
            let parts = table.schema.split(separator: ".").map(String.init)
            writer.member("inference_table_config", object: { writer in
                writer.member("enabled", true)
                writer.optional("catalog_name", parts.first)
                writer.optional("schema_name", parts.last)
                writer.member("table_name_prefix", table.tableNamePrefix ?? service.name.name)
            })
        }
        writeRateLimits(to: &writer)
    }

    func writeRateLimits(to writer: inout JSONWriter) {
        guard let limits = prepared?.service.rateLimits, !limits.isEmpty else { return }
        writer.member("rate_limits", array: { writer in
            for limit in limits {
                writer.object { writer in
                    switch limit.key {
                    case .service: writer.member("key", "endpoint")
                    case .userDefault: writer.member("key", "user")
                    case .user, .userGroup, .servicePrincipal: writer.member("key", limit.key.rawValue)
                    }
                    writer.member("renewal_period", limit.renewalPeriod.rawValue)
                    writer.optional("principal", limit.principal)
                    if let requests = limit.requests { writer.member("calls", requests) }
                    if let tokens = limit.tokens { writer.member("tokens", tokens) }
                }
            }
        })
    }

    // MARK: Other views

    /// The entry of `serving-endpoints:foundation-models`, as github.com/databricks/ucode reads it (2026-11).
    func writeFoundationModel(to writer: inout JSONWriter) {
        writer.member("name", name)
        writer.member("config", object: { writer in
            writer.member("served_entities", array: { writer in
                writer.object { writer in
                    writer.member("name", entry.securable.shortName)
                    writer.member("entity_name", entry.securable.name)
                    writer.member("foundation_model", object: { writer in
                        writer.member("name", entry.securable.name)
                        writer.member("display_name", entry.securable.shortName)
                        writer.member("ai_gateway_v2_supported", true)
                        writer.member("api_types", array: { writer in
                            for type in prepared?.supportedAPITypes ?? [] { writer.string(type.name) }
                        })
                    })
                }
            })
        })
    }

    /// The endpoint in the words of OpenAPI: its address and the fields that a request must have.
    func writeOpenAPI(to writer: inout JSONWriter) {
        let (field, schema): (StaticString, StaticString) =
            switch task {
            case .embeddings: ("input", #"{"oneOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]}"#)
            case .completions: ("prompt", #"{"type":"string"}"#)
            case .chat, nil: ("messages", #"{"type":"array","items":{"type":"object","required":["role"]}}"#)
            }
        writer.member("openapi", "3.1.0")
        writer.member("info", object: { writer in
            writer.member("title", name)
            writer.member("version", String(entry.revision))
        })
        writer.member("servers", array: { writer in
            writer.object { $0.member("url", "\(address)/serving-endpoints/\(name)") }
        })
        writer.member("paths", object: { writer in
            writer.member("/invocations", object: { writer in
                writer.member("post", object: { writer in
                    writer.member("requestBody", object: { writer in
                        Self.content(to: &writer) { writer in
                            writer.member("type", "object")
                            writer.member("required", array: { $0.string(field) })
                            writer.member("properties", object: { writer in
                                writer.key(field)
                                writer.raw(schema)
                            })
                        }
                    })
                    writer.member("responses", object: { writer in
                        writer.member("200", object: { writer in
                            writer.member("description", "The response of the model.")
                            Self.content(to: &writer) { $0.member("type", "object") }
                        })
                    })
                })
            })
        })
    }

    private static func content(to writer: inout JSONWriter, _ schema: (inout JSONWriter) -> Void) {
        writer.member("content", object: { writer in
            writer.member("application/json", object: { writer in writer.member("schema", object: schema) })
        })
    }
}
