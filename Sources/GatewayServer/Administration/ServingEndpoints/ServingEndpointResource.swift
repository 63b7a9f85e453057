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
    let prepared: PreparedService?

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
        writer.member(
            "state",
            object: { writer in
                writer.member("ready", prepared?.destinations.isEmpty == false ? "READY" : "NOT_READY")
                writer.member("config_update", "NOT_UPDATING")
            }
        )
        writer.optional("task", task?.rawValue)
        writer.member("config", object: { writeConfig(to: &$0, isDetailed: isDetailed) })
        writer.member("ai_gateway", object: { writeGateway(to: &$0) })
        writer.member("tags", array: { writeTags(to: &$0) })
        guard isDetailed else { return }
        writer.member(
            "permission_level",
            EndpointLevel.held(by: caller, on: entry.securable, in: snapshot.metastore).rawValue
        )
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

    // MARK: ai_gateway

    func writeGateway(to writer: inout JSONWriter) {
        writer.member("usage_tracking_config", object: { $0.member("enabled", true) })
        guard let service = prepared?.service else { return }
        writer.member("fallback_config", object: { $0.member("enabled", !service.fallback.isEmpty) })
        if let table = service.inferenceTable {
            let parts = table.schema.split(separator: ".").map(String.init)
            writer.member(
                "inference_table_config",
                object: { writer in
                    writer.member("enabled", true)
                    writer.optional("catalog_name", parts.first)
                    writer.optional("schema_name", parts.last)
                    writer.member("table_name_prefix", table.tableNamePrefix ?? service.name.name)
                }
            )
        }
        writeRateLimits(to: &writer)
    }

    func writeRateLimits(to writer: inout JSONWriter) {
        guard let limits = prepared?.service.rateLimits, !limits.isEmpty else { return }
        writer.member(
            "rate_limits",
            array: { writer in
                for limit in limits {
                    writer.object { writer in
                        switch limit.key {
                        case .service: writer.member("key", "endpoint")
                        case .userDefault: writer.member("key", "user")
                        case .user, .userGroup, .servicePrincipal, .requestTag:
                            writer.member("key", limit.key.rawValue)
                        }
                        writer.member("renewal_period", limit.renewalPeriod.rawValue)
                        writer.optional("principal", limit.principal)
                        if let requests = limit.requests { writer.member("calls", requests) }
                        if let tokens = limit.tokens { writer.member("tokens", tokens) }
                    }
                }
            }
        )
    }

    // MARK: Other views

    /// The entry of `serving-endpoints:foundation-models`, as github.com/databricks/ucode reads it (2026-11).
    func writeFoundationModel(to writer: inout JSONWriter) {
        writer.member("name", name)
        writer.member(
            "config",
            object: { writer in
                writer.member(
                    "served_entities",
                    array: { writer in
                        writer.object { writer in
                            writer.member("name", entry.securable.shortName)
                            writer.member("entity_name", entry.securable.name)
                            writer.member(
                                "foundation_model",
                                object: { writer in
                                    writer.member("name", entry.securable.name)
                                    writer.member("display_name", entry.securable.shortName)
                                    writer.member("ai_gateway_v2_supported", true)
                                    writer.member(
                                        "api_types",
                                        array: { writer in
                                            for type in prepared?.supportedAPITypes ?? [] { writer.string(type.name) }
                                        }
                                    )
                                }
                            )
                        }
                    }
                )
            }
        )
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
        writer.member(
            "info",
            object: { writer in
                writer.member("title", name)
                writer.member("version", String(entry.revision))
            }
        )
        writer.member(
            "servers",
            array: { writer in
                writer.object { $0.member("url", "\(address)/serving-endpoints/\(name)") }
            }
        )
        writer.member(
            "paths",
            object: { writer in
                writer.member(
                    "/invocations",
                    object: { writer in
                        writer.member(
                            "post",
                            object: { writer in
                                writer.member(
                                    "requestBody",
                                    object: { writer in
                                        Self.content(to: &writer) { writer in
                                            writer.member("type", "object")
                                            writer.member("required", array: { $0.string(field) })
                                            writer.member(
                                                "properties",
                                                object: { writer in
                                                    writer.key(field)
                                                    writer.raw(schema)
                                                }
                                            )
                                        }
                                    }
                                )
                                writer.member(
                                    "responses",
                                    object: { writer in
                                        writer.member(
                                            "200",
                                            object: { writer in
                                                writer.member("description", "The response of the model.")
                                                Self.content(to: &writer) { $0.member("type", "object") }
                                            }
                                        )
                                    }
                                )
                            }
                        )
                    }
                )
            }
        )
    }

    private static func content(to writer: inout JSONWriter, _ schema: (inout JSONWriter) -> Void) {
        writer.member(
            "content",
            object: { writer in
                writer.member("application/json", object: { writer in writer.member("schema", object: schema) })
            }
        )
    }
}
