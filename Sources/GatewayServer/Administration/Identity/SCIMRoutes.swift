// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayGovernance
import GatewayJSON

/// `/api/2.0/preview/scim/v2`: users, groups and service principals, as identity providers and Databricks' SDK manage them.
struct SCIMRoutes {
    let writer: any GovernanceWriter
    private let base = "/api/2.0/preview/scim/v2"

    init(writer: any GovernanceWriter) {
        self.writer = writer
    }

    var routes: [AdministrationRoute] {
        let me = AdministrationRoute(.get, "\(base)/Me") { request in
            let principal = Self.principal(of: request.caller, in: request.metastore)
            return .object { writer in
                SCIMResource(
                    principal: principal,
                    metastore: request.metastore,
                    isCaller: true,
                    isAdministrator: request.caller.isAdministrator
                ).write(to: &writer)
            }
        }
        return [me] + Principal.Kind.allCases.flatMap { routes(of: $0) }
    }

    /// The caller as a principal; one that nobody declared is known by its token.
    private static func principal(of caller: Caller, in metastore: Metastore) -> Principal {
        if let known = metastore.principal(named: caller.name), known.callerKind == caller.kind { return known }
        let kind: Principal.Kind = caller.kind == .user ? .user : .servicePrincipal
        return Principal(id: Principal.derivedID(kind, caller.name), kind: kind, name: caller.name, source: .token)
    }

    private func routes(of kind: Principal.Kind) -> [AdministrationRoute] {
        let list = "\(base)/\(kind.path)"
        let one = "\(list)/{id}"
        return [
            AdministrationRoute(.get, list, .administrators) { request throws(GatewayError) in
                try Self.list(kind, request)
            },
            AdministrationRoute(.post, list, .administrators) { [writer] request throws(GatewayError) in
                let body = try SCIMBody(try request.json(), of: kind)
                let (principal, metastore) = try await writer.write(by: request.actor) {
                    transaction throws(GatewayError) in
                    let principal = try transaction.create(kind, try Self.attributes(body, kind))
                    try transaction.changeMembers(of: principal, body)
                    return (principal, transaction.metastore)
                }
                return .object(status: 201) { SCIMResource(principal: principal, metastore: metastore).write(to: &$0) }
            },
            AdministrationRoute(.get, one, .administrators) { request throws(GatewayError) in
                let principal = try Self.principal(kind, request["id"], in: request.metastore)
                return .object { writer in
                    SCIMResource(
                        principal: principal,
                        metastore: request.metastore,
                        attributes: Self.attributes(request)
                    ).write(to: &writer)
                }
            },
            AdministrationRoute(.put, one, .administrators) { [writer] request throws(GatewayError) in
                var body = try SCIMBody(try request.json(), of: kind)
                body.displayName = body.displayName ?? .some(nil)
                body.externalID = body.externalID ?? .some(nil)
                body.replacesMembers = true
                return try await Self.update(kind, body, writer, request)
            },
            AdministrationRoute(.patch, one, .administrators) { [writer] request throws(GatewayError) in
                let body = try SCIMBody(patch: try request.json(), of: kind)
                return try await Self.update(kind, body, writer, request)
            },
            AdministrationRoute(.delete, one, .administrators) { [writer] request throws(GatewayError) in
                let id = request["id"]
                try await writer.write(by: request.actor) { transaction throws(GatewayError) in
                    let principal = try Self.principal(kind, id, in: transaction.metastore)
                    try transaction.deletePrincipal(principal.id, kind)
                }
                return .empty
            },
        ]
    }

