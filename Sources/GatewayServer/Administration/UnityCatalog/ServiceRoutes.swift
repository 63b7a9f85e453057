// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import GatewayJSON
import GatewayPipeline
import GatewaySchema

/// `/api/2.1/unity-catalog/model-services` and `/model-provider-services`.
///
/// Shapes: PyPI `databricks-sdk` 0.162.0, `AiGatewayAPI` (2026-11).
struct ServiceRoutes {
    let tools: ServiceTools

    var routes: [AdministrationRoute] {
        routes(
            of: ServiceKind(
                kind: .modelService,
                collection: "model-services",
                array: "model_services",
                id: "model_service_id"
            )
        )
            + routes(
                of: ServiceKind(
                    kind: .providerService,
                    collection: "model-provider-services",
                    array: "model_provider_services",
                    id: "model_provider_service_id"
                )
            )
    }

    /// What one kind of service is called.
    private struct ServiceKind: Sendable {
        let kind: Securable.Kind
        let collection: String
        /// The key of a list.
        let array: StaticString
        /// The parameter of the query that names a new one.
        let id: String

        func securable(_ name: String) throws(GatewayError) -> Securable {
            guard let securable = Securable(kind, named: name) else {
                throw GatewayError(.notFound, "\(kind.displayName) '\(name.prefixOfUTF8(300))' does not exist.")
            }
            return securable
        }
    }

    private func routes(of kind: ServiceKind) -> [AdministrationRoute] {
        let path = "/api/2.1/unity-catalog/\(kind.collection)"
        return [
            AdministrationRoute(.get, path) { [tools] request throws(GatewayError) in
                try Self.list(kind, request, tools)
            },
            AdministrationRoute(.post, path) { [tools] request throws(GatewayError) in
                let service = try Self.newService(kind, request)
                let body = try request.body(ServiceBody.section(isNew: true))
                guard let config = body.config else {
                    throw GatewayError(.invalidParameter, "The body lacks the key `config`.", parameter: "config")
                }
                let definition = try tools.define(kind.kind, config: config, over: nil, mask: nil)
                try tools.check(definition, as: service, by: request.caller)
                let content = tools.content(definition)
                let entry = try await tools.writer.write(by: request.actor) { transaction throws(GatewayError) in
                    let entry = try transaction.create(service, content, comment: body.comment ?? nil)
                    guard let owner = body.owner else { return entry }
                    return try transaction.update(service, references: tools.references, owner: owner)
                }
                return tools.answer(entry)
            },
            AdministrationRoute(.get, "\(path)/{name}") { [tools] request throws(GatewayError) in
                let service = try kind.securable(request["name"])
                return tools.answer(try CatalogTransaction(request.metastore, by: request.actor).visible(service))
            },
            AdministrationRoute(.patch, "\(path)/{name}") { [tools] request throws(GatewayError) in
                try await Self.update(try kind.securable(request["name"]), request, tools)
            },
            AdministrationRoute(.delete, "\(path)/{name}") { [tools] request throws(GatewayError) in
                let service = try kind.securable(request["name"])
                let etag = request.query["etag"].flatMap { $0.isEmpty ? nil : $0 }
                try await tools.writer.write(by: request.actor) { transaction throws(GatewayError) in
                    try transaction.delete(service, etag: etag)
                }
                return .empty
            },
        ]
    }

    private static func newService(
        _ kind: ServiceKind,
        _ request: AdministrationRequest
    ) throws(GatewayError) -> Securable {
        guard let parent = request.query["parent"], parent.hasPrefix("schemas/") else {
            throw GatewayError(
                .invalidParameter,
                "`parent` must be `schemas/` and the full name of a schema.",
                parameter: "parent"
            )
        }
        guard let id = request.query[kind.id], !id.isEmpty else {
            throw GatewayError(.invalidParameter, "`\(kind.id)` is missing.", parameter: kind.id)
        }
        guard let service = Securable(kind.kind, named: "\(parent.dropFirst(8)).\(id)"), service.shortName == id else {
            throw GatewayError(
                .invalidParameter,
                "`\(kind.id)` must be 1 to 255 letters, digits, `_`, `-` or `.`, and `parent` a schema.",
                parameter: kind.id
            )
        }
        return service
    }

