// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import GatewayJSON
import GatewayPipeline

/// `/api/2.0/serving-endpoints`: model services by another name, for clients that know no others.
///
/// Paths and shapes: PyPI `databricks-sdk` 0.162.0, `ServingEndpointsAPI` (2026-11). A flat name is that of a model service in ``GatewayCore/ObjectName/endpointSchema``, and
/// a model of `system.ai` is called `databricks-` and its name; any other model service is called by its full name.
struct ServingEndpointRoutes {
    let tools: ServiceTools

    private static let path = "/api/2.0/serving-endpoints"

    var routes: [AdministrationRoute] {
        reading + writing + throughput + EndpointPermissionRoutes(writer: tools.writer).routes
    }

    // MARK: Reading

    private var reading: [AdministrationRoute] {
        let one = "\(Self.path)/{name}"
        return [
            AdministrationRoute(.get, Self.path) { request in
                let resources = Self.visible(request)
                return .object { writer in
                    writer.member(
                        "endpoints",
                        array: { writer in
                            for resource in resources { writer.object { resource.write(to: &$0, isDetailed: false) } }
                        }
                    )
                }
            },
            AdministrationRoute(.get, "\(Self.path):foundation-models") { request in
                let resources = Self.visible(request, in: .schema("system.ai"))
                return .object { writer in
                    writer.member(
                        "endpoints",
                        array: { writer in
                            for resource in resources { writer.object { resource.writeFoundationModel(to: &$0) } }
                        }
                    )
                }
            },
            AdministrationRoute(.get, one) { request throws(GatewayError) in
                let resource = try Self.resource(try Self.entry(request), request)
                return .object { resource.write(to: &$0, isDetailed: true) }
            },
            AdministrationRoute(.get, "\(one)/openapi") { request throws(GatewayError) in
                let resource = try Self.resource(try Self.entry(request), request)
                return .object { resource.writeOpenAPI(to: &$0) }
            },
        ]
    }

    private static func visible(
        _ request: AdministrationRequest,
        in schema: Securable? = nil
    ) -> [ServingEndpointResource] {
        request.metastore.entries(of: .modelService, in: schema)
            .filter { request.metastore.isVisible($0.securable, to: request.caller) }
            .compactMap {
                ServingEndpointResource(
                    $0,
                    request.snapshot,
                    for: request.caller,
                    at: request.head.publicAddress
                )
            }
    }

    /// The model service that the path names, in any way that a query may name it; the caller must see it.
    private static func entry(_ request: AdministrationRequest) throws(GatewayError) -> CatalogEntry {
        let name = request["name"]
        var service = ObjectName(name).flatMap { request.metastore.entry(.modelService($0)) == nil ? nil : $0 }
        service = service ?? (try? request.snapshot.service(named: name))?.service.name ?? ObjectName(endpoint: name)
        guard let service, let entry = request.metastore.entry(.modelService(service)),
            request.metastore.isVisible(entry.securable, to: request.caller)
        else { throw GatewayError(.notFound, "Serving endpoint '\(name.prefixOfUTF8(300))' does not exist.") }
        return entry
    }

    private static func resource(
        _ entry: CatalogEntry,
        _ request: AdministrationRequest,
        in snapshot: Snapshot? = nil
    ) throws(GatewayError) -> ServingEndpointResource {
        let resource = ServingEndpointResource(
            entry,
            snapshot ?? request.snapshot,
            for: request.caller,
            at: request.head.publicAddress
        )
        guard let resource else { throw GatewayError(.internalFailure, "This is not a model service.") }
        return resource
    }

    // MARK: Writing

    private var writing: [AdministrationRoute] {
        let one = "\(Self.path)/{name}"
        return [
            AdministrationRoute(.post, Self.path) { [tools] request throws(GatewayError) in
                let body = try request.body(EndpointBody.section)
                let entry = try await EndpointWriter(tools, request).create(body)
                return try Self.answer(entry, request, tools)
            },
            AdministrationRoute(.put, "\(one)/config") { [tools] request throws(GatewayError) in
                let service = try Self.entry(request).securable
                let body = try request.body(EndpointConfigBody.section)
                let entry = try await EndpointWriter(tools, request).update(service) {
                    definition throws(GatewayError) in
                    try definition.apply(body, request)
                }
                return try Self.answer(entry, request, tools)
            },
            AdministrationRoute(.put, "\(one)/ai-gateway") { [tools] request throws(GatewayError) in
                let service = try Self.entry(request).securable
                let body = try request.body(EndpointGatewayBody.section)
                let entry = try await EndpointWriter(tools, request).update(service) {
                    definition throws(GatewayError) in
                    definition.apply(body)
                    return []
                }
                let resource = try Self.resource(entry, request, in: tools.snapshots.value)
                return .object { resource.writeGateway(to: &$0) }
            },
            AdministrationRoute(.put, "\(one)/rate-limits") { [tools] request throws(GatewayError) in
                let service = try Self.entry(request).securable
                let limits = try request.body(EndpointGatewayBody.limitsSection)
                let entry = try await EndpointWriter(tools, request).update(service) {
                    definition throws(GatewayError) in
                    definition.rateLimits = limits
                    return []
                }
                let resource = try Self.resource(entry, request, in: tools.snapshots.value)
                return .object { resource.writeRateLimits(to: &$0) }
            },
            AdministrationRoute(.patch, "\(one)/tags") { [tools] request throws(GatewayError) in
                let service = try Self.entry(request).securable
                let body = try request.body(EndpointTagsBody.section)
                let entry = try await tools.writer.write(by: request.actor) { transaction throws(GatewayError) in
                    var tags = try transaction.changeable(service).properties
                    for key in body.deleted { tags[key] = nil }
                    tags.merge(body.added) { $1 }
                    return try transaction.update(service, properties: tags)
                }
                let resource = try Self.resource(entry, request)
                return .object { writer in writer.member("tags", array: { resource.writeTags(to: &$0) }) }
            },
            AdministrationRoute(.delete, one) { [tools] request throws(GatewayError) in
                try await EndpointWriter(tools, request).delete(try Self.entry(request).securable)
                return .empty
            },
        ]
    }

    private static func answer(
        _ entry: CatalogEntry,
        _ request: AdministrationRequest,
        _ tools: ServiceTools
    ) throws(GatewayError) -> AdministrationAnswer {
        let resource = try resource(entry, request, in: tools.snapshots.value)
        return .object { resource.write(to: &$0, isDetailed: true) }
    }

    /// Endpoints of provisioned throughput, which there are none of.
    private var throughput: [AdministrationRoute] {
        let routes: [(AdministrationRoute.Method, String)] = [
            (.post, "\(Self.path)/pt"), (.put, "\(Self.path)/pt/{name}/config"),
        ]
        return routes.map { method, path in
            AdministrationRoute(method, path) { _ throws(GatewayError) in
                throw GatewayError(
                    .invalidParameter,
                    "This gateway has no provisioned throughput. Create an endpoint with an external model or a model of system.ai."
                )
            }
        }
    }
}
