// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import GatewayJSON
import GatewaySchema

/// `/api/2.1/unity-catalog/catalogs` and `/schemas`.
///
/// Shapes: PyPI `databricks-sdk` 0.162.0, `service/catalog.py`, `CatalogInfo` and `SchemaInfo` (2026-11).
struct CatalogRoutes {
    let writer: any GovernanceWriter
    let definitions: any ServiceDefinitions

    var routes: [AdministrationRoute] { routes(of: .catalog) + routes(of: .schema) }

    private func routes(of kind: Securable.Kind) -> [AdministrationRoute] {
        let path = "/api/2.1/unity-catalog/\(kind == .catalog ? "catalogs" : "schemas")"
        return [
            AdministrationRoute(.get, path) { request throws(GatewayError) in try Self.list(kind, request) },
            AdministrationRoute(.post, path) { [writer] request throws(GatewayError) in
                let body = try request.body(ContainerBody.section(kind, isNew: true))
                let container = try body.container(kind)
                return try await Self.answer(writer, request) { transaction throws(GatewayError) in
                    try transaction.create(container, comment: body.comment ?? nil, properties: body.properties ?? [:])
                }
            },
            AdministrationRoute(.get, "\(path)/{name}") { request throws(GatewayError) in
                let container = try Self.container(kind, request["name"])
                let entry = try CatalogTransaction(request.metastore, by: request.actor).visible(container)
                return .object { Self.write(entry, to: &$0, request) }
            },
            AdministrationRoute(.patch, "\(path)/{name}") { [writer, definitions] request throws(GatewayError) in
                let body = try request.body(ContainerBody.section(kind, isNew: false))
                let container = try Self.container(kind, request["name"])
                return try await Self.answer(writer, request) { transaction throws(GatewayError) in
                    try Self.update(container, body, in: &transaction, definitions)
                }
            },
            AdministrationRoute(.delete, "\(path)/{name}") { [writer] request throws(GatewayError) in
                let container = try Self.container(kind, request["name"])
                let cascades = try request.flag("force")
                try await writer.write(by: request.actor) { transaction throws(GatewayError) in
                    try transaction.delete(container, cascades: cascades)
                }
                return .empty
            },
        ]
    }

    /// Changes what a body names, and the name last: it moves what is changed.
    private static func update(
        _ container: Securable,
        _ body: ContainerBody,
        in transaction: inout CatalogTransaction,
        _ definitions: any ServiceDefinitions
    ) throws(GatewayError) -> CatalogEntry {
        let newName = body.newName.flatMap { $0 == container.shortName ? nil : $0 }
        var entry = try transaction.changeable(container)
        if body.owner != nil || body.comment != nil || body.properties != nil || newName == nil {
            entry = try transaction.update(
                container,
                owner: body.owner,
                comment: body.comment,
                properties: body.properties
            )
        }
        guard let newName else { return entry }
        return try transaction.rename(container, to: newName, redefine: definitions.renaming)
    }

    private static func container(_ kind: Securable.Kind, _ name: String) throws(GatewayError) -> Securable {
        guard let container = Securable(kind, named: name) else {
            throw GatewayError(.notFound, "\(kind.displayName) '\(name.prefixOfUTF8(300))' does not exist.")
        }
        return container
    }

    private static func answer(
        _ writer: any GovernanceWriter,
        _ request: AdministrationRequest,
        _ body: @escaping @Sendable (inout CatalogTransaction) throws(GatewayError) -> CatalogEntry
    ) async throws(GatewayError) -> AdministrationAnswer {
        let entry = try await writer.write(by: request.actor, body)
        return .object { write(entry, to: &$0, request) }
    }

