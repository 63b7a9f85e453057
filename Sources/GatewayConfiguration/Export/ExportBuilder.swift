// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// Writes the sections of an exported configuration: what the file says first, and what the store adds to it.
///
/// Where both have an object of one name the file's counts, as it does when a gateway serves.
struct ExportBuilder {
    let subject: ConfigurationExport.Subject
    /// The keys of the configuration file.
    let raw: [FileNode.Entry]
    /// The services that calls can be sent to.
    let callable: Set<Securable>
    /// Why stored services cannot be used.
    let problems: [ObjectName: String]
    var variables = ExportedVariables()
    /// What a section cannot say, by its key.
    var notes: [String: [String]] = [:]
    /// Stored services that are not written.
    var leftOut: Set<Securable> = []

    var metastore: Metastore { subject.metastore }

    init(
        _ subject: ConfigurationExport.Subject,
        raw: [FileNode.Entry],
        services: BuiltServices
    ) {
        self.subject = subject
        self.raw = raw
        problems = services.problems
        let configuration = subject.configuration
        let providers = configuration.providerServices + services.providerServices
        let models = configuration.modelServices + services.modelServices.filter { !$0.destinations.isEmpty }
        callable = Set(providers.map { .providerService($0.name) } + models.map { .modelService($0.name) })
        for entry in raw { noteVariables(of: entry.value) }
    }

    /// The sections of the file, in the order of its documentation.
    mutating func sections() -> [FileNode.Entry] {
        var sections: [FileNode.Entry] = []
        for key in ["workspace", "simulator", "server", "usage", "default_max_tokens", "default_price", "oidc_issuers"]
        {
            if let entry = raw.last(where: { $0.key == key }), !entry.value.isNull { sections.append(entry) }
        }
        if subject.contents == nil { sections.append(.init(key: "simulator", line: 0, value: .word("true"))) }
        func add(_ key: String, _ entries: [FileNode.Entry]) {
            guard !entries.isEmpty else { return }
            let sorted = entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            sections.append(.init(key: key, line: 0, value: FileNode(line: 0, content: .mapping(sorted))))
        }
        add("users", principals(.user, "users"))
        add("service_principals", principals(.servicePrincipal, "service_principals"))
        add("groups", principals(.group, "groups"))
        add("catalogs", containers(.catalog, "catalogs"))
        add("schemas", containers(.schema, "schemas"))
        add("secrets", secrets())
        add("provider_services", providerServices())
        add("model_services", modelServices())
        add("budgets", budgets())
        let grants = grants()
        if !grants.isEmpty {
            sections.append(.init(key: "grants", line: 0, value: FileNode(line: 0, content: .list(grants))))
        }
        return sections
    }

    mutating func note(_ section: String, _ text: String) { notes[section, default: []].append(text) }

    /// The entries that the file has in a section.
    func fileEntries(_ section: String) -> [FileNode.Entry] {
        guard case .mapping(let entries)? = raw.last(where: { $0.key == section })?.value.content else { return [] }
        return entries
    }

    private mutating func noteVariables(of node: FileNode) {
        switch node.content {
        case .scalar(let scalar): variables.note(in: scalar.text)
        case .list(let elements): for element in elements { noteVariables(of: element) }
        case .mapping(let entries): for entry in entries { noteVariables(of: entry.value) }
        }
    }

    // MARK: Principals

    private mutating func principals(_ kind: Principal.Kind, _ section: String) -> [FileNode.Entry] {
        // Whoever the file and the store both have is one, in the groups of both.
        let all = (Array(metastore.file.principals.values) + metastore.stored.principals.values).filter {
            $0.kind == kind
        }
        return Dictionary(grouping: all, by: \.name).sorted { $0.key < $1.key }.compactMap { name, same in
            guard let principal = metastore.principal(named: name), principal.kind == kind else { return nil }
            guard principal.isActive else {
                note(section, "Not written, since it is deactivated: \(name), with its groups and grants.")
                return nil
            }
            var groups = Set(same.flatMap { metastore.directGroups(of: $0.id).map(\.name) })
            groups.remove(PrincipalName.everybody)
            let isImplied = principal.source == .system || principal.source == .token
            guard !groups.isEmpty || !isImplied else { return nil }
            if let text = principal.displayName { note(section, "The display name of \(name) is \"\(text)\".") }
            if let text = principal.externalID { note(section, "The external id of \(name) is \"\(text)\".") }
            var entries: [FileNode.Entry] = []
            if !groups.isEmpty { entries.append(.init(key: "groups", line: 0, value: .texts(groups.sorted()))) }
            if principal.isAdministrator { entries.append(.init(key: "administrator", line: 0, value: .word("true"))) }
            return .init(key: name, line: 0, value: FileNode(line: 0, content: .mapping(entries)))
        }
    }