    private static func update(
        _ kind: Principal.Kind,
        _ body: SCIMBody,
        _ writer: any GovernanceWriter,
        _ request: AdministrationRequest
    ) async throws(GatewayError) -> AdministrationAnswer {
        let id = request["id"]
        let (principal, metastore) = try await writer.write(by: request.actor) { transaction throws(GatewayError) in
            var principal = try Self.principal(kind, id, in: transaction.metastore)
            let attributes = CatalogTransaction.PrincipalAttributes(
                name: body.name ?? principal.name,
                displayName: body.displayName ?? principal.displayName,
                externalID: body.externalID ?? principal.externalID,
                isActive: body.isActive ?? principal.isActive
            )
            let isChanged =
                attributes
                != .init(
                    name: principal.name,
                    displayName: principal.displayName,
                    externalID: principal.externalID,
                    isActive: principal.isActive
                )
            if isChanged { principal = try transaction.update(principal.id, kind, attributes) }
            try transaction.changeMembers(of: principal, body)
            return (principal, transaction.metastore)
        }
        return .object { SCIMResource(principal: principal, metastore: metastore).write(to: &$0) }
    }

    private static func attributes(
        _ body: SCIMBody,
        _ kind: Principal.Kind
    ) throws(GatewayError) -> CatalogTransaction.PrincipalAttributes {
        // Databricks chooses the application id of a service principal that names none.
        guard let name = body.name ?? (kind == .servicePrincipal ? UUID().uuidString.lowercased() : nil) else {
            let attribute = kind == .user ? "userName" : "displayName"
            throw GatewayError(.invalidParameter, "`\(attribute)` is missing.", parameter: attribute)
        }
        return .init(
            name: name,
            displayName: body.displayName ?? nil,
            externalID: body.externalID ?? nil,
            isActive: body.isActive ?? true
        )
    }

    private static func principal(
        _ kind: Principal.Kind,
        _ id: String,
        in metastore: Metastore
    ) throws(GatewayError) -> Principal {
        guard let number = Int64(id), let principal = metastore.principal(id: number), principal.kind == kind else {
            throw GatewayError(.notFound, "\(kind.displayName) with id \(id.prefixOfUTF8(64)) not found.")
        }
        return principal
    }

    private static func attributes(_ request: AdministrationRequest) -> Set<String>? {
        guard let text = request.query["attributes"], !text.isEmpty else { return nil }
        let names = text.split(separator: ",").map { $0.prefix { $0 != "." }.lowercased() }
        return Set(names.map { String($0.filter { $0 != " " }) })
    }

    private static func list(
        _ kind: Principal.Kind,
        _ request: AdministrationRequest
    ) throws(GatewayError) -> AdministrationAnswer {
        let attributes = attributes(request)
        var resources = request.metastore.principals(of: kind)
            .map { SCIMResource(principal: $0, metastore: request.metastore, attributes: attributes) }
        if let text = request.query["filter"], !text.isEmpty {
            let filter = try SCIMFilter(text)
            resources = resources.filter { filter.passes($0.values) }
        }
        if let key = request.query["sortBy"]?.lowercased(), !key.isEmpty {
            let descends = request.query["sortOrder"]?.lowercased() == "descending"
            let keyed = resources.map { ($0.values(key).first ?? "", $0) }
            resources = keyed.sorted { descends ? $0.0 > $1.0 : $0.0 < $1.0 }.map(\.1)
        }
        let start = try request.number("startIndex", in: 0...Int(Int32.max), default: 1)
        let count = try request.number("count", in: 0...10_000, default: 10_000)
        let page = resources.dropFirst(max(0, start - 1)).prefix(count)
        return .object { writer in
            writer.member("schemas", array: { $0.string("urn:ietf:params:scim:api:messages:2.0:ListResponse") })
            writer.member("totalResults", resources.count)
            writer.member("startIndex", max(1, start))
            writer.member("itemsPerPage", page.count)
            writer.member(
                "Resources",
                array: { writer in
                    for resource in page { writer.object { resource.write(to: &$0) } }
                }
            )
        }
    }
}

extension CatalogTransaction {
    /// Adds and removes members as a body says.
    fileprivate mutating func changeMembers(of group: Principal, _ body: SCIMBody) throws(GatewayError) {
        guard group.kind == .group, body.replacesMembers || !body.added.isEmpty || !body.removed.isEmpty else { return }
        var removed = body.removed
        if body.replacesMembers {
            removed.formUnion(metastore.members(of: group.id).map(\.id).filter { !body.added.contains($0) })
        }
        try changeMembers(of: group.id, adding: body.added.sorted(), removing: removed.sorted())
    }
}
