// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON

/// Grants and denials.
extension CatalogTransaction {
    /// What happens to the privileges of one principal on a securable.
    package struct PermissionChange: Sendable, Equatable {
        package var principal: String
        package var granted: PrivilegeSet
        package var denied: PrivilegeSet
        /// Neither granted nor denied any longer.
        package var revoked: PrivilegeSet

        package init(
            principal: String,
            granted: PrivilegeSet = [],
            denied: PrivilegeSet = [],
            revoked: PrivilegeSet = []
        ) {
            self.principal = principal
            self.granted = granted
            self.denied = denied
            self.revoked = revoked
        }
    }

    /// Changes who may do what with a securable.
    ///
    /// Revoking comes first, so that one change may replace a privilege by another. What is granted is no longer denied, and the other way round.
    /// - Throws: ``GatewayError/Code/forbidden`` unless the actor owns or manages it, ``GatewayError/Code/conflict`` for a grant of the configuration file.
    package mutating func change(_ changes: [PermissionChange], on securable: Securable) throws(GatewayError) {
        try checkGrantable(securable)
        for change in changes {
            let name = try principalName(change.principal)
            let all = change.granted.union(change.denied).union(change.revoked)
            if let odd = all.subtracting(securable.kind.grantable).privileges.first {
                throw .invalid(
                    "\(odd.rawValue) is not a privilege on a \(securable.kind.displayName.lowercased()). Its privileges are \(securable.kind.grantable.privileges.map(\.rawValue).joined(separator: ", "))."
                )
            }
            let fixed = metastore.file.access(on: securable)[name]
            if let fixed, let first = fixed.granted.union(fixed.denied).intersection(change.revoked).privileges.first {
                throw fileGrant(first, name, securable)
            }
            let old = metastore.stored.access(on: securable)[name]
            var access = old ?? CatalogLayer.Access()
            access.granted = access.granted.subtracting(change.revoked).subtracting(change.denied)
                .union(change.granted)
            access.denied = access.denied.subtracting(change.revoked).subtracting(change.granted)
                .union(change.denied)
            guard access != (old ?? CatalogLayer.Access()) else { continue }
            apply(
                .putGrant(
                    Grant(
                        principal: name,
                        privileges: access.granted,
                        denied: access.denied,
                        securable: securable
                    )
                )
            )
            record(
                "updatePermissions",
                of: .unityCatalog,
                on: "\(securable.kind.rawValue) \(securable.name)",
                old: Self.summary(name, old),
                new: Self.summary(name, access)
            )
        }
    }

    /// A securable whose grants the actor may change.
    private func checkGrantable(_ securable: Securable) throws(GatewayError) {
        switch securable {
        case .metastore:
            guard caller.isAdministrator else {
                throw GatewayError(.forbidden, "Only administrators may change grants on the metastore.")
            }
        case .table:
            // Tables are not objects of the catalogue yet; a grant on one may come before it.
            guard let schema = securable.parent else { return }
            _ = try visible(schema)
            try checkManages(securable)
        default:
            _ = try visible(securable)
            try checkManages(securable)
        }
    }

    private func fileGrant(_ privilege: Privilege, _ name: String, _ securable: Securable) -> GatewayError {
        let what = "\(privilege.sqlName) on \(securable.sqlName) for '\(name)'"
        guard let entry = metastore.file.entries[securable], case .file(let path) = entry.source else {
            return GatewayError(.conflict, "\(what) is built in. DENY takes it away.")
        }
        return GatewayError(.conflict, "\(what) is in the configuration file \(path). Change it there, or DENY it.")
    }

    private static func summary(_ principal: String, _ access: CatalogLayer.Access?) -> String? {
        guard let access, !access.granted.isEmpty || !access.denied.isEmpty else { return nil }
        return AuditText.object { writer in
            writer.member("principal", principal)
            writer.member(
                "privileges",
                array: { writer in
                    for privilege in access.granted.privileges { writer.string(privilege.rawValue) }
                }
            )
            if !access.denied.isEmpty {
                writer.member(
                    "denied",
                    array: { writer in
                        for privilege in access.denied.privileges { writer.string(privilege.rawValue) }
                    }
                )
            }
        }
    }
}

// MARK: Looking at grants

/// What one principal has on a securable.
package struct PrivilegeAssignment: Sendable, Equatable {
    /// A privilege and where it comes from; nil for the securable itself.
    package struct Source: Sendable, Equatable {
        package var privilege: Privilege
        package var inheritedFrom: Securable?
    }

    package var principal: String
    package var privileges: [Source]
    package var denied: [Source]
}

extension Metastore {
    /// Who has what on a securable itself, sorted by name.
    package func assignments(on securable: Securable) -> [PrivilegeAssignment] {
        assignments(on: [(securable, nil)], of: securable.kind)
    }

    /// Who has what on a securable, from above as well; `ALL_PRIVILEGES` is spelled out nowhere.
    package func effectiveAssignments(on securable: Securable) -> [PrivilegeAssignment] {
        var places: [(Securable, Securable?)] = [(securable, nil)]
        var place = securable
        while let parent = place.parent, parent != .metastore {
            places.append((parent, parent))
            place = parent
        }
        return assignments(on: places, of: securable.kind)
    }

    private func assignments(
        on places: [(securable: Securable, inheritedFrom: Securable?)],
        of kind: Securable.Kind
    ) -> [PrivilegeAssignment] {
        var found: [String: PrivilegeAssignment] = [:]
        for place in places {
            for layer in [file, stored] {
                for (name, access) in layer.access(on: place.securable) {
                    var assignment =
                        found[name] ?? PrivilegeAssignment(principal: name, privileges: [], denied: [])
                    func add(_ set: PrivilegeSet, to list: inout [PrivilegeAssignment.Source]) {
                        for privilege in set.intersection(kind.grantable).privileges
                        where !list.contains(where: { $0.privilege == privilege }) {
                            list.append(
                                PrivilegeAssignment.Source(
                                    privilege: privilege,
                                    inheritedFrom: place.inheritedFrom
                                )
                            )
                        }
                    }
                    add(access.granted, to: &assignment.privileges)
                    add(access.denied, to: &assignment.denied)
                    found[name] = assignment
                }
            }
        }
        return found.values.filter { !$0.privileges.isEmpty || !$0.denied.isEmpty }
            .sorted { $0.principal.utf8.lexicographicallyPrecedes($1.principal.utf8) }
    }
}
