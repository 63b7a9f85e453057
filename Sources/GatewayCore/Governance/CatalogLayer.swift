// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Objects, principals and grants of one origin: what the configuration file says, or what the store keeps.
///
/// A value that changes by ``CatalogChange``: a store reads it as a list of changes, and a command makes some.
package struct CatalogLayer: Sendable {
    package private(set) var entries: [Securable: CatalogEntry] = [:]
    /// By id.
    package private(set) var principals: [Int64: Principal] = [:]
    private var principalIDs: [String: Int64] = [:]
    /// The groups that a principal is a direct member of, by its id.
    private var groups: [Int64: Set<Int64>] = [:]
    /// The direct members of a group, by its id.
    private var members: [Int64: Set<Int64>] = [:]
    /// What is granted and denied on a securable, by principal.
    private var access: [Securable: [String: Access]] = [:]
    /// How many principals are denied something, so that nobody looks for it where there is nothing.
    private var denials = 0
    /// Changes with every change of an object.
    package private(set) var entriesEdition = Edition()
    /// Changes with every change of a principal or of a membership.
    package private(set) var principalsEdition = Edition()

    /// What one principal is granted and denied on one securable.
    package struct Access: Sendable, Equatable {
        package var granted: PrivilegeSet
        package var denied: PrivilegeSet

        package init(granted: PrivilegeSet = [], denied: PrivilegeSet = []) {
            self.granted = granted
            self.denied = denied
        }
    }

    package init() {}

    package init(_ changes: some Sequence<CatalogChange>) {
        for change in changes { apply(change) }
    }

    package var hasDenials: Bool { denials > 0 }

    package func principal(named name: String) -> Principal? { principalIDs[name].flatMap { principals[$0] } }

    /// The groups that a principal is a direct member of.
    package func groups(of member: Int64) -> Set<Int64> { groups[member] ?? [] }

    /// The direct members of a group.
    package func members(of group: Int64) -> Set<Int64> { members[group] ?? [] }

    /// What is granted and denied on a securable itself, by principal.
    package func access(on securable: Securable) -> [String: Access] { access[securable] ?? [:] }

    /// The securables that a principal is granted or denied anything on itself, in no order.
    package func securablesWithGrants(of principal: String) -> [Securable] {
        access.compactMap { $0.value[principal] == nil ? nil : $0.key }
    }

    /// Every grant, in no order.
    package var grants: [Grant] {
        access.flatMap { securable, principals in
            principals.map { name, access in
                Grant(
                    principal: name,
                    privileges: access.granted,
                    denied: access.denied,
                    securable: securable
                )
            }
        }
    }

    package mutating func apply(_ change: CatalogChange) {
        switch change {
        case .putEntry, .removeEntry: entriesEdition = Edition()
        case .putPrincipal, .removePrincipal, .addMember, .removeMember: principalsEdition = Edition()
        case .putGrant: break
        }
        switch change {
        case .putEntry(let entry): entries[entry.securable] = entry
        case .removeEntry(let securable): entries[securable] = nil
        case .putPrincipal(let principal):
            if let old = principals[principal.id] { removeName(of: old) }
            principals[principal.id] = principal
            // Where a file has a user and a group of one name, grants mean the group.
            let isShadowed =
                principal.kind != .group
                && principalIDs[principal.name].flatMap { principals[$0] }?.kind == .group
            if !isShadowed { principalIDs[principal.name] = principal.id }
        case .removePrincipal(let id):
            if let old = principals.removeValue(forKey: id) { removeName(of: old) }
            for group in groups(of: id) { removeMember(id, of: group) }
            for member in members(of: id) { removeMember(member, of: id) }
        case .addMember(let member, let group):
            groups[member, default: []].insert(group)
            members[group, default: []].insert(member)
        case .removeMember(let member, let group):
            removeMember(member, of: group)
        case .putGrant(let grant):
            let old = access[grant.securable]?[grant.principal]
            if old?.denied.isEmpty == false { denials -= 1 }
            if !grant.denied.isEmpty { denials += 1 }
            let isEmpty = grant.privileges.isEmpty && grant.denied.isEmpty
            access[grant.securable, default: [:]][grant.principal] =
                isEmpty ? nil : Access(granted: grant.privileges, denied: grant.denied)
            if access[grant.securable]?.isEmpty == true { access[grant.securable] = nil }
        }
    }

    /// Forgets the name of a principal, unless another one has it by now.
    private mutating func removeName(of principal: Principal) {
        if principalIDs[principal.name] == principal.id { principalIDs[principal.name] = nil }
    }

    private mutating func removeMember(_ member: Int64, of group: Int64) {
        groups[member]?.remove(group)
        if groups[member]?.isEmpty == true { groups[member] = nil }
        members[group]?.remove(member)
        if members[group]?.isEmpty == true { members[group] = nil }
    }
}

/// One change of a layer, and one row of a store.
package enum CatalogChange: Sendable, Equatable {
    /// Makes an object or takes the place of the one with its name.
    case putEntry(CatalogEntry)
    case removeEntry(Securable)
    /// Makes a principal or takes the place of the one with its id.
    case putPrincipal(Principal)
    /// Its memberships go with it; its grants do not.
    case removePrincipal(Int64)
    case addMember(Int64, group: Int64)
    case removeMember(Int64, group: Int64)
    /// All that a principal has on a securable itself; nothing granted and nothing denied removes it.
    case putGrant(Grant)
}
