// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension CatalogLayer {
    /// What a configuration says of objects, principals and grants, on top of what the gateway always has.
    ///
    /// Catalogs and schemas exist by being mentioned. What the file declares belongs to the administrators unless it names another owner.
    package init(_ configuration: Configuration) {
        self.init()
        addSystem()
        for principal in configuration.principals { add(principal, of: configuration) }
        for (group, parents) in configuration.groups.sorted(by: { $0.key < $1.key }) {
            addMember(declareGroup(group, configuration.source), of: parents, configuration.source)
        }
        for securable in configuration.ownership.keys { mention(securable, configuration.source) }
        for service in configuration.providerServices {
            add(.providerService(service.name), configuration.source, isSystem: service.isSimulated)
        }
        for service in configuration.modelServices {
            add(.modelService(service.name), configuration.source, isSystem: service.createdBy == "system")
        }
        for secret in configuration.secrets.keys { add(.secret(secret), configuration.source, isSystem: false) }
        for (securable, ownership) in configuration.ownership {
            guard var entry = entries[securable] else { continue }
            entry.owner = ownership.owner ?? entry.owner
            entry.comment = ownership.comment
            apply(.putEntry(entry))
        }
        for grant in configuration.grants {
            mention(grant.securable, configuration.source)
            addGrant(grant)
        }
    }

    /// Adds to what a principal has on a securable.
    package mutating func addGrant(_ grant: Grant) {
        let old = access(on: grant.securable)[grant.principal]
        var sum = grant
        sum.privileges.formUnion(old?.granted ?? [])
        sum.denied.formUnion(old?.denied ?? [])
        apply(.putGrant(sum))
    }

    /// The catalog `system`, its schemas, the groups that there always are, and what everybody may do.
    private mutating func addSystem() {
        for group in [PrincipalName.administrators, PrincipalName.everybody] {
            apply(
                .putPrincipal(
                    Principal(id: Principal.derivedID(.group, group), kind: .group, name: group, source: .system)
                )
            )
        }
        for schema in ["ai", "ai_gateway", "access"] { mention(.schema("system.\(schema)"), .system) }
        mention(.schema(ObjectName.endpointSchema), .system)
        addGrant(Grant(principal: PrincipalName.everybody, privileges: [.useCatalog], securable: .catalog("system")))
        addGrant(
            Grant(
                principal: PrincipalName.everybody,
                privileges: [.useSchema, .execute, .readMetadata],
                securable: .schema("system.ai")
            )
        )
        addGrant(
            Grant(
                principal: PrincipalName.everybody,
                privileges: [.useSchema],
                securable: .schema(ObjectName.endpointSchema)
            )
        )
    }

    private mutating func add(_ principal: Configuration.Principal, of configuration: Configuration) {
        let kind: Principal.Kind = principal.kind == .user ? .user : .servicePrincipal
        let id = Principal.derivedID(kind, principal.name)
        apply(
            .putPrincipal(
                Principal(
                    id: id,
                    kind: kind,
                    name: principal.name,
                    isAdministrator: principal.isAdministrator,
                    source: configuration.source
                )
            )
        )
        addMember(id, of: principal.groups, configuration.source)
    }

    private mutating func addMember(_ id: Int64, of groups: Set<String>, _ source: ObjectSource) {
        for group in groups where group != PrincipalName.everybody {
            apply(.addMember(id, group: declareGroup(group, source)))
        }
    }

    /// The id of a group, which exists by being mentioned.
    private mutating func declareGroup(_ name: String, _ source: ObjectSource) -> Int64 {
        let id = Principal.derivedID(.group, name)
        if principals[id] == nil {
            apply(.putPrincipal(Principal(id: id, kind: .group, name: name, source: source)))
        }
        return id
    }

    private mutating func add(_ object: Securable, _ source: ObjectSource, isSystem: Bool) {
        let source = isSystem ? .system : source
        if let schema = object.parent { mention(schema, source) }
        apply(.putEntry(Self.entry(object, source)))
    }

    /// Makes a catalog or schema, and the catalog of a schema, where there is none yet.
    private mutating func mention(_ securable: Securable, _ source: ObjectSource) {
        if let parent = securable.parent { mention(parent, source) }
        guard [.catalog, .schema].contains(securable.kind), entries[securable] == nil else { return }
        apply(.putEntry(Self.entry(securable, source)))
    }

    private static func entry(_ securable: Securable, _ source: ObjectSource) -> CatalogEntry {
        var creator = "system"
        if case .file(let path) = source { creator = path }
        return CatalogEntry(
            securable: securable,
            id: stableUUID(of: "\(securable.kind.rawValue):\(securable.name)"),
            owner: PrincipalName.administrators,
            createdBy: creator,
            source: source
        )
    }

    /// An id in the form of a UUID that follows from the name, for objects that have none of their own.
    package static func stableUUID(of text: String) -> String {
        let (high, low) = (FNV1a(text).value, FNV1a("gatehouse:\(text)").value)
        func digits(_ value: UInt64, _ count: Int) -> String {
            let text = String(value & (count == 16 ? .max : (1 << UInt64(count * 4)) - 1), radix: 16)
            return String(repeating: "0", count: count - text.count) + text
        }
        // Version 8 of RFC 9562: its contents are the maker's own.
        return [
            digits(high >> 32, 8), digits(high >> 16, 4), "8" + digits(high, 3),
            digits(0x8000 | low >> 48 & 0x3FFF, 4), digits(low, 12),
        ].joined(separator: "-")
    }
}

extension Configuration {
    /// Where the objects of this configuration live.
    fileprivate var source: ObjectSource { file.map { .file($0) } ?? .system }
}
