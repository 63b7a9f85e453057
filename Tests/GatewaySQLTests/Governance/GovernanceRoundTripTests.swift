// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySQL
import Testing

@Suite("Any text that might be a statement of governance")
struct GovernanceRoundTripTests {
    private static let pieces = [
        "GRANT", "REVOKE", "DENY", "SHOW", "DESCRIBE", "DESC", "CREATE", "DROP", "ALTER", "COMMENT", "GRANTS",
        "CATALOGS",
        "SCHEMAS", "MODEL", "PROVIDER", "SERVICE", "SERVICES", "CATALOG", "SCHEMA", "TABLE", "METASTORE", "DATABASE",
        "ON", "TO", "FROM", "IN", "IS", "NULL", "IF", "NOT", "EXISTS", "OWNER", "SET", "LIKE", "EXTENDED", "CASCADE",
        "USE", "EXECUTE", "ALL", "PRIVILEGES", "SELECT", "MANAGE", "USE CATALOG", ",", ".", "-", "--", "/*", "*/", "\n",
        " ", "  ", "'", "''", "`", "``", "\"", "[", "]", "(", ")", ";", "a", "main", "main.ai", "main.ai.x", "gpt-5.1",
        "5.1", ".5", "1e5", "é", "\u{301}", "\u{1F600}", "\u{200B}", "@", "$", "'it''s'", "`a b`", "`a``b`", "x", "\\",
        "\t",
    ]

    @Test("Soup of tokens never crashes, and what is read is what its canonical form says")
    func soup() throws {
        var random = SplitMix(state: 11)
        var count = 0
        for round in 0..<15_000 {
            // Half of them begin as a statement, so that many stay one.
            var words = (0..<random.below(16)).map { _ in Self.pieces[random.below(Self.pieces.count)] }
            words.insert(Self.pieces[random.below(12)], at: 0)
            if round % 2 == 0 { words = GovernanceStatement.random(&random).sql.split(separator: " ").map(String.init) }
            for _ in 0..<random.below(3) {
                let place = random.below(words.count)
                switch random.below(4) {
                case 0: words[place] = Self.pieces[random.below(Self.pieces.count)]
                case 1: words.insert(Self.pieces[random.below(Self.pieces.count)], at: place)
                case 2: words.swapAt(place, random.below(words.count))
                default: words.append(Self.pieces[random.below(Self.pieces.count)])
                }
            }
            guard let statement = try? GovernanceStatement(words.joined(separator: " ")) else { continue }
            count += 1
            #expect(try GovernanceStatement(statement.sql) == statement)
        }
        #expect(count > 2000)
    }

    @Test("What is made is read as it was made, however it is spaced and spelled")
    func roundTrip() throws {
        var random = SplitMix(state: 12)
        for _ in 0..<10_000 {
            let statement = GovernanceStatement.random(&random)
            #expect(try GovernanceStatement(statement.sql) == statement)
            let space = [" ", "  ", "\n", " /* ' */ ", " -- `\n"][random.below(5)]
            let spaced = Self.respaced(statement.sql, with: space) + [";", "", " ;; "][random.below(3)]
            #expect(try GovernanceStatement(spaced) == statement, "\(spaced)")
        }
    }

    /// The text with other spaces, but for those in quotes.
    private static func respaced(_ sql: String, with space: String) -> String {
        var quote: Character?
        return sql.reduce(into: "") { text, character in
            text += quote == nil && character == " " ? space : String(character)
            if quote == nil {
                quote = "`'".contains(character) ? character : nil
            } else if quote == character {
                quote = nil
            }
        }
    }

    @Test("A statement cut off anywhere is an error or another statement, never a crash")
    func truncation() throws {
        var random = SplitMix(state: 13)
        for _ in 0..<300 {
            let text = GovernanceStatement.random(&random).sql
            for end in text.unicodeScalars.indices {
                let cut = String(text.unicodeScalars[..<end])
                guard let statement = try? GovernanceStatement(cut) else { continue }
                #expect(try GovernanceStatement(statement.sql) == statement)
            }
        }
    }

    @Test("A statement of a mebibyte takes no longer than its length says")
    func long() throws {
        let principals = (0..<60_000).map { "`user\($0)`" }
        let sql = "GRANT EXECUTE ON CATALOG c TO " + principals.joined(separator: ", ")
        guard case .grant(_, _, let names) = try GovernanceStatement(sql) else { throw QueryError(.internalError, "") }
        #expect(names.count == 60_000)
        let deep = "DESCRIBE MODEL SERVICE " + String(repeating: "a.", count: 400_000) + "a"
        #expect(throws: QueryError.self) { try GovernanceStatement(deep) }
        let broad = "DESCRIBE MODEL SERVICE a.b." + String(repeating: "a-", count: 400_000) + "a"
        #expect(throws: QueryError.self) { try GovernanceStatement(broad) }
        // What is longer than a statement may be is refused by whoever reads statements.
        #expect(try GovernanceStatement(sql + String(repeating: " ", count: 1 << 20)) == nil)
    }
}

