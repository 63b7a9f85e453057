// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// New names of catalogs and schemas.
extension CatalogTransaction {
    /// Gives a catalog or a schema another name.
    ///
    /// What is in it moves with it: objects keep their ids, owners and grants, and stored services refer to the new names. The file's services and grants cannot be changed, so nothing of the
    /// file may be in it.
    /// - Parameters:
    ///   - container: The catalog or schema.
    ///   - name: The new last part of its name.
    ///   - redefine: The definition of a service with other names in place of those that it refers to, `c.s` and `c.s.n`.
    /// - Returns: The entry with its new name.
    /// - Throws: ``GatewayError``: the actor must own or manage it and may make one of the new name, which there must not be yet.
    package mutating func rename(
        _ container: Securable,
        to name: String,
        redefine: (_ definition: String, _ rename: (String) -> String) -> String
    ) throws(GatewayError) -> CatalogEntry {
        let entry = try changeable(container)
        let parent = container.parent ?? .metastore
        let fullName = parent == .metastore ? name : "\(parent.name).\(name)"
        guard [.catalog, .schema].contains(container.kind), let renamed = Securable(container.kind, named: fullName)
        else { throw .invalid("'\(name.prefixOfUTF8(300))' is not a valid name.", "new_name") }
        try check(container.kind == .catalog ? .createCatalog : .createSchema, on: parent, ifNotOwned: true)
        guard metastore.entry(renamed) == nil else {
            throw GatewayError(.alreadyExists, "\(renamed.kind.displayName) '\(renamed.name)' already exists.")
        }
        let contents = metastore.contents(of: container)
        for inner in contents where inner.source != .stored {
            throw GatewayError.elsewhere(inner.securable.sqlName, inner.source)
        }
        func newName(_ old: String) -> String {
            guard old == container.name || old.hasPrefix(container.name + ".") else { return old }
            return renamed.name + old.dropFirst(container.name.count)
        }
        moveGrants(newName)
        for old in contents + [entry] {
            guard let securable = Securable(old.securable.kind, named: newName(old.securable.name)) else { continue }
            apply(.removeEntry(old.securable))
            var new = old
            new.securable = securable
            put(&new)
        }
        for old in metastore.stored.entries.values where !old.definition.isEmpty {
            let definition = redefine(old.definition, newName)
            guard definition != old.definition else { continue }
            var new = old
            new.definition = definition
            put(&new)
        }
        let new = metastore.entry(renamed) ?? entry
        record(
            "update\(container.kind.actionName)",
            of: .unityCatalog,
            on: container.name,
            old: entry.summary,
            new: new.summary
        )
        return new
    }

    private mutating func moveGrants(_ newName: (String) -> String) {
        for grant in metastore.stored.grants {
            let name = newName(grant.securable.name)
            guard name != grant.securable.name, let securable = Securable(grant.securable.kind, named: name) else {
                continue
            }
            apply(.putGrant(Grant(principal: grant.principal, securable: grant.securable)))
            var moved = grant
            moved.securable = securable
            apply(.putGrant(moved))
        }
    }
}