    private static func list(
        _ kind: Securable.Kind,
        _ request: AdministrationRequest
    ) throws(GatewayError) -> AdministrationAnswer {
        var parent: Securable?
        if kind == .schema {
            guard let name = request.query["catalog_name"], !name.isEmpty else {
                throw GatewayError(.invalidParameter, "`catalog_name` is missing.", parameter: "catalog_name")
            }
            let catalog = try container(.catalog, name)
            parent = try CatalogTransaction(request.metastore, by: request.actor).visible(catalog).securable
        }
        let size = try request.number("max_results", in: 0...1000, default: 0)
        let visible = request.metastore.entries(of: kind, in: parent)
            .filter { request.metastore.isVisible($0.securable, to: request.caller) }
        let page = try Page(visible, after: request.query["page_token"], size: size == 0 ? 1000 : size) {
            $0.securable.name
        }
        return .object { writer in
            writer.member(
                kind == .catalog ? "catalogs" : "schemas",
                array: { writer in
                    for entry in page.elements { writer.object { write(entry, to: &$0, request) } }
                }
            )
            writer.optional("next_page_token", page.nextToken)
        }
    }

    private static func write(_ entry: CatalogEntry, to writer: inout JSONWriter, _ request: AdministrationRequest) {
        writer.member("name", entry.securable.shortName)
        writer.member("full_name", entry.securable.name)
        writer.member("securable_type", entry.securable.kind.rawValue)
        writer.member("owner", entry.owner)
        writer.optional("comment", entry.comment)
        if !entry.properties.isEmpty { writer.member("properties", texts: entry.properties) }
        writer.member("metastore_id", MetastoreRoutes.metastoreID(request))
        writer.member("catalog_type", entry.source == .system ? "SYSTEM_CATALOG" : "MANAGED_CATALOG")
        if entry.securable.kind == .catalog {
            writer.member("id", entry.id)
            writer.member("isolation_mode", "OPEN")
        } else {
            writer.member("schema_id", entry.id)
            writer.optional("catalog_name", entry.securable.parent?.name)
        }
        writer.member("created_at", Int(entry.createdAt / 1000))
        writer.member("created_by", entry.createdBy)
        writer.member("updated_at", Int(entry.updatedAt / 1000))
        writer.member("updated_by", entry.updatedBy)
        writer.member("browse_only", false)
    }
}

/// The body of a request that makes or changes a catalog or a schema.
private struct ContainerBody: Sendable {
    var name: String?
    var catalogName: String?
    var newName: String?
    var owner: String?
    var comment: String??
    var properties: [String: String]?

    static func section(_ kind: Securable.Kind, isNew: Bool) -> Section<ContainerBody> {
        let name = Field(
            "name",
            ValueType<String>.identifier(limit: 255),
            isNew ? .required : .optional(""),
            "Its name."
        )
        let catalogName = Field(
            "catalog_name",
            ValueType<String>.identifier(limit: 255),
            isNew ? .required : .optional(""),
            "Its catalog."
        )
        let newName = Field("new_name", ValueType<String>.text(), "Its new name.")
        let owner = Field("owner", ValueType<String>.text(), "Its owner.")
        let comment = Field(
            "comment",
            ValueType<String>.anyText(limit: CatalogTransaction.maximumCommentBytes),
            "A comment."
        )
        let properties = Field("properties", ValueType<[String: String]>.texts, "Its properties.")
        var fields = [name.documentation, comment.documentation, properties.documentation]
        if kind == .schema { fields.append(catalogName.documentation) }
        if !isNew { fields += [newName.documentation, owner.documentation] }
        let unsupported = "this gateway stores no data"
        return Section(
            kind.displayName,
            "A catalog or a schema.",
            fields: fields,
            misplaced: [
                "storage_root": unsupported, "provider_name": unsupported, "share_name": unsupported,
                "connection_name": unsupported, "options": unsupported,
            ]
        ) { values, reading in
            var body = ContainerBody()
            body.name = values.read(name, &reading)
            body.catalogName = kind == .schema ? values.read(catalogName, &reading) : nil
            body.newName = isNew ? nil : values.read(newName, &reading)
            body.owner = isNew ? nil : values.read(owner, &reading)
            if values.has(comment) { body.comment = .some(values.read(comment, &reading)) }
            body.properties = values.read(properties, &reading)
            return body
        }
    }

    func container(_ kind: Securable.Kind) throws(GatewayError) -> Securable {
        let full = kind == .catalog ? name ?? "" : "\(catalogName ?? "").\(name ?? "")"
        guard let container = Securable(kind, named: full) else {
            throw GatewayError(.invalidParameter, "'\(full)' is not a valid name.", parameter: "name")
        }
        return container
    }
}
