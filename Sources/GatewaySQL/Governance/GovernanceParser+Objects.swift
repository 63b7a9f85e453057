// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// `SHOW`, `DESCRIBE`, `CREATE`, `DROP`, `ALTER` and `COMMENT ON`.
///
/// What begins like one of them and is about something else, such as `CREATE TABLE`, is no statement of governance.
extension GovernanceParser {
    mutating func show() throws(QueryError) -> GovernanceStatement? {
        if take("GRANTS") || take("GRANT") { return try showGrants() }
        if take("CATALOGS") {
            form = "SHOW CATALOGS [LIKE 'pattern']"
            return try shown(.catalog, in: nil)
        }
        if take("SCHEMAS") || take("DATABASES") {
            form = "SHOW SCHEMAS [IN catalog] [LIKE 'pattern']"
            return try shown(.schema, in: takeIn() ? name(of: .catalog) : nil)
        }
        if take("MODEL", "PROVIDER", "SERVICES") { return try showServices(.providerService) }
        if take("MODEL", "SERVICES") { return try showServices(.modelService) }
        form = "SHOW GRANTS ON SCHEMA catalog.schema"
        throw failure(
            "Only GRANTS, CATALOGS, SCHEMAS, MODEL SERVICES and MODEL PROVIDER SERVICES can be shown, not \(found)",
            .unsupportedFeature
        )
    }

    mutating func describe() throws(QueryError) -> GovernanceStatement {
        form = "DESCRIBE MODEL SERVICE catalog.schema.name"
        let kind = takeKind([.catalog, .schema, .modelService, .providerService, .table, .secret])
        if word() == "EXTENDED", token(after: 1)?.kind != .dot { skip() }
        let place = index
        let parts = try parts()
        // Without a kind it is what has three parts; which one that is only the catalogue knows.
        guard kind != nil || parts.count >= 3 else {
            throw failure("Expected `CATALOG` or `SCHEMA` before a name of fewer than three parts", at: place)
        }
        let securable = try securable(kind ?? .table, parts, at: place)
        try expectEnd()
        return .describe(securable)
    }

    mutating func create() throws(QueryError) -> GovernanceStatement? {
        if ["SERVICE", "PROVIDER"].contains(word(after: 1)), word() == "MODEL" {
            throw QueryError(
                .unsupportedFeature,
                "Services cannot be created with SQL. Create them with REST (`POST /api/2.1/unity-catalog/model-services`) or in the configuration file."
            )
        }
        guard let kind = takeKind([.catalog, .schema]) else { return nil }
        form = "CREATE \(kind.sqlName) [IF NOT EXISTS] \(Self.sample(kind)) [COMMENT 'text']"
        let unlessExists = take("IF", "NOT", "EXISTS")
        let securable = try name(of: kind)
        let comment = take("COMMENT") ? try string("a comment") : nil
        try expectEnd()
        return .create(securable, comment: comment, unlessExists: unlessExists)
    }

    mutating func drop() throws(QueryError) -> GovernanceStatement? {
        guard let kind = takeKind(Self.objects) else { return nil }
        form = "DROP \(kind.sqlName) [IF EXISTS] \(Self.sample(kind)) [RESTRICT | CASCADE]"
        let ifExists = take("IF", "EXISTS")
        let securable = try name(of: kind)
        let cascades = take("CASCADE")
        if !cascades { _ = take("RESTRICT") }
        try expectEnd()
        return .drop(securable, ifExists: ifExists, cascades: cascades)
    }

    mutating func alter() throws(QueryError) -> GovernanceStatement? {
        guard let kind = takeKind(Self.objects) else { return nil }
        form = "ALTER \(kind.sqlName) \(Self.sample(kind)) OWNER TO `principal`"
        let securable = try name(of: kind)
        _ = take("SET")
        try expect("OWNER")
        try expect("TO")
        let owner = try principal()
        try expectEnd()
        return .setOwner(securable, to: owner)
    }

    mutating func comment() throws(QueryError) -> GovernanceStatement {
        form = "COMMENT ON SCHEMA catalog.schema IS 'text'"
        try expect("ON")
        guard let kind = takeKind(Self.objects) else {
            throw failure(
                "Expected `CATALOG`, `SCHEMA`, `MODEL SERVICE` or `MODEL PROVIDER SERVICE`, found \(found)"
            )
        }
        form = "COMMENT ON \(kind.sqlName) \(Self.sample(kind)) IS 'text'"
        let securable = try name(of: kind)
        try expect("IS")
        let comment = take("NULL") ? nil : try string("a comment")
        try expectEnd()
        return .setComment(securable, to: comment)
    }

    private static let objects: [Securable.Kind] = [.catalog, .schema, .modelService, .providerService]

    private mutating func takeIn() -> Bool { take("IN") || take("FROM") }

    private mutating func showServices(_ kind: Securable.Kind) throws(QueryError) -> GovernanceStatement {
        form = "SHOW \(kind.sqlName)S [IN catalog.schema | IN CATALOG catalog] [LIKE 'pattern']"
        guard takeIn() else { return try shown(kind, in: nil) }
        let container = takeKind([.catalog, .schema]) ?? .schema
        return try shown(kind, in: name(of: container))
    }

    private mutating func shown(_ kind: Securable.Kind, in parent: Securable?) throws(QueryError) -> GovernanceStatement
    {
        var pattern: String?
        if take("LIKE") || next?.kind == .string { pattern = try string("a pattern") }
        try expectEnd()
        return .show(kind, in: parent, like: pattern)
    }
}
