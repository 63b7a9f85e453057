// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Catalogs and schemas, and what all objects have in common.
extension CatalogTransaction {
    /// The longest comment, in bytes.
    package static let maximumCommentBytes = 64 << 10
    /// Most properties of one object.
    package static let maximumProperties = 100

    /// Makes a catalog or a schema, owned by the actor.
    ///
    /// - Throws: ``GatewayError``: ``GatewayError/Code/notFound`` without the catalog of a schema, ``GatewayError/Code/forbidden`` without `CREATE_CATALOG` or `CREATE_SCHEMA`,
    ///   ``GatewayError/Code/alreadyExists``.
    @discardableResult
    package mutating func create(
        _ container: Securable,
        comment: String? = nil,
        properties: [String: String] = [:]
    ) throws(GatewayError) -> CatalogEntry {
        guard let parent = container.parent, [.catalog, .schema].contains(container.kind) else {
            throw .invalid("A \(container.kind.displayName.lowercased()) cannot be created this way.")
        }
        if parent != .metastore { _ = try visible(parent) }
        try check(container.kind == .catalog ? .createCatalog : .createSchema, on: parent, ifNotOwned: true)
        guard metastore.entry(container) == nil else {
            throw GatewayError(.alreadyExists, "\(container.kind.displayName) '\(container.name)' already exists.")
        }
        try Self.checkTexts(comment, properties)
        let entry = CatalogEntry(
            securable: container,
            id: Self.newID(),
            owner: ownerName,
            comment: comment,
            properties: properties,
            createdAt: actor.time,
            createdBy: caller.name,
            source: .stored
        )
        dropGrants(on: container)
        apply(.putEntry(entry))
        record(
            "create\(container.kind.actionName)",
            of: .unityCatalog,
            on: container.name,
            old: nil,
            new: entry.summary
        )
        return entry
    }

    /// Changes what all objects have: the owner, the comment, the properties; nil leaves one as it is.
    package mutating func update(
        _ securable: Securable,
        owner: String? = nil,
        comment: String?? = nil,
        properties: [String: String]? = nil,
        etag: String? = nil
    ) throws(GatewayError) -> CatalogEntry {
        var entry = try changeable(securable, etag: etag)
        let old = entry.summary
        if let owner { entry.owner = try principalName(owner) }
        if let comment { entry.comment = comment.flatMap { $0.isEmpty ? nil : $0 } }
        if let properties { entry.properties = properties }
        try Self.checkTexts(entry.comment, entry.properties)
        put(&entry)
        record(
            "update\(securable.kind.actionName)",
            of: .unityCatalog,
            on: securable.name,
            old: old,
            new: entry.summary
        )
        return entry
    }

    /// Removes an object with its grants, and what is in it if `cascades`.
    ///
    /// - Throws: ``GatewayError/Code/conflict`` for a container that is not empty.
    package mutating func delete(
        _ securable: Securable,
        cascades: Bool = false,
        etag: String? = nil
    ) throws(GatewayError) {
        let entry = try changeable(securable, etag: etag)
        let contents = metastore.contents(of: securable)
        if !contents.isEmpty {
            guard cascades else {
                throw .invalid(
                    "\(securable.kind.displayName) '\(securable.name)' is not empty: it contains \(contents[0].securable.sqlName). Delete with force (CASCADE) to delete what it contains as well."
                )
            }
            for inner in contents where inner.source != .stored {
                throw GatewayError.elsewhere(inner.securable.sqlName, inner.source)
            }
        }
        for removed in contents + [entry] {
            apply(.removeEntry(removed.securable))
            dropGrants(on: removed.securable)
            record(
                "delete\(removed.securable.kind.actionName)",
                of: .unityCatalog,
                on: removed.securable.name,
                old: removed.summary,
                new: nil
            )
        }
    }

    /// Removes all grants on an object: what was granted on one of its name says nothing about another.
    mutating func dropGrants(on securable: Securable) {
        for name in metastore.stored.access(on: securable).keys {
            apply(.putGrant(Grant(principal: name, securable: securable)))
        }
    }

    /// Writes a changed entry, as its next revision.
    mutating func put(_ entry: inout CatalogEntry) {
        entry.revision += 1
        entry.updatedAt = actor.time
        entry.updatedBy = caller.name
        apply(.putEntry(entry))
    }

    /// Checks a privilege on a container, which its owner need not have been granted.
    func check(_ privilege: Privilege, on container: Securable, ifNotOwned: Bool) throws(GatewayError) {
        if ifNotOwned, metastore.isOwner(caller, of: container), metastore.missingUse(caller, of: container) == nil {
            return
        }
        let use: Privilege? = container.kind == .catalog ? .useCatalog : container.kind == .schema ? .useSchema : nil
        if let use { try check(use, on: container) }
        try check(privilege, on: container)
    }

    static func checkTexts(_ comment: String?, _ properties: [String: String]) throws(GatewayError) {
        guard (comment ?? "").utf8.count <= maximumCommentBytes else {
            throw .invalid("The comment is longer than \(maximumCommentBytes) bytes.", "comment")
        }
        guard properties.count <= maximumProperties else {
            throw .invalid("There are more than \(maximumProperties) properties.", "properties")
        }
        for (key, value) in properties
        where key.isEmpty || key.utf8.count > 255 || value.utf8.count > 4096 {
            throw .invalid("A property has a name of 1 to 255 bytes and a value of at most 4096.", "properties")
        }
    }
}

extension Metastore {
    /// What is in a container, and in what is in it, the innermost first.
    func contents(of container: Securable) -> [CatalogEntry] {
        switch container {
        case .catalog:
            return entries(of: .schema, in: container).flatMap { contents(of: $0.securable) + [$0] }
        case .schema:
            return [.modelService, .providerService].flatMap { entries(of: $0, in: container) }
        default: return []
        }
    }
}

extension Securable.Kind {
    /// As the audit log names it.
    var actionName: String {
        displayName.split(separator: " ").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