    private static func update(
        _ service: Securable,
        _ request: AdministrationRequest,
        _ tools: ServiceTools
    ) async throws(GatewayError) -> AdministrationAnswer {
        let body = try request.body(ServiceBody.section(isNew: false))
        let mask = (request.query["update_mask"] ?? "").split(separator: ",").map { String($0.filter { $0 != " " }) }
        guard !mask.isEmpty else {
            throw GatewayError(
                .invalidParameter,
                "`update_mask` is missing: it names what to change.",
                parameter: "update_mask"
            )
        }
        var configPaths: Set<String>?
        for path in mask {
            switch path {
            case "comment", "owner": break
            case "config": configPaths = configPaths ?? []
            case _ where path.hasPrefix("config."): configPaths = (configPaths ?? []).union([String(path.dropFirst(7))])
            default:
                throw GatewayError(
                    .invalidParameter,
                    "`\(path.prefixOfUTF8(100))` cannot be updated.",
                    parameter: "update_mask"
                )
            }
        }
        let wholeConfig = mask.contains("config")
        let config = body.config ?? JSONValue { $0.object { _ in } }
        let (paths, caller) = (configPaths, request.caller)
        let etag = (request.query["etag"] ?? body.etag).flatMap { $0.isEmpty ? nil : $0 }
        let entry = try await tools.writer.write(by: request.actor) { transaction throws(GatewayError) in
            var content: CatalogTransaction.ServiceContent?
            if let paths {
                let definition = try tools.define(
                    service.kind,
                    config: config,
                    over: try tools.definition(of: try transaction.visible(service)),
                    mask: wholeConfig ? nil : paths
                )
                try tools.check(definition, as: service, by: caller)
                content = tools.content(definition)
            }
            return try transaction.update(
                service,
                content: content,
                references: tools.references,
                owner: mask.contains("owner") ? body.owner : nil,
                comment: mask.contains("comment") ? body.comment ?? .some(nil) : nil,
                etag: etag
            )
        }
        return tools.answer(entry)
    }

    private static func list(
        _ kind: ServiceKind,
        _ request: AdministrationRequest,
        _ tools: ServiceTools
    ) throws(GatewayError) -> AdministrationAnswer {
        var parent: Securable?
        if let text = request.query["parent"], !text.isEmpty {
            guard text.hasPrefix("schemas/"), let schema = Securable(.schema, named: String(text.dropFirst(8))) else {
                throw GatewayError(
                    .invalidParameter,
                    "`parent` must be `schemas/` and the full name of a schema.",
                    parameter: "parent"
                )
            }
            parent = try CatalogTransaction(request.metastore, by: request.actor).visible(schema).securable
        }
        let isFull: Bool
        switch request.query["view"] ?? "" {
        case "FULL", "MODEL_SERVICE_VIEW_FULL": isFull = true
        case "", "BASIC", "MODEL_SERVICE_VIEW_BASIC": isFull = false
        default: throw GatewayError(.invalidParameter, "`view` must be BASIC or FULL.", parameter: "view")
        }
        let most = isFull ? 200 : 1000
        let size = try request.number("page_size", in: 0...Int(Int32.max), default: 200)
        let visible = request.metastore.entries(of: kind.kind, in: parent)
            .filter { request.metastore.isVisible($0.securable, to: request.caller) }
        let page = try Page(visible, after: request.query["page_token"], size: size == 0 ? 200 : min(size, most)) {
            $0.securable.name
        }
        let resources = page.elements.map { tools.resource($0, isFull: isFull) }
        return .object { writer in
            writer.member(
                kind.array,
                array: { writer in
                    for resource in resources { writer.object { resource.write(to: &$0) } }
                }
            )
            writer.optional("next_page_token", page.nextToken)
        }
    }
}

/// The body of a request that makes or changes a service.
private struct ServiceBody: Sendable {
    var config: JSONValue?
    var comment: String??
    var owner: String?
    var etag: String?

    static func section(isNew: Bool) -> Section<ServiceBody> {
        let config = Field("config", ValueType<FileNode>.any, isNew ? .required : .optional(""), "The service.")
        let comment = Field(
            "comment",
            ValueType<String>.anyText(limit: CatalogTransaction.maximumCommentBytes),
            "A comment."
        )
        let owner = Field("owner", ValueType<String>.text(), "The owner.")
        let etag = Field("etag", ValueType<String>.anyText(limit: 1024), "The version that is changed.")
        // What the SDK sends back of a resource that it has read.
        let outputs = [
            "name", "effective_owner", "metastore_id", "create_time", "created_by", "update_time", "updated_by",
            "supported_api_types",
        ].map { Field($0, ValueType<FileNode>.any, "Set by the gateway.") }
        return Section(
            "service",
            "A service.",
            fields: [config.documentation, comment.documentation, owner.documentation, etag.documentation]
                + outputs.map(\.documentation)
        ) { values, reading in
            var body = ServiceBody()
            if let node = values.read(config, &reading), !node.isNull { body.config = JSONValue(node) }
            if values.has(comment) { body.comment = .some(values.read(comment, &reading)) }
            body.owner = values.read(owner, &reading)
            body.etag = values.read(etag, &reading)
            return body
        }
    }
}
