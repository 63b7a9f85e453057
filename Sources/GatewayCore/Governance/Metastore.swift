// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Everything that is governed, as it is at one moment: objects, principals and grants of the configuration file and of the store.
///
/// A value of two layers. Where both have an object or a principal of one name, the file's counts; grants of both add up.
package struct Metastore: Sendable {
    /// What the configuration file and the gateway itself say.
    package var file: CatalogLayer
    package var stored: CatalogLayer

    package init(file: CatalogLayer = CatalogLayer(), stored: CatalogLayer = CatalogLayer()) {
        self.file = file
        self.stored = stored
    }

    package var hasDenials: Bool { file.hasDenials || stored.hasDenials }

    package func entry(_ securable: Securable) -> CatalogEntry? {
        file.entries[securable] ?? stored.entries[securable]
    }

    /// The service of a name, whichever kind it is: model services and provider services share one set of names.
    package func service(named name: ObjectName) -> CatalogEntry? {
        entry(.modelService(name)) ?? entry(.providerService(name))
    }

    /// The objects of a kind, sorted by name; those in one parent where it is given.
    package func entries(of kind: Securable.Kind, in parent: Securable? = nil) -> [CatalogEntry] {
        let own = file.entries.values.filter { $0.securable.kind == kind }
        let others = stored.entries.values.filter { $0.securable.kind == kind && file.entries[$0.securable] == nil }
        return (own + others).filter { parent == nil || $0.securable.parent == parent }
            .sorted { $0.securable.name.utf8.lexicographicallyPrecedes($1.securable.name.utf8) }
    }

    // MARK: Principals

    package func principal(named name: String) -> Principal? {
        file.principal(named: name) ?? stored.principal(named: name)
    }

    package func principal(id: Int64) -> Principal? { file.principals[id] ?? stored.principals[id] }

    /// The principals of a kind, sorted by id.
    package func principals(of kind: Principal.Kind) -> [Principal] {
        let own = file.principals.values.filter { $0.kind == kind }
        let others = stored.principals.values.filter { $0.kind == kind && file.principal(named: $0.name) == nil }
        return (own + others).sorted { $0.id < $1.id }
    }

    /// The groups that a principal is a direct member of, sorted by name.
    package func directGroups(of id: Int64) -> [Principal] {
        file.groups(of: id).union(stored.groups(of: id)).compactMap { principal(id: $0) }.sorted { $0.name < $1.name }
    }

    /// The direct members of a group, sorted by name.
    package func members(of group: Int64) -> [Principal] {
        file.members(of: group).union(stored.members(of: group)).compactMap { principal(id: $0) }
            .sorted { $0.name < $1.name }
    }

    /// The groups that a principal is in, directly or by other groups; circles do no harm.
    package func allGroups(of id: Int64) -> Set<Int64> {
        var found: Set<Int64> = []
        var waiting = [id]
        while let next = waiting.popLast() {
            for group in file.groups(of: next).union(stored.groups(of: next)) where found.insert(group).inserted {
                waiting.append(group)
            }
        }
        return found
    }

    /// The names of the groups that a principal is in, directly or by other groups, without `account users`.
    ///
    /// A stored group is none where the file has a user of its name: what is granted to that name is granted to the user.
    package func groupNames(of id: Int64) -> Set<String> {
        Set(allGroups(of: id).compactMap { principal(id: $0)?.name }.filter { principal(named: $0)?.kind == .group })
    }

    /// Whether a principal may do everything.
    package func isAdministrator(_ principal: Principal) -> Bool {
        principal.isAdministrator || groupNames(of: principal.id).contains(PrincipalName.administrators)
    }
}
