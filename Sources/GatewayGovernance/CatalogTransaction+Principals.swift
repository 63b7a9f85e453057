// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON

/// Users, service principals and groups; administrators alone change them.
extension CatalogTransaction {
    /// What is set when a principal is made or changed.
    package struct PrincipalAttributes: Sendable, Equatable {
        /// A user's email address, a service principal's application id, a group's name.
        package var name: String
        package var displayName: String?
        package var externalID: String?
        package var isActive: Bool

        package init(name: String, displayName: String? = nil, externalID: String? = nil, isActive: Bool = true) {
            self.name = name
            self.displayName = displayName
            self.externalID = externalID
            self.isActive = isActive
        }
    }

    /// Most direct members of one group.
    package static let maximumMembers = 100_000

    /// Makes a principal.
    ///
    /// - Throws: ``GatewayError/Code/forbidden``, ``GatewayError/Code/alreadyExists`` for a name that any principal has, ``GatewayError/Code/invalidParameter``.
    package mutating func create(
        _ kind: Principal.Kind,
        _ attributes: PrincipalAttributes
    ) throws(GatewayError) -> Principal {
        try checkAdministrator()
        let attributes = try Self.checked(attributes, kind)
        if let other = metastore.principal(named: attributes.name), other.source != .token || other.kind != kind {
            throw GatewayError(
                .alreadyExists,
                "\(kind.displayName) with name \(attributes.name) already exists\(other.kind == kind ? "" : ", as a \(other.kind.displayName.lowercased())")."
            )
        }
        let principal = Principal(
            id: freeID(kind, attributes.name),
            kind: kind,
            name: attributes.name,
            displayName: attributes.displayName,
            externalID: attributes.externalID,
            isActive: attributes.isActive,
            source: .stored,
            createdAt: actor.time
        )
        apply(.putPrincipal(principal))
        record("create\(kind.actionName)", of: .accounts, on: principal.name, old: nil, new: principal.summary)
        return principal
    }

    /// Changes a principal.
    ///
    /// A renamed group takes its grants and what it owns along. Users and service principals keep their names.
    package mutating func update(
        _ id: Int64,
        _ kind: Principal.Kind,
        _ attributes: PrincipalAttributes
    ) throws(GatewayError) -> Principal {
        try checkAdministrator()
        let old = try changeablePrincipal(id, kind)
        let attributes = try Self.checked(attributes, kind)
        guard attributes.name == old.name || kind == .group else {
            throw .invalid("The name of a \(kind.displayName.lowercased()) cannot be changed.")
        }
        var new = old
        new.name = attributes.name
        new.displayName = attributes.displayName
        new.externalID = attributes.externalID
        new.isActive = attributes.isActive
        guard new != old else { return old }
        if new.name != old.name {
            if metastore.principal(named: new.name) != nil {
                throw GatewayError(.alreadyExists, "\(kind.displayName) with name \(new.name) already exists.")
            }
            rename(old.name, to: new.name)
        }
        apply(.putPrincipal(new))
        record("update\(kind.actionName)", of: .accounts, on: new.name, old: old.summary, new: new.summary)
        return new
    }

    /// Removes a principal with its memberships, grants and tokens; what it owned belongs to the administrators then.
    package mutating func deletePrincipal(_ id: Int64, _ kind: Principal.Kind) throws(GatewayError) {
        try checkAdministrator()
        let principal = try changeablePrincipal(id, kind)
        for securable in metastore.stored.securablesWithGrants(of: principal.name) {
            apply(.putGrant(Grant(principal: principal.name, securable: securable)))
        }
        giveAway(from: principal.name, to: PrincipalName.administrators)
        apply(.removePrincipal(id))
        record("delete\(kind.actionName)", of: .accounts, on: principal.name, old: principal.summary, new: nil)
    }

