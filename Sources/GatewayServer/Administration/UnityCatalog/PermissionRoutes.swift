// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import GatewayJSON
import GatewaySchema

/// `/api/2.1/unity-catalog/permissions` and `/effective-permissions`.
///
/// Shapes: PyPI `databricks-sdk` 0.162.0, `UpdatePermissions`, `GetPermissionsResponse`, `EffectivePermissionsList` (2026-11). `deny` in a change and `denied_privileges` in an
/// assignment are our own: Databricks denies by SQL only.
struct PermissionRoutes {
    let writer: any GovernanceWriter

    var routes: [AdministrationRoute] {
        let object = "{securable_type}/{full_name}"
        return [
            AdministrationRoute(.get, "/api/2.1/unity-catalog/permissions/\(object)") {
                request throws(GatewayError) in
                let securable = try Self.securable(request)
                return try Self.list(request.metastore.assignments(on: securable), on: securable, request) {
                    $0.string($1.privilege.rawValue)
                }
            },
            AdministrationRoute(.patch, "/api/2.1/unity-catalog/permissions/\(object)") {
                [writer] request throws(GatewayError) in
                let securable = try Self.securable(request)
                let changes = try request.body(Self.section)
                let metastore = try await writer.write(by: request.actor) { transaction throws(GatewayError) in
                    try transaction.change(changes, on: securable)
                    return transaction.metastore
                }
                return Self.answer(metastore.assignments(on: securable), nil) { $0.string($1.privilege.rawValue) }
            },
            AdministrationRoute(.get, "/api/2.1/unity-catalog/effective-permissions/\(object)") {
                request throws(GatewayError) in
                let securable = try Self.securable(request)
                return try Self.list(request.metastore.effectiveAssignments(on: securable), on: securable, request) {
                    writer,
                    source in
                    writer.object { writer in
                        writer.member("privilege", source.privilege.rawValue)
                        if let from = source.inheritedFrom {
                            writer.member("inherited_from_type", from.kind.rawValue)
                            writer.member("inherited_from_name", from.name)
                        }
                    }
                }
            },
        ]
    }

    private typealias Write = (inout JSONWriter, PrivilegeAssignment.Source) -> Void

    /// Those who manage the object see all assignments; others see what concerns them.
    private static func list(
        _ all: [PrivilegeAssignment],
        on securable: Securable,
        _ request: AdministrationRequest,
        _ write: Write
    ) throws(GatewayError) -> AdministrationAnswer {
        var shown = all
        if let name = request.query["principal"], !name.isEmpty {
            let name = PrincipalName.normalized(name)
            shown = shown.filter { $0.principal == name }
        }
        if request.metastore.missing(.manage, request.caller, on: securable) != nil {
            let own = request.caller.groups.union([request.caller.name, PrincipalName.everybody])
            shown = shown.filter { own.contains($0.principal) }
        }
        let size = try request.number("max_results", in: 0...1000, default: 0)
        let page = try Page(shown, after: request.query["page_token"], size: size == 0 ? 1000 : size) { $0.principal }
        return answer(page.elements, page.nextToken, write)
    }

    private static func answer(
        _ assignments: [PrivilegeAssignment],
        _ nextToken: String?,
        _ write: Write
    ) -> AdministrationAnswer {
        .object { writer in
            writer.member(
                "privilege_assignments",
                array: { writer in
                    for assignment in assignments {
                        writer.object { writer in
                            writer.member("principal", assignment.principal)
                            writer.member(
                                "privileges",
                                array: { writer in
                                    for source in assignment.privileges { write(&writer, source) }
                                }
                            )
                            if !assignment.denied.isEmpty {
                                writer.member(
                                    "denied_privileges",
                                    array: { writer in
                                        for source in assignment.denied { write(&writer, source) }
                                    }
                                )
                            }
                        }
                    }
                }
            )
            writer.optional("next_page_token", nextToken)
        }
    }

    /// The object that the path names, which the caller must see.
    private static func securable(_ request: AdministrationRequest) throws(GatewayError) -> Securable {
        guard let kind = Securable.Kind(spelling: request["securable_type"]) else {
            let known = Securable.Kind.allCases.map { $0.rawValue.lowercased() }.joined(separator: ", ")
            throw GatewayError(
                .invalidParameter,
                "'\(request["securable_type"].prefixOfUTF8(100))' is not a type of object that this gateway has. Known types: \(known)."
            )
        }
        guard let securable = Securable(kind, named: request["full_name"]) else {
            throw GatewayError(
                .notFound,
                "\(kind.displayName) '\(request["full_name"].prefixOfUTF8(300))' does not exist."
            )
        }
        if kind != .metastore, kind != .table {
            _ = try CatalogTransaction(request.metastore, by: request.actor).visible(securable)
        }
        return securable
    }

    /// `{"changes": [{"principal", "add", "remove"}]}`.
    private static let section: Section<[CatalogTransaction.PermissionChange]> = {
        let privileges = ValueType<[Located<Privilege>]>.list(of: .privilege)
        let principal = Field("principal", ValueType<String>.text(limit: 255), .required, "Whose privileges change.")
        let add = Field("add", privileges, "Privileges to grant.")
        let remove = Field("remove", privileges, "Privileges to take away, granted or denied.")
        let deny = Field("deny", privileges, "Privileges to deny.")
        let change = Section(
            "changes[]",
            "A change of one principal's privileges.",
            fields: [principal.documentation, add.documentation, remove.documentation, deny.documentation]
        ) { values, reading in
            let granted = values.read(add, &reading)?.map(\.value) ?? []
            let revoked = values.read(remove, &reading)?.map(\.value) ?? []
            let denied = values.read(deny, &reading)?.map(\.value) ?? []
            return values.read(principal, &reading).map {
                CatalogTransaction.PermissionChange(
                    principal: $0,
                    granted: PrivilegeSet(granted),
                    denied: PrivilegeSet(denied),
                    revoked: PrivilegeSet(revoked)
                )
            }
        }
        let changes = Field(
            "changes",
            ValueType<[Located<CatalogTransaction.PermissionChange>]>.list(of: .section(change), count: 0...1000),
            "The changes."
        )
        return Section("permissions", "Changes of privileges.", fields: [changes.documentation]) { values, reading in
            values.has(changes) ? values.read(changes, &reading)?.map(\.value) : []
        }
    }()
}

extension ValueType where Value == Privilege {
    /// A privilege, spelled as in Unity Catalog or as in SQL.
    fileprivate static var privilege: ValueType {
        let names = Privilege.allCases.map(\.rawValue).joined(separator: ", ")
        return .scalar("one of \(names)") { Privilege(spelling: $0) }
    }
}
