// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import GatewayJSON
import GatewaySchema

/// What somebody may do with a serving endpoint: the levels of Databricks, each a set of privileges on the model service.
enum EndpointLevel: String, Sendable, CaseIterable {
    case view = "CAN_VIEW"
    case query = "CAN_QUERY"
    case manage = "CAN_MANAGE"

    /// What the level grants; whoever manages an endpoint may query it too.
    var privileges: PrivilegeSet {
        switch self {
        case .view: [.readMetadata]
        case .query: [.execute]
        case .manage: [.execute, .manage]
        }
    }

    var meaning: String {
        switch self {
        case .view: "Can see the endpoint (READ_METADATA)"
        case .query: "Can see and query the endpoint (EXECUTE)"
        case .manage: "Can see, query, change and delete the endpoint, and grant rights on it (EXECUTE and MANAGE)"
        }
    }

    /// The highest level that a privilege alone gives; nil for one that gives none.
    init?(_ privilege: Privilege) {
        switch privilege {
        case .manage: self = .manage
        case .execute, .allPrivileges: self = .query
        case .readMetadata: self = .view
        default: return nil
        }
    }

    /// The level of a caller that sees the endpoint.
    static func held(by caller: Caller, on service: Securable, in metastore: Metastore) -> EndpointLevel {
        if metastore.missing(.manage, caller, on: service) == nil { return .manage }
        return metastore.missing(.execute, caller, on: service) == nil ? .query : .view
    }
}

/// `/api/2.0/permissions/serving-endpoints`: who may query and manage an endpoint, by the endpoint's id.
///
/// Shapes: PyPI `databricks-sdk` 0.162.0, `serving.ServingEndpointPermissions` (2026-11). Denials show in Unity Catalog's API alone; a level that is denied is not shown.
struct EndpointPermissionRoutes {
    let writer: any GovernanceWriter

    private static let path = "/api/2.0/permissions/serving-endpoints/{serving_endpoint_id}"

    var routes: [AdministrationRoute] {
        [
            AdministrationRoute(.get, "\(Self.path)/permissionLevels") { request throws(GatewayError) in
                _ = try Self.endpoint(request)
                return .object { writer in
                    writer.member(
                        "permission_levels",
                        array: { writer in
                            for level in EndpointLevel.allCases {
                                writer.object { writer in
                                    writer.member("permission_level", level.rawValue)
                                    writer.member("description", level.meaning)
                                }
                            }
                        }
                    )
                }
            },
            AdministrationRoute(.get, Self.path) { request throws(GatewayError) in
                Self.answer(try Self.endpoint(request), request.metastore, for: request.caller)
            },
            change(.patch, replacesAll: false),
            change(.put, replacesAll: true),
        ]
    }

    private func change(_ method: AdministrationRoute.Method, replacesAll: Bool) -> AdministrationRoute {
        AdministrationRoute(method, Self.path) { [writer] request throws(GatewayError) in
            let endpoint = try Self.endpoint(request)
            let levels = try request.body(Self.section)
            let metastore = try await writer.write(by: request.actor) { transaction throws(GatewayError) in
                // Another endpoint may have taken the name meanwhile.
                guard try transaction.visible(endpoint.securable).id == endpoint.id else {
                    throw Self.missing(endpoint.id)
                }
                let changes = Self.changes(
                    levels,
                    on: endpoint.securable,
                    transaction.metastore,
                    replacesAll: replacesAll
                )
                try transaction.change(changes, on: endpoint.securable)
                return transaction.metastore
            }
            return Self.answer(endpoint, metastore, for: request.caller)
        }
    }

    private static func endpoint(_ request: AdministrationRequest) throws(GatewayError) -> CatalogEntry {
        let id = request["serving_endpoint_id"]
        let entry = request.metastore.entries(of: .modelService).first { $0.id == id }
        guard let entry, request.metastore.isVisible(entry.securable, to: request.caller) else {
            throw missing(id)
        }
        return entry
    }

    private static func missing(_ id: String) -> GatewayError {
        GatewayError(
            .notFound,
            "There is no serving endpoint with the id '\(id.prefixOfUTF8(100))'. The id is the `id` of the endpoint, and not its name."
        )
    }

    /// What the levels change; the rest of what the file grants stays, since only the file can change that.
    private static func changes(
        _ levels: [(name: String, level: EndpointLevel)],
        on service: Securable,
        _ metastore: Metastore,
        replacesAll: Bool
    ) -> [CatalogTransaction.PermissionChange] {
        let every = EndpointLevel.allCases.reduce(into: PrivilegeSet([.allPrivileges])) { $0.formUnion($1.privileges) }
        var granted: [String: PrivilegeSet] = [:]
        for (name, level) in levels { granted[PrincipalName.normalized(name), default: []].formUnion(level.privileges) }
        var names = Set(granted.keys)
        if replacesAll { names.formUnion(metastore.stored.access(on: service).keys) }
        return names.sorted().map { name in
            let privileges = granted[name] ?? []
            let stored = metastore.stored.access(on: service)[name]?.granted ?? []
            let fixed = metastore.file.access(on: service)[name]?.granted ?? []
            return CatalogTransaction.PermissionChange(
                principal: name,
                granted: privileges,
                revoked: stored.intersection(every).subtracting(privileges).subtracting(fixed)
            )
        }
    }

