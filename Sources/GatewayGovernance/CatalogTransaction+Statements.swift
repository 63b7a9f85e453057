// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Statements of SQL, carried out.
extension CatalogTransaction {
    /// What a statement shows: rows of text; a statement that changes something shows none.
    package struct Rows: Sendable, Equatable {
        package var columns: [String]
        package var rows: [[String?]]

        package init(columns: [String] = [], rows: [[String?]] = []) {
            self.columns = columns
            self.rows = rows
        }
    }

    /// Carries out a statement with the actor's rights.
    package mutating func run(_ statement: GovernanceStatement) throws(GatewayError) -> Rows {
        switch statement {
        case .grant(let privileges, let securable, let principals):
            try change(principals.map { PermissionChange(principal: $0, granted: privileges) }, on: securable)
        case .revoke(let privileges, let securable, let principals):
            try change(principals.map { PermissionChange(principal: $0, revoked: privileges) }, on: securable)
        case .deny(let privileges, let securable, let principals):
            try change(principals.map { PermissionChange(principal: $0, denied: privileges) }, on: securable)
        case .create(let container, let comment, let unlessExists):
            if unlessExists, metastore.entry(container) != nil { break }
            try create(container, comment: comment)
        case .drop(let securable, let ifExists, let cascades):
            if ifExists, metastore.entry(securable) == nil { break }
            try delete(securable, cascades: cascades)
        case .setOwner(let securable, let owner): try setOwner(of: securable, to: owner)
        case .setComment(let securable, let comment): _ = try update(securable, comment: .some(comment))
        case .showGrants(let principal, let securable): return try grants(of: principal, on: securable)
        case .show(let kind, let container, let pattern): return try list(kind, in: container, like: pattern)
        case .describe(let securable): return try describe(securable)
        }
        return Rows()
    }

    private mutating func setOwner(of securable: Securable, to owner: String) throws(GatewayError) {
        _ = try update(securable, owner: owner)
    }

    /// Columns as `SHOW GRANTS` of Databricks has them; denials are spelled `DENIED_...`, as its table access control does.
    private func grants(of principal: String?, on securable: Securable) throws(GatewayError) -> Rows {
        if securable != .metastore, securable.kind != .table { _ = try visible(securable) }
        var shown = metastore.effectiveAssignments(on: securable)
        if let principal {
            let name = try principalName(principal)
            shown = shown.filter { $0.principal == name }
        }
        if metastore.missing(.manage, caller, on: securable) != nil {
            let own = caller.groups.union([caller.name, PrincipalName.everybody])
            shown = shown.filter { own.contains($0.principal) }
        }
        var rows: [[String?]] = []
        for assignment in shown {
            let all =
                assignment.privileges.map { ($0, $0.privilege.sqlName) }
                + assignment.denied.map { ($0, "DENIED_\($0.privilege.sqlName)") }
            for (source, action) in all {
                let object = source.inheritedFrom ?? securable
                rows.append([assignment.principal, action, object.kind.sqlName, object.name])
            }
        }
        return Rows(columns: ["Principal", "ActionType", "ObjectType", "ObjectKey"], rows: rows)
    }

    private func list(
        _ kind: Securable.Kind,
        in container: Securable?,
        like pattern: String?
    ) throws(GatewayError) -> Rows {
        if let container { _ = try visible(container) }
        let visible = metastore.entries(of: kind).filter { entry in
            guard metastore.isVisible(entry.securable, to: caller) else { return false }
            guard pattern.map({ Self.matches(entry.securable.shortName, pattern: $0) }) ?? true else { return false }
            guard let container else { return true }
            return entry.securable.parent == container || entry.securable.parent?.parent == container
        }
        switch kind {
        case .catalog: return Rows(columns: ["catalog"], rows: visible.map { [$0.securable.name] })
        case .schema:
            let isWithin = container != nil
            return Rows(
                columns: ["databaseName"],
                rows: visible.map { [isWithin ? $0.securable.shortName : $0.securable.name] }
            )
        default:
            return Rows(
                columns: ["catalog_name", "schema_name", "name", "owner", "comment"],
                rows: visible.map { entry in
                    let name = ObjectName(entry.securable.name)
                    return [name?.catalog, name?.schema, name?.name, entry.owner, entry.comment]
                }
            )
        }
    }

    private func describe(_ named: Securable) throws(GatewayError) -> Rows {
        var securable = named
        // A name without a kind may be a service's.
        if case .table(let name) = named, let service = metastore.service(named: name) { securable = service.securable }
        let entry = try visible(securable)
        var rows: [[String?]] = [
            ["Name", entry.securable.name], ["Type", securable.kind.sqlName], ["Owner", entry.owner],
            ["Comment", entry.comment], ["Created At", Self.time(entry.createdAt)], ["Created By", entry.createdBy],
            ["Updated At", Self.time(entry.updatedAt)], ["Updated By", entry.updatedBy], ["Id", entry.id],
        ]
        switch entry.source {
        case .file(let path): rows.append(["Defined In", path])
        case .system, .token: rows.append(["Defined In", "system"])
        case .stored: break
        }
        if !entry.definition.isEmpty { rows.append(["Definition", entry.definition]) }
        for (key, value) in entry.properties.sorted(by: { $0.key < $1.key }) {
            rows.append(["Property \(key)", value])
        }
        return Rows(columns: ["info_name", "info_value"], rows: rows)
    }

    private static func time(_ microseconds: Int64) -> String? {
        microseconds == 0 ? nil : AuditText.time(microseconds)
    }

    /// Whether a name fits a pattern of `SHOW ... LIKE`: `*` stands for any characters, `|` for or; letters in any case.
    static func matches(_ name: String, pattern: String) -> Bool {
        let name = Array(name.lowercased())
        return pattern.lowercased().split(separator: "|", omittingEmptySubsequences: false).contains { part in
            matches(name[...], Array(part)[...])
        }
    }

    /// In time of the product of both lengths.
    private static func matches(_ name: ArraySlice<Character>, _ pattern: ArraySlice<Character>) -> Bool {
        var (name, pattern) = (name, pattern)
        var retry: (name: ArraySlice<Character>, pattern: ArraySlice<Character>)?
        while true {
            if pattern.first == "*" {
                pattern = pattern.dropFirst()
                retry = (name, pattern)
            } else if let first = pattern.first, first == name.first {
                pattern = pattern.dropFirst()
                name = name.dropFirst()
            } else if pattern.isEmpty, name.isEmpty {
                return true
            } else if let (older, after) = retry, !older.isEmpty {
                name = older.dropFirst()
                pattern = after
                retry = (name, after)
            } else {
                return false
            }
        }
    }
}
