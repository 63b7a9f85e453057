// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Who may execute what: the grants of a snapshot, looked up by securable.
///
/// Deny by default. As in Unity Catalog a privilege on a catalog or schema is inherited by what is below it, and executing a service needs `EXECUTE` on it and
/// `USE_CATALOG` and `USE_SCHEMA` above it. Administrators may do all; `system.ai` is executable by everybody.
package struct GrantIndex: Sendable {
    /// The group that everybody is in.
    package static let everybody = PrincipalName.everybody

    /// What is granted on one securable; callers and groups have name spaces of their own.
    private struct Granted {
        var callers: [String: Set<Grant.Privilege>] = [:]
        var groups: [String: Set<Grant.Privilege>] = [:]
    }

    private var granted: [Grant.Securable: Granted] = [:]

    /// Indexes grants.
    ///
    /// - Parameters:
    ///   - grants: What is granted to whom.
    ///   - groups: The groups that there are. A grant to one of them is the group's, and nothing to a user or service principal of the same name; every other grant is
    ///     a caller's. nil where groups are not known: a name then stands for both.
    package init(_ grants: [Grant], groups: Set<String>? = nil) {
        for grant in grants {
            let name = grant.principal
            let isReserved = name == Self.everybody || name == PrincipalName.administrators
            let isGroup = isReserved ? true : groups?.contains(name)
            var entry = granted[grant.securable] ?? Granted()
            if isGroup != true { entry.callers[name, default: []].formUnion(grant.privileges) }
            if isGroup != false { entry.groups[name, default: []].formUnion(grant.privileges) }
            granted[grant.securable] = entry
        }
    }

    /// Checks that the caller may execute the service.
    ///
    /// - Throws: ``GatewayError/Code/forbidden``, naming the privilege that is missing.
    package func checkExecute(_ service: ModelService, by caller: Caller) throws(GatewayError) {
        let name = service.name
        if caller.isAdministrator || (name.catalog == "system" && name.schema == "ai") { return }
        let schema = "\(name.catalog).\(name.schema)"
        let above: [Grant.Securable] = [.catalog(name.catalog), .schema(schema)]
        try check(.useCatalog, "USE CATALOG", "CATALOG \(name.catalog)", on: [.catalog(name.catalog)], caller)
        try check(.useSchema, "USE SCHEMA", "SCHEMA \(schema)", on: above, caller)
        try check(.execute, "EXECUTE", "MODEL SERVICE \(name)", on: above + [.modelService(name)], caller)
    }

    private func check(
        _ privilege: Grant.Privilege,
        _ spelling: String,
        _ what: String,
        on securables: [Grant.Securable],
        _ caller: Caller
    ) throws(GatewayError) {
        for securable in securables {
            guard let granted = granted[securable] else { continue }
            if Self.holds(granted.callers[caller.name], privilege) { return }
            if Self.holds(granted.groups[Self.everybody], privilege) { return }
            if caller.groups.contains(where: { Self.holds(granted.groups[$0], privilege) }) { return }
        }
        throw GatewayError(
            .forbidden,
            "User does not have \(spelling) privilege on \(what). Ask an administrator to grant it to '\(caller.name)'."
        )
    }

    private static func holds(_ granted: Set<Grant.Privilege>?, _ privilege: Grant.Privilege) -> Bool {
        guard let granted else { return false }
        return granted.contains(privilege) || granted.contains(.allPrivileges)
    }
}