extension GovernanceStatement {
    /// The canonical spelling: everything that may be quoted is.
    fileprivate var sql: String {
        switch self {
        case .grant(let privileges, let securable, let principals):
            "GRANT \(Self.list(privileges)) ON \(Self.name(securable)) TO \(Self.list(principals))"
        case .revoke(let privileges, let securable, let principals):
            "REVOKE \(Self.list(privileges)) ON \(Self.name(securable)) FROM \(Self.list(principals))"
        case .deny(let privileges, let securable, let principals):
            "DENY \(Self.list(privileges)) ON \(Self.name(securable)) TO \(Self.list(principals))"
        case .showGrants(let principal, let securable):
            "SHOW GRANTS \(principal.map { Self.quoted($0) + " " } ?? "")ON \(Self.name(securable))"
        case .show(let kind, let container, let pattern):
            "SHOW \(kind.sqlName)S" + (container.map { Self.container($0, of: kind) } ?? "")
                + (pattern.map { " LIKE \(Self.string($0))" } ?? "")
        case .describe(let securable): "DESCRIBE \(Self.name(securable))"
        case .create(let securable, let comment, let unlessExists):
            "CREATE \(securable.kind.sqlName) \(unlessExists ? "IF NOT EXISTS " : "")\(Self.bare(securable))"
                + (comment.map { " COMMENT \(Self.string($0))" } ?? "")
        case .drop(let securable, let ifExists, let cascades):
            "DROP \(securable.kind.sqlName) \(ifExists ? "IF EXISTS " : "")\(Self.bare(securable))\(cascades ? " CASCADE" : "")"
        case .setOwner(let securable, let owner): "ALTER \(Self.name(securable)) OWNER TO \(Self.quoted(owner))"
        case .setComment(let securable, let comment):
            "COMMENT ON \(Self.name(securable)) IS \(comment.map { Self.string($0) } ?? "NULL")"
        }
    }

    private static func list(_ privileges: PrivilegeSet) -> String {
        privileges.privileges.map(\.sqlName).joined(separator: ", ")
    }

    private static func list(_ principals: [String]) -> String { principals.map(quoted).joined(separator: ", ") }

    private static func quoted(_ name: String) -> String { "`\(name.replacing("`", with: "``"))`" }

    private static func string(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }

    private static func name(_ securable: Securable) -> String {
        securable == .metastore ? "METASTORE" : "\(securable.kind.sqlName) \(bare(securable))"
    }

    private static func bare(_ securable: Securable) -> String {
        securable.name.split(separator: ".", maxSplits: 2).map { quoted(String($0)) }.joined(separator: ".")
    }

    private static func container(_ container: Securable, of kind: Kind) -> String {
        kind == .schema ? " IN \(bare(container))" : " IN \(name(container))"
    }

    fileprivate typealias Kind = Securable.Kind

    /// Any statement.
    fileprivate static func random(_ random: inout SplitMix) -> GovernanceStatement {
        let parts = ["main", "ai", "x", "gpt-4o", "a_b", "7", "TO", "catalog"]
        let names = ["alice", "a b", "a`b", "it's", "TO", "x@y.z", "é", "\u{1F600}", "--", "/*"]
        func part() -> String { parts[random.below(parts.count)] }
        func name() -> String { names[random.below(names.count)] }
        func maybe(_ text: String) -> String? { random.below(2) == 0 ? nil : text }
        func securable(_ kinds: [Kind]) -> Securable {
            let kind = kinds[random.below(kinds.count)]
            let name =
                switch kind {
                case .metastore, .catalog: part()
                case .schema: "\(part()).\(part())"
                case .table: "\(part()).\(part()).\(part())"
                case .modelService, .providerService, .secret:
                    "\(part()).\(part()).\(part())\(random.below(2) == 0 ? ".5" : "")"
                }
            return Securable(kind, named: name) ?? .metastore
        }
        let containers: [Kind] = [.catalog, .schema]
        let objects: [Kind] = [.catalog, .schema, .modelService, .providerService]
        switch random.below(10) {
        case let choice where choice < 3:
            let target = securable(Kind.allCases)
            let possible = target.kind.grantable.privileges
            let privileges = PrivilegeSet((0...random.below(3)).map { _ in possible[random.below(possible.count)] })
            let principals = (0...random.below(3)).map { _ in name() }
            return [
                .grant(privileges, on: target, to: principals), .revoke(privileges, on: target, from: principals),
                .deny(privileges, on: target, to: principals),
            ][choice]
        case 3: return .showGrants(of: maybe(name()), on: securable(Kind.allCases))
        case 4:
            let kind = objects[random.below(objects.count)]
            let container: Securable? =
                switch kind {
                case .catalog: nil
                case .schema: securable([.catalog])
                default: securable(containers)
                }
            return .show(kind, in: random.below(2) == 0 ? nil : container, like: maybe(name()))
        case 5: return .describe(securable(objects + [.table]))
        case 6: return .create(securable(containers), comment: maybe(name()), unlessExists: random.below(2) == 0)
        case 7: return .drop(securable(objects), ifExists: random.below(2) == 0, cascades: random.below(2) == 0)
        case 8: return .setOwner(securable(objects), to: name())
        default: return .setComment(securable(objects), to: maybe(name()))
        }
    }
}
