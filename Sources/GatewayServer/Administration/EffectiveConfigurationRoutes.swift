// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GatewayPipeline
import NIOCore

/// What is in effect, for administrators: every object and principal with where it comes from, and what is wrong.
///
/// Holds no secret.
struct EffectiveConfigurationRoutes {
    /// What `/ready` reports.
    let problems: @Sendable () -> [String]

    /// Most objects of one answer.
    private static let maximumObjects = 10_000
    private static let standardObjects = 1_000

    var routes: [AdministrationRoute] {
        [
            AdministrationRoute(.get, "/api/gatehouse/config", .administrators) {
                [problems] request throws(GatewayError) in
                let size = try request.number(
                    "max_results",
                    in: 1...Self.maximumObjects,
                    default: Self.standardObjects
                )
                let page = try Page(
                    Item.all(of: request.metastore),
                    after: request.query["page_token"],
                    size: size,
                    name: \.key
                )
                let snapshot = request.snapshot
                return .object { writer in
                    writer.member("version", snapshot.version)
                    writer.member("catalog_version", snapshot.catalog.version)
                    writer.optional("file", snapshot.configuration.file)
                    writer.member("workspace_id", snapshot.configuration.workspaceID)
                    writer.member(
                        "problems",
                        array: { writer in
                            for problem in problems() { writer.string(problem) }
                        }
                    )
                    writer.member(
                        "objects",
                        array: { writer in
                            for item in page.elements { item.write(to: &writer, snapshot) }
                        }
                    )
                    writer.optional("next_page_token", page.nextToken)
                }
            }
        ]
    }

    /// An object or a principal.
    private enum Item {
        case metastore
        case object(CatalogEntry)
        case principal(Principal)

        /// Sorted by ``key``.
        static func all(of metastore: Metastore) -> [Item] {
            let objects = Securable.Kind.allCases.flatMap { metastore.entries(of: $0) }.map { Item.object($0) }
            let principals = Principal.Kind.allCases.flatMap { metastore.principals(of: $0) }.map { Item.principal($0) }
            return ([.metastore] + objects + principals).map { ($0, $0.key) }
                .sorted { $0.1.utf8.lexicographicallyPrecedes($1.1.utf8) }.map(\.0)
        }

        /// What it is sorted by.
        var key: String {
            switch self {
            case .metastore: "METASTORE"
            case .object(let entry): "\(entry.securable.kind.rawValue) \(entry.securable.name)"
            case .principal(let principal): "\(principal.kind.rawValue) \(principal.name)"
            }
        }

        func write(to writer: inout JSONWriter, _ snapshot: Snapshot) {
            let metastore = snapshot.metastore
            writer.object { writer in
                switch self {
                case .metastore:
                    writer.member("type", "METASTORE")
                    writer.member("name", "metastore")
                    Self.write(.system, to: &writer)
                    Self.writeGrants(on: .metastore, metastore, to: &writer)
                case .object(let entry):
                    Self.write(entry, to: &writer, snapshot)
                    Self.writeGrants(on: entry.securable, metastore, to: &writer)
                case .principal(let principal):
                    writer.member("type", principal.kind.rawValue)
                    writer.member("name", principal.name)
                    writer.member("id", String(principal.id))
                    Self.write(principal.source, to: &writer)
                    writer.member("active", principal.isActive)
                    writer.member("administrator", metastore.isAdministrator(principal))
                    writer.member(
                        "groups",
                        array: { writer in
                            for group in metastore.directGroups(of: principal.id) { writer.string(group.name) }
                        }
                    )
                }
            }
        }

        private static func write(_ entry: CatalogEntry, to writer: inout JSONWriter, _ snapshot: Snapshot) {
            let securable = entry.securable
            writer.member("type", securable.kind.rawValue)
            writer.member("name", securable.name)
            writer.member("id", entry.id)
            write(entry.source, to: &writer)
            writer.member("owner", entry.owner)
            writer.optional("comment", entry.comment)
            writer.member("revision", Int(entry.revision))
            if entry.source != .stored, snapshot.metastore.stored.entries[securable] != nil {
                writer.member("hides_stored", true)
            }
            if !entry.definition.isEmpty, let json = try? JSONValue(validating: ByteBuffer(string: entry.definition)) {
                writer.member("definition", json)
            }
            if entry.source == .stored, let name = ObjectName(securable.name),
                let problem = snapshot.catalog.services.value.problems[name]
            {
                writer.member("problem", problem)
            }
        }

        private static func write(_ source: ObjectSource, to writer: inout JSONWriter) {
            switch source {
            case .file(let path):
                writer.member("source", "file")
                writer.member("file", path)
            case .system: writer.member("source", "system")
            case .stored: writer.member("source", "stored")
            case .token: writer.member("source", "token")
            }
        }

        /// What the gateway itself grants.
        private static let builtIn = CatalogLayer(Configuration())

        private static func writeGrants(on securable: Securable, _ metastore: Metastore, to writer: inout JSONWriter) {
            let builtIn = Self.builtIn.access(on: securable)
            let layers = [(metastore.file, "file"), (metastore.stored, "stored")]
            writer.member(
                "grants",
                array: { writer in
                    for (layer, source) in layers {
                        for (name, access) in layer.access(on: securable).sorted(by: { $0.key < $1.key }) {
                            writer.object { writer in
                                writer.member("principal", name)
                                writer.member(
                                    "privileges",
                                    array: { writer in
                                        for privilege in access.granted.privileges { writer.string(privilege.rawValue) }
                                    }
                                )
                                writer.member(
                                    "denied",
                                    array: { writer in
                                        for privilege in access.denied.privileges { writer.string(privilege.rawValue) }
                                    }
                                )
                                writer.member("source", builtIn[name] == access ? "system" : source)
                            }
                        }
                    }
                }
            )
        }
    }
}
