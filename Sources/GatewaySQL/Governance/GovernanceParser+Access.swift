// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// `GRANT`, `REVOKE`, `DENY` and `SHOW GRANTS`.
extension GovernanceParser {
    mutating func grant() throws(QueryError) -> GovernanceStatement {
        let (privileges, securable, principals) = try change("GRANT", "TO")
        return .grant(privileges, on: securable, to: principals)
    }

    mutating func revoke() throws(QueryError) -> GovernanceStatement {
        let (privileges, securable, principals) = try change("REVOKE", "FROM")
        return .revoke(privileges, on: securable, from: principals)
    }

    mutating func deny() throws(QueryError) -> GovernanceStatement {
        let (privileges, securable, principals) = try change("DENY", "TO")
        return .deny(privileges, on: securable, to: principals)
    }

    /// What follows `SHOW GRANTS`.
    mutating func showGrants() throws(QueryError) -> GovernanceStatement {
        form = "SHOW GRANTS [`principal`] ON MODEL SERVICE catalog.schema.name"
        let principal = word() == "ON" ? nil : try principal()
        try expect("ON")
        let securable = try securable()
        try expectEnd()
        return .showGrants(of: principal, on: securable)
    }

    /// A principal: a plain word, or any name in quotes.
    mutating func principal() throws(QueryError) -> String {
        guard let token = next else { throw failure("Expected a principal, found \(found)") }
        let start = index
        let name: String
        switch token.kind {
        case .word:
            name = text.text(token.range)
        case .quotedIdentifier, .string:
            guard let contents = text.unquoted(token) else {
                throw failure("The name of the principal is not closed; a quote inside a name is written twice")
            }
            name = contents
        case .number:
            throw failure("Put the principal in back-quotes, since it is more than a word")
        default:
            throw failure("Expected a principal, found \(found)")
        }
        skip()
        if token.kind == .word {
            // `alice@example.com`, `account users`
            let isWhole =
                isAdjacent ? next?.kind == .comma : ["", "ON", "WITH"].contains(word()) && next?.kind != .number
            guard isWhole || next == nil else {
                throw failure("Put the principal in back-quotes, since it is more than a word", at: start)
            }
        }
        guard !name.isEmpty, name.count <= 255, PrincipalName.isVisible(name) else {
            throw failure("A principal has 1 to 255 characters, none of them invisible", at: start)
        }
        return PrincipalName.normalized(name)
    }

    private mutating func change(
        _ verb: String,
        _ preposition: String
    ) throws(QueryError) -> (PrivilegeSet, Securable, [String]) {
        form = "\(verb) EXECUTE ON MODEL SERVICE catalog.schema.name \(preposition) `principal`"
        let named = try privileges()
        try expect("ON")
        let securable = try securable()
        for (privilege, place) in named where !securable.kind.grantable.contains(privilege) {
            let kind = securable == .metastore ? "the metastore" : "a \(securable.kind.sqlName.lowercased())"
            let possible = securable.kind.grantable.privileges.map(\.sqlName).joined(separator: ", ")
            throw failure(
                "`\(privilege.sqlName)` has no meaning on \(kind); possible are \(possible)",
                at: place
            )
        }
        try expect(preposition)
        var principals: [String] = []
        repeat {
            let principal = try principal()
            principals.append(principal)
        } while takeComma()
        try expectEnd()
        return (PrivilegeSet(named.map(\.privilege)), securable, principals)
    }

    private mutating func privileges() throws(QueryError) -> [(privilege: Privilege, place: Int)] {
        var privileges: [(Privilege, Int)] = []
        repeat {
            let place = index
            privileges.append((try privilege(), place))
        } while takeComma()
        return privileges
    }

    private mutating func privilege() throws(QueryError) -> Privilege {
        let place = index
        var words: [String] = []
        while words.count < 3, next?.kind == .word, word() != "ON" {
            words.append(word())
            skip()
        }
        guard !words.isEmpty else { throw failure("Expected a privilege, found \(found)") }
        let spelling = words.joined(separator: " ")
        if spelling == "ALL" { return .allPrivileges }
        guard let privilege = Privilege(spelling: spelling) else {
            let names = Privilege.allCases.map(\.sqlName)
            let near = Suggestion.closest(to: spelling, in: names).map { "; did you mean `\($0)`?" } ?? ","
            throw failure(
                "`\(spelling)` is not a privilege\(near) Privileges are \(names.joined(separator: ", "))",
                at: place
            )
        }
        return privilege
    }
}
