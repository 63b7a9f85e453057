// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Users, service principals and groups as SCIM shows them.
///
/// Shapes: PyPI `databricks-sdk` 0.162.0, `service/iam.py` (2026-11), and RFC 7643.
struct SCIMResource {
    let principal: Principal
    let metastore: Metastore
    /// The attributes to show, in lower case; nil for all.
    ///
    /// Id and schemas are always shown.
    var attributes: Set<String>?
    /// Whether it is shown to itself, as `/Me`: then a service principal has a `userName` too, which clients read.
    var isCaller = false
    /// Whether it may do everything, by whatever it came with: then it is shown in `admins`, which clients look for.
    var isAdministrator = false

    func write(to writer: inout JSONWriter) {
        let kind = principal.kind
        writer.member("schemas", array: { $0.string(kind.schema) })
        writer.member("id", "\(principal.id)")
        show("externalid", &writer) { $0.optional("externalId", principal.externalID) }
        switch kind {
        case .user:
            show("username", &writer) { $0.member("userName", principal.name) }
            show("displayname", &writer) { $0.member("displayName", principal.displayName ?? principal.name) }
            show("emails", &writer) { writer in
                guard principal.name.contains("@") else { return }
                writer.member(
                    "emails",
                    array: { writer in
                        writer.object { writer in
                            writer.member("type", "work")
                            writer.member("value", principal.name)
                            writer.member("primary", true)
                        }
                    }
                )
            }
        case .servicePrincipal:
            show("applicationid", &writer) { $0.member("applicationId", principal.name) }
            if isCaller { writer.member("userName", principal.name) }
            show("displayname", &writer) { $0.member("displayName", principal.displayName ?? principal.name) }
        case .group:
            show("displayname", &writer) { $0.member("displayName", principal.name) }
            show("members", &writer) { writer in
                let members = metastore.members(of: principal.id)
                guard !members.isEmpty else { return }
                writer.member(
                    "members",
                    array: { writer in
                        for member in members { Self.write(reference: member, to: &writer) }
                    }
                )
            }
        }
        if kind != .group { show("active", &writer) { $0.member("active", principal.isActive) } }
        show("groups", &writer) { writer in
            var groups = metastore.directGroups(of: principal.id)
            if isAdministrator, !groups.contains(where: { $0.name == PrincipalName.administrators }) {
                groups += [metastore.principal(named: PrincipalName.administrators)].compactMap(\.self)
            }
            guard !groups.isEmpty else { return }
            writer.member(
                "groups",
                array: { writer in
                    for group in groups { Self.write(reference: group, isDirect: true, to: &writer) }
                }
            )
        }
        show("meta", &writer) { writer in
            writer.member(
                "meta",
                object: { writer in
                    writer.member("resourceType", kind == .group ? "WorkspaceGroup" : kind.resourceName)
                }
            )
        }
    }

    /// The values of an attribute, for filters; the name is in lower case.
    func values(_ attribute: String) -> [String] {
        switch attribute {
        case "id": ["\(principal.id)"]
        case "externalid": [principal.externalID].compactMap(\.self)
        case "displayname": [principal.kind == .group ? principal.name : principal.displayName ?? principal.name]
        case "active": ["\(principal.isActive)"]
        case "username", "emails", "emails.value": principal.kind == .user ? [principal.name] : []
        case "applicationid": principal.kind == .servicePrincipal ? [principal.name] : []
        case "groups", "groups.value": metastore.directGroups(of: principal.id).map { "\($0.id)" }
        case "groups.display": metastore.directGroups(of: principal.id).map(\.name)
        case "members", "members.value":
            principal.kind == .group ? metastore.members(of: principal.id).map { "\($0.id)" } : []
        default: []
        }
    }

    private func show(_ attribute: String, _ writer: inout JSONWriter, _ body: (inout JSONWriter) -> Void) {
        if attributes?.contains(attribute) ?? true { body(&writer) }
    }

    private static func write(reference principal: Principal, isDirect: Bool = false, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("display", principal.displayName ?? principal.name)
            writer.member("value", "\(principal.id)")
            if isDirect { writer.member("type", "direct") }
            writer.member("$ref", "\(principal.kind.path)/\(principal.id)")
        }
    }
}

extension Principal.Kind {
    /// The last part of the path of its list.
    var path: String {
        switch self {
        case .user: "Users"
        case .servicePrincipal: "ServicePrincipals"
        case .group: "Groups"
        }
    }

    fileprivate var resourceName: String {
        switch self {
        case .user: "User"
        case .servicePrincipal: "ServicePrincipal"
        case .group: "Group"
        }
    }

    fileprivate var schema: String { "urn:ietf:params:scim:schemas:core:2.0:\(resourceName)" }
}