    /// Adds and removes direct members of a group.
    ///
    /// - Throws: ``GatewayError/Code/notFound`` for a member that there is not, ``GatewayError/Code/conflict`` for a group or a membership of the configuration file.
    package mutating func changeMembers(
        of group: Int64,
        adding: some Sequence<Int64>,
        removing: some Sequence<Int64>
    ) throws(GatewayError) {
        try checkAdministrator()
        guard let group = metastore.principal(id: group), group.kind == .group else {
            throw GatewayError(.notFound, "Group with id \(group) not found.")
        }
        let isOpen = group.source == .stored || group.name == PrincipalName.administrators
        guard isOpen else { throw .elsewhere("The group '\(group.name)'", group.source) }
        for member in removing {
            if metastore.file.members(of: group.id).contains(member) {
                throw .elsewhere(
                    "A membership in '\(group.name)'",
                    metastore.file.principals[member]?.source ?? .system
                )
            }
            guard metastore.stored.members(of: group.id).contains(member) else { continue }
            apply(.removeMember(member, group: group.id))
            let name = metastore.principal(id: member)?.name ?? "\(member)"
            record("removePrincipalFromGroup", of: .accounts, on: group.name, old: name, new: nil)
        }
        let above = metastore.allGroups(of: group.id)
        for member in adding {
            guard let principal = metastore.principal(id: member) else {
                throw GatewayError(.notFound, "There is no principal with id \(member).")
            }
            guard member != group.id, principal.name != PrincipalName.everybody,
                principal.name != PrincipalName.administrators, !above.contains(member)
            else {
                throw .invalid(
                    "'\(principal.name)' cannot be a member of the group '\(group.name)', which would contain itself."
                )
            }
            let members = metastore.stored.members(of: group.id)
            guard !members.contains(member), !metastore.file.members(of: group.id).contains(member) else { continue }
            guard members.count < Self.maximumMembers else {
                throw .invalid("A group has at most \(Self.maximumMembers) members.")
            }
            apply(.addMember(member, group: group.id))
            record("addPrincipalToGroup", of: .accounts, on: group.name, old: nil, new: principal.name)
        }
    }

    // MARK: Parts

    package func checkAdministrator() throws(GatewayError) {
        guard caller.isAdministrator else {
            throw GatewayError(.forbidden, "Only administrators may do this.")
        }
    }

    /// A principal that the store keeps.
    private func changeablePrincipal(_ id: Int64, _ kind: Principal.Kind) throws(GatewayError) -> Principal {
        guard let principal = metastore.principal(id: id), principal.kind == kind else {
            throw GatewayError(.notFound, "\(kind.displayName) with id \(id) not found.")
        }
        guard principal.source != .token else {
            throw GatewayError(
                .conflict,
                "'\(principal.name)' is known by its access tokens only. Create it, or delete its tokens."
            )
        }
        guard principal.source == .stored else {
            throw .elsewhere("The \(kind.displayName.lowercased()) '\(principal.name)'", principal.source)
        }
        return principal
    }

    /// The id that follows from the name, unless something has it.
    private func freeID(_ kind: Principal.Kind, _ name: String) -> Int64 {
        let derived = Principal.derivedID(kind, name)
        if metastore.stored.principals[derived] == nil { return derived }
        while true {
            let id = Int64.random(in: 1 << 44..<1 << 51)
            if metastore.principal(id: id) == nil { return id }
        }
    }

    private mutating func rename(_ old: String, to new: String) {
        for securable in metastore.stored.securablesWithGrants(of: old) {
            guard let access = metastore.stored.access(on: securable)[old] else { continue }
            apply(.putGrant(Grant(principal: old, securable: securable)))
            apply(
                .putGrant(
                    Grant(
                        principal: new,
                        privileges: access.granted,
                        denied: access.denied,
                        securable: securable
                    )
                )
            )
        }
        giveAway(from: old, to: new)
    }

    /// Makes another principal the owner of all that one owns.
    private mutating func giveAway(from old: String, to new: String) {
        for var entry in metastore.stored.entries.values where entry.owner == old {
            entry.owner = new
            put(&entry)
        }
    }

    private static func checked(
        _ attributes: PrincipalAttributes,
        _ kind: Principal.Kind
    ) throws(GatewayError) -> PrincipalAttributes {
        var checked = attributes
        checked.name = PrincipalName.normalized(attributes.name)
        let names = [checked.name] + [attributes.displayName, attributes.externalID].compactMap(\.self)
        for name in names {
            guard (1...255).contains(name.count), name.utf8.count <= 1024, PrincipalName.isVisible(name) else {
                throw .invalid("A name must have 1 to 255 characters, none of them invisible.")
            }
        }
        if [PrincipalName.everybody, PrincipalName.administrators].contains(checked.name) {
            throw GatewayError(.alreadyExists, "'\(checked.name)' is a built-in group.")
        }
        return checked
    }
}

extension Principal.Kind {
    /// Its name in messages.
    package var displayName: String {
        switch self {
        case .user: "User"
        case .servicePrincipal: "Service principal"
        case .group: "Group"
        }
    }

    /// As the audit log names it.
    fileprivate var actionName: String { self == .servicePrincipal ? "ServicePrincipal" : displayName }
}

extension Principal {
    fileprivate var summary: String {
        AuditText.object { writer in
            writer.member("name", name)
            if let displayName { writer.member("displayName", displayName) }
            if let externalID { writer.member("externalId", externalID) }
            writer.member("active", isActive)
        }
    }
}