    // MARK: The list

    private static func answer(
        _ endpoint: CatalogEntry,
        _ metastore: Metastore,
        for caller: Caller
    ) -> AdministrationAnswer {
        var entries = assignments(on: endpoint, metastore)
        if metastore.missing(.manage, caller, on: endpoint.securable) != nil {
            let own = caller.groups.union([caller.name, PrincipalName.everybody])
            entries = entries.filter { own.contains($0.principal) }
        }
        return .object { writer in
            writer.member("object_id", "/serving-endpoints/\(endpoint.id)")
            writer.member("object_type", "serving-endpoint")
            writer.member(
                "access_control_list",
                array: { writer in
                    for entry in entries {
                        writer.object { writer in
                            let principal = metastore.principal(named: entry.principal)
                            switch principal?.kind {
                            case .group: writer.member("group_name", entry.principal)
                            case .servicePrincipal: writer.member("service_principal_name", entry.principal)
                            case .user, nil: writer.member("user_name", entry.principal)
                            }
                            writer.optional("display_name", principal?.displayName)
                            writer.member(
                                "all_permissions",
                                array: { writer in
                                    for (level, place) in entry.levels {
                                        writer.object { writer in
                                            writer.member("permission_level", level.rawValue)
                                            writer.member("inherited", place != nil)
                                            if let place {
                                                writer.member("inherited_from_object", array: { $0.string(place) })
                                            }
                                        }
                                    }
                                }
                            )
                        }
                    }
                }
            )
        }
    }

    /// Who has which level from where: the highest of the endpoint itself and of each place above it.
    private static func assignments(
        on endpoint: CatalogEntry,
        _ metastore: Metastore
    ) -> [(principal: String, levels: [(EndpointLevel, String?)])] {
        var found: [String: [String?: EndpointLevel]] = [:]
        func add(_ principal: String, _ level: EndpointLevel, _ place: String?) {
            let order = EndpointLevel.allCases
            let old = found[principal]?[place].flatMap { order.firstIndex(of: $0) } ?? -1
            if let new = order.firstIndex(of: level), new > old { found[principal, default: [:]][place] = level }
        }
        add(PrincipalName.administrators, .manage, "/serving-endpoints/")
        add(endpoint.owner, .manage, nil)
        for assignment in metastore.effectiveAssignments(on: endpoint.securable) {
            let denied = PrivilegeSet(assignment.denied.map(\.privilege)).expanded
            for source in assignment.privileges where !denied.contains(source.privilege) {
                guard let level = EndpointLevel(source.privilege), !level.privileges.intersects(denied) else {
                    continue
                }
                let place = source.inheritedFrom.map { "/\($0.kind.rawValue.lowercased())s/\($0.name)" }
                add(assignment.principal, level, place)
            }
        }
        return found.sorted { $0.key < $1.key }.map { name, levels in
            (name, levels.sorted { ($0.key ?? "") < ($1.key ?? "") }.map { ($0.value, $0.key) })
        }
    }

    // MARK: The body

    /// `{"access_control_list": [{"user_name" | "group_name" | "service_principal_name", "permission_level"}]}`.
    private static let section: Section<[(name: String, level: EndpointLevel)]> = {
        let names = ["user_name", "group_name", "service_principal_name"].map {
            Field($0, ValueType<String>.text(limit: 255), "Whose level it is.")
        }
        let level = Field("permission_level", ValueType<EndpointLevel>.choice(), .required, "The level.")
        let entry = Section<(name: String, level: EndpointLevel)>(
            "access_control_list[]",
            "What one principal may do.",
            fields: names.map(\.documentation) + [level.documentation]
        ) { values, reading in
            let given = names.filter { values.has($0) }
            guard given.count == 1 else {
                reading.report(
                    values.place,
                    "\(values.place.name) must have one of `user_name`, `group_name` and `service_principal_name`."
                )
                return nil
            }
            guard let name = values.read(given[0], &reading) else { return nil }
            return values.read(level, &reading).map { (name, $0) }
        }
        let list = Field(
            "access_control_list",
            ValueType<[Located<(name: String, level: EndpointLevel)>]>.list(of: .section(entry), count: 0...1000),
            "Who may do what."
        )
        return Section("permissions", "Levels of principals.", fields: [list.documentation]) { values, reading in
            values.has(list) ? values.read(list, &reading)?.map(\.value) : []
        }
    }()
}
