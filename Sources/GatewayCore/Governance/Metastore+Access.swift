// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Who may do what: the rules of Unity Catalog.
///
/// - Nothing is allowed that is not granted. A privilege on a catalog or schema is inherited by what is in it.
/// - A denial wins over every grant, whoever it was made to and wherever it was made. It binds neither administrators nor the owner of the object.
/// - `ALL_PRIVILEGES` stands for every privilege but `MANAGE` and `READ_SECRET`, and is held itself only while none of them is denied.
/// - The owner of an object has every privilege on it. The owner of a catalog or schema may also use and manage what is in it, and may so grant themselves the rest.
/// - Using an object takes `USE_CATALOG` and `USE_SCHEMA` above it as well.
/// - Administrators may do everything.
///
/// Sources: Databricks' pages "Manage privileges in Unity Catalog" and "Create and manage model services", and the documentation of the SDK (2026-11). That denials bind neither
/// owners nor administrators is our choice: both could remove them. So is that `ALL_PRIVILEGES` does not give away secrets.
extension Metastore {
    /// The privileges that a caller has on a securable, wherever they come from; `ALL_PRIVILEGES` is spelled out.
    package func privileges(of caller: Caller, on securable: Securable) -> PrivilegeSet {
        if caller.isAdministrator { return .every }
        var held = HeldPrivileges(ownName(of: caller))
        for place in securable.path { enter(place, caller, &held) }
        return held.here
    }

    /// Whether a caller has a privilege on a securable and may use what is above it.
    package func holds(_ privilege: Privilege, _ caller: Caller, on securable: Securable) -> Bool {
        missing(privilege, caller, on: securable) == nil
    }

    /// What a caller lacks to use a privilege on a securable: the privilege itself, or one above it; nil if nothing.
    package func missing(
        _ privilege: Privilege,
        _ caller: Caller,
        on securable: Securable
    ) -> (privilege: Privilege, securable: Securable)? {
        missing(privilege, caller, along: securable.path)
    }

    /// The same for a securable whose ``Securable/path`` is at hand.
    package func missing(
        _ privilege: Privilege,
        _ caller: Caller,
        along path: [Securable]
    ) -> (privilege: Privilege, securable: Securable)? {
        if caller.isAdministrator { return nil }
        var held = HeldPrivileges(ownName(of: caller))
        for (index, place) in path.enumerated() {
            enter(place, caller, &held)
            let needed = index == path.count - 1 ? privilege : place.kind == .catalog ? .useCatalog : .useSchema
            guard held.here.contains(needed) else { return (needed, place) }
        }
        return nil
    }

    /// What a caller lacks to reach a securable: `USE_CATALOG` or `USE_SCHEMA` above it; nil if nothing.
    package func missingUse(_ caller: Caller, of securable: Securable) -> (privilege: Privilege, securable: Securable)?
    {
        let above = Array(securable.path.dropLast())
        guard let parent = above.last else { return nil }
        return missing(parent.kind == .catalog ? .useCatalog : .useSchema, caller, along: above)
    }

    /// Adds what a caller has on the next securable of a path, the outermost first.
    private func enter(_ place: Securable, _ caller: Caller, _ held: inout HeldPrivileges) {
        file.collect(held.name, caller.groups, on: place, &held.granted, &held.denied)
        stored.collect(held.name, caller.groups, on: place, &held.granted, &held.denied)
        var refused = held.denied.expanded
        // Whoever lacks a part of them does not have all privileges.
        if refused.intersects(.all) { refused.formUnion([.allPrivileges]) }
        held.here = held.granted.expanded.subtracting(refused).union(held.inherited)
        guard isOwner(caller, named: held.name, of: place) else { return }
        held.here = .every
        held.inherited.formUnion([.useCatalog, .useSchema, .manage, .readMetadata])
    }

    /// Whether a caller owns a securable, itself or by a group.
    package func isOwner(_ caller: Caller, of securable: Securable) -> Bool {
        isOwner(caller, named: ownName(of: caller), of: securable)
    }

    private func isOwner(_ caller: Caller, named name: String?, of securable: Securable) -> Bool {
        guard let owner = entry(securable)?.owner else { return false }
        return owner == PrincipalName.everybody || caller.groups.contains(owner) || owner == name
    }

    /// The name by which grants mean a caller itself; nil where a group has that name, which grants mean then.
    private func ownName(of caller: Caller) -> String? {
        let isReserved = caller.name == PrincipalName.everybody || caller.name == PrincipalName.administrators
        return isReserved || principal(named: caller.name)?.kind == .group ? nil : caller.name
    }

    /// Whether a caller may see that a securable is there.
    ///
    /// Of services it is those that it may execute, manage or read the metadata of (control plane, 1.4); a container shows to whoever has a privilege that has a meaning on it: `USE_CATALOG` alone shows the catalog and none of its schemas.
    package func isVisible(_ securable: Securable, to caller: Caller) -> Bool {
        if caller.isAdministrator { return true }
        guard missingUse(caller, of: securable) == nil else { return false }
        let held = privileges(of: caller, on: securable)
        switch securable.kind {
        case .metastore: return true
        case .catalog, .schema: return held.intersects(securable.kind.grantable)
        case .modelService, .providerService: return held.intersects([.execute, .manage, .readMetadata])
        case .table: return held.intersects([.select, .modify, .manage, .readMetadata])
        case .secret: return held.intersects([.readSecret, .manage, .readMetadata])
        }
    }

    /// Whether everybody may execute a service, and nobody is denied anything on it or above it: then nothing has to be looked up for a call.
    ///
    /// `path` is the service's ``Securable/path``.
    package func isExecutableByAll(along path: [Securable]) -> Bool {
        var granted: PrivilegeSet = []
        for (index, place) in path.enumerated() {
            for layer in [file, stored] {
                let access = layer.access(on: place)
                if layer.hasDenials, access.values.contains(where: { !$0.denied.isEmpty }) { return false }
                granted.formUnion(access[PrincipalName.everybody]?.granted ?? [])
            }
            let needed: Privilege =
                index == path.count - 1 ? .execute : place.kind == .catalog ? .useCatalog : .useSchema
            guard granted.expanded.contains(needed) else { return false }
        }
        return true
    }
}

/// What a caller has along the path to a securable.
private struct HeldPrivileges {
    /// The name by which grants mean the caller itself; nil where they do not.
    let name: String?
    var granted: PrivilegeSet = []
    var denied: PrivilegeSet = []
    /// From owning what is above.
    var inherited: PrivilegeSet = []
    /// On the securable that was entered last.
    var here: PrivilegeSet = []

    init(_ name: String?) { self.name = name }
}

extension CatalogLayer {
    /// Adds what a caller, by its own name, and its groups are granted and denied on a securable itself.
    fileprivate func collect(
        _ name: String?,
        _ groups: Set<String>,
        on securable: Securable,
        _ granted: inout PrivilegeSet,
        _ denied: inout PrivilegeSet
    ) {
        let access = access(on: securable)
        guard !access.isEmpty else { return }
        func add(_ name: String) {
            guard let found = access[name] else { return }
            granted.formUnion(found.granted)
            denied.formUnion(found.denied)
        }
        if let name { add(name) }
        add(PrincipalName.everybody)
        for group in groups { add(group) }
    }
}