    // MARK: Catalogs and schemas

    private mutating func containers(_ kind: Securable.Kind, _ section: String) -> [FileNode.Entry] {
        fileEntries(section)
            + metastore.entries(of: kind).filter { $0.source == .stored }.map { entry in
                noteProperties(of: entry, section)
                return .init(
                    key: entry.securable.name,
                    line: 0,
                    value: FileNode(line: 0, content: .mapping(Self.ownership(entry)))
                )
            }
    }

    mutating func noteProperties(of entry: CatalogEntry, _ section: String) {
        for (key, value) in entry.properties.sorted(by: { $0.key < $1.key }) {
            note(section, "The property \"\(key)\" of \(entry.securable.name) is \"\(value)\".")
        }
    }

    /// Whose an object is, unless it is the administrators', and what it is for.
    static func ownership(_ entry: CatalogEntry) -> [FileNode.Entry] {
        var entries: [FileNode.Entry] = []
        if entry.owner != PrincipalName.administrators {
            entries.append(.init(key: "owner", line: 0, value: .literal(entry.owner)))
        }
        if let comment = entry.comment { entries.append(.init(key: "comment", line: 0, value: .literal(comment))) }
        return entries
    }

    // MARK: Grants

    private func grants() -> [FileNode] {
        var nodes: [FileNode] = []
        if case .list(let own)? = raw.last(where: { $0.key == "grants" })?.value.content { nodes = own }
        let kinds = Securable.Kind.allCases
        func order(_ grant: Grant) -> (Int, String, String) {
            (kinds.firstIndex(of: grant.securable.kind) ?? 0, grant.securable.name, grant.principal)
        }
        return nodes + metastore.stored.grants.filter(isWritten).sorted { order($0) < order($1) }.map(Self.node)
    }

    private func isWritten(_ grant: Grant) -> Bool {
        guard metastore.principal(named: grant.principal)?.isActive ?? true else { return false }
        switch grant.securable {
        case .metastore, .table: return true
        default: return metastore.entry(grant.securable) != nil && !leftOut.contains(grant.securable)
        }
    }

    private static func node(_ grant: Grant) -> FileNode {
        var entries = [FileNode.Entry(key: "principal", line: 0, value: .literal(grant.principal))]
        for (key, privileges) in [("privileges", grant.privileges), ("deny", grant.denied)] where !privileges.isEmpty {
            entries.append(.init(key: key, line: 0, value: .texts(privileges.privileges.map(\.rawValue))))
        }
        let isMetastore = grant.securable == .metastore
        let object = FileNode.Entry(
            key: grant.securable.kind.rawValue.lowercased(),
            line: 0,
            value: isMetastore ? .word("true") : .literal(grant.securable.name)
        )
        entries.append(.init(key: "on", line: 0, value: FileNode(line: 0, content: .mapping([object]))))
        return FileNode(line: 0, content: .mapping(entries))
    }
}

extension FileNode {
    /// A text that stands for itself in a configuration file, also if it looks like a variable.
    static func literal(_ text: String) -> FileNode { .text(text.replacing("${", with: "$${")) }

    static func texts(_ texts: [String]) -> FileNode {
        FileNode(line: 0, content: .list(texts.map { .literal($0) }))
    }

    /// A value whose texts stand for themselves in a configuration file.
    var literal: FileNode {
        switch content {
        case .scalar(let scalar) where scalar.isQuoted: .literal(scalar.text)
        case .scalar: self
        case .list(let elements): FileNode(line: 0, content: .list(elements.map(\.literal)))
        case .mapping(let entries):
            FileNode(line: 0, content: .mapping(entries.map { Entry(key: $0.key, line: 0, value: $0.value.literal) }))
        }
    }
}
