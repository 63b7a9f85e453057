// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Something that privileges are granted on, by its full name.
package enum Securable: Sendable, Hashable {
    /// The container of all catalogs; there is one.
    case metastore
    case catalog(String)
    /// `catalog.schema`.
    case schema(String)
    case modelService(ObjectName)
    case providerService(ObjectName)
    case table(ObjectName)
    /// A credential that the configuration file takes from the environment or from a file.
    case secret(ObjectName)

    /// The kinds of securables, spelled as the type in Unity Catalog's paths and enumerations.
    package enum Kind: String, Sendable, CaseIterable {
        case metastore = "METASTORE"
        case catalog = "CATALOG"
        case schema = "SCHEMA"
        case modelService = "MODEL_SERVICE"
        case providerService = "MODEL_PROVIDER_SERVICE"
        case table = "TABLE"
        case secret = "SECRET"

        /// As SQL spells it: `MODEL SERVICE`.
        package var sqlName: String { String(rawValue.map { $0 == "_" ? " " : $0 }) }

        /// Reads a kind as Unity Catalog or as SQL spells it, in any case.
        package init?(spelling text: String) {
            self.init(rawValue: text.uppercased().replacing(" ", with: "_"))
        }
    }

    /// Reads the full name of a securable of some kind.
    ///
    /// - Returns: nil unless the name has as many parts as the kind wants, each as ``ObjectName`` allows. The metastore is known by any name.
    package init?(_ kind: Kind, named name: String) {
        switch kind {
        case .metastore: self = .metastore
        case .catalog:
            guard ObjectName("\(name).s.n")?.catalog == name else { return nil }
            self = .catalog(name)
        case .schema:
            guard let parsed = ObjectName("\(name).n"), "\(parsed.catalog).\(parsed.schema)" == name else { return nil }
            self = .schema(name)
        case .modelService, .providerService, .table, .secret:
            guard let parsed = ObjectName(name) else { return nil }
            switch kind {
            case .modelService: self = .modelService(parsed)
            case .providerService: self = .providerService(parsed)
            case .secret: self = .secret(parsed)
            default: self = .table(parsed)
            }
        }
    }

    package var kind: Kind {
        switch self {
        case .metastore: .metastore
        case .catalog: .catalog
        case .schema: .schema
        case .modelService: .modelService
        case .providerService: .providerService
        case .table: .table
        case .secret: .secret
        }
    }

    /// The full name.
    package var name: String {
        switch self {
        case .metastore: "metastore"
        case .catalog(let name), .schema(let name): name
        case .modelService(let name), .providerService(let name), .table(let name), .secret(let name): name.description
        }
    }

    /// The last part of the name.
    package var shortName: String {
        switch self {
        case .metastore, .catalog: name
        case .schema(let name):
            String(name[(name.firstIndex(of: ".").map { name.index(after: $0) } ?? name.startIndex)...])
        case .modelService(let name), .providerService(let name), .table(let name), .secret(let name): name.name
        }
    }

    /// What it is in: the schema of a service, the catalog of a schema, the metastore of a catalog.
    package var parent: Securable? {
        switch self {
        case .metastore: nil
        case .catalog: .metastore
        case .schema(let name): .catalog(String(name.prefix { $0 != "." }))
        case .modelService(let name), .providerService(let name), .table(let name), .secret(let name):
            .schema("\(name.catalog).\(name.schema)")
        }
    }

    /// What it is in and itself, the outermost first: catalog, schema, service.
    ///
    /// The metastore stands only for itself.
    package var path: [Securable] {
        guard let parent, parent != .metastore else { return [self] }
        return parent.path + [self]
    }

    /// As SQL and messages name it: `MODEL SERVICE main.ai.helper`.
    package var sqlName: String { self == .metastore ? "METASTORE" : "\(kind.sqlName) \(name)" }
}

extension Securable.Kind {
    /// The privileges that have a meaning on a securable of this kind, or on what it contains.
    package var grantable: PrivilegeSet {
        switch self {
        case .metastore: [.createCatalog, .manage, .allPrivileges]
        case .catalog: .every.subtracting([.createCatalog])
        case .schema: .every.subtracting([.createCatalog, .useCatalog, .createSchema])
        case .modelService, .providerService: [.execute, .manage, .readMetadata, .allPrivileges]
        case .table: [.select, .modify, .manage, .readMetadata, .allPrivileges]
        case .secret: [.readSecret, .manage, .readMetadata]
        }
    }
}
