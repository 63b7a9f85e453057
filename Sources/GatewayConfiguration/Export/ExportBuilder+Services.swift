// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GatewaySchema
import NIOCore

/// Provider services and model services.
extension ExportBuilder {
    /// The keys of provider services whose values are secrets.
    private static let secretKeys = UnityCatalogProviderService.secretKeys.union(["service_account_key"])

    mutating func providerServices() -> [FileNode.Entry] {
        let section = "provider_services"
        var entries = fileEntries(section).map { entry in
            FileNode.Entry(key: entry.key, line: 0, value: withoutSecrets(entry.value, of: entry.key))
        }
        if subject.contents == nil {
            for service in subject.configuration.providerServices where !service.isSimulated {
                guard let variable = service.provider.environmentKey else { continue }
                let key = variables.use(variable, for: "api_key of \(service.name)")
                entries.append(
                    Self.entry(service.name, [("provider_type", .text(service.provider.id)), ("api_key", .text(key))])
                )
            }
        }
        return entries
            + storedServices(.providerService, section).map { entry, definition in
                let secrets = (subject.secretKeys[entry.securable] ?? []).sorted().map { key in
                    FileNode.Entry(
                        key: key,
                        line: 0,
                        value: .text(variables.reference(to: key, of: entry.securable.name))
                    )
                }
                return Self.entry(entry, Self.sorted(definition + secrets, first: ["provider_type", "base_url"]))
            }
    }

    /// The secrets of the file, with variables in the place of values that stand in it.
    mutating func secrets() -> [FileNode.Entry] {
        fileEntries("secrets").map { entry in
            guard case .mapping(let keys) = entry.value.content else { return entry }
            let hidden = keys.map { key in
                guard key.key == "value", Self.isLiteral(key.value) else { return key }
                let variable = variables.reference(to: "secret", of: entry.key)
                return FileNode.Entry(key: key.key, line: 0, value: .text(variable))
            }
            return FileNode.Entry(key: entry.key, line: 0, value: FileNode(line: 0, content: .mapping(hidden)))
        }
    }

    /// The budgets of the file, with variables in the place of webhooks that stand in it.
    mutating func budgets() -> [FileNode.Entry] {
        fileEntries("budgets").map { entry in
            guard case .mapping(let keys) = entry.value.content else { return entry }
            let hidden = keys.map { key in
                guard key.key == "webhook", Self.isLiteral(key.value) else { return key }
                let variable = variables.reference(to: "webhook", of: entry.key)
                return FileNode.Entry(key: key.key, line: 0, value: .text(variable))
            }
            return FileNode.Entry(key: entry.key, line: 0, value: FileNode(line: 0, content: .mapping(hidden)))
        }
    }

    mutating func modelServices() -> [FileNode.Entry] {
        let section = "model_services"
        var entries = fileEntries(section)
        if subject.contents == nil {
            for service in subject.configuration.modelServices {
                guard let destination = service.destinations.first, !destination.service.isSimulated else { continue }
                let node = FileNode(
                    line: 0,
                    content: .mapping([
                        .init(key: "provider", line: 0, value: .text(destination.service.name.description)),
                        .init(key: "model", line: 0, value: .text(destination.model)),
                    ])
                )
                entries.append(Self.entry(service.name, [("destinations", FileNode(line: 0, content: .list([node])))]))
            }
        }
        return entries
            + storedServices(.modelService, section).compactMap { entry, definition in
                guard let definition = withoutMissing(definition, entry, section) else { return nil }
                return Self.entry(entry, Self.sorted(definition, first: ["destinations", "fallback"]))
            }
    }

    /// The stored services of a kind that are to be written, with their definitions.
    private mutating func storedServices(
        _ kind: Securable.Kind,
        _ section: String
    ) -> [(CatalogEntry, [FileNode.Entry])] {
        metastore.entries(of: kind).filter { $0.source == .stored }.compactMap { entry in
            guard let name = ObjectName(entry.securable.name) else { return nil }
            let other: Securable = kind == .modelService ? .providerService(name) : .modelService(name)
            let isHidden = metastore.file.entries[other] != nil
            let problem = problems[name] ?? (isHidden ? "The configuration file has another service of its name." : nil)
            guard problem == nil, let json = try? JSONValue(validating: ByteBuffer(string: entry.definition)),
                case .mapping(let definition) = FileNode(json).literal.content
            else {
                leftOut.insert(entry.securable)
                note(
                    section,
                    "Not written, since it cannot be used: \(name). \(problem ?? "Its definition cannot be read.")"
                )
                return nil
            }
            noteProperties(of: entry, section)
            return (entry, definition)
        }
    }

    // MARK: Secrets

    /// A provider service of the file with variables in the place of secrets that stand in it.
    private mutating func withoutSecrets(_ node: FileNode, of service: String) -> FileNode {
        guard case .mapping(let entries) = node.content else { return node }
        let replaced = entries.map { entry in
            var entry = entry
            if entry.key == "headers", case .mapping(let headers) = entry.value.content {
                let hidden = headers.map { header in
                    var header = header
                    if Self.namesCredential(header.key), Self.isLiteral(header.value) {
                        header.value = .text(variables.reference(to: header.key, of: service))
                    }
                    return header
                }
                entry.value = FileNode(line: 0, content: .mapping(hidden))
            } else if Self.secretKeys.contains(entry.key)
                || (entry.key == "proxy" && entry.value.text?.contains("@") == true),
                Self.isLiteral(entry.value)
            {
                entry.value = .text(variables.reference(to: entry.key, of: service))
            }
            return entry
        }
        return FileNode(line: 0, content: .mapping(replaced))
    }

    private static func isLiteral(_ node: FileNode) -> Bool { node.text.map { !$0.contains("${") } ?? false }

    private static func namesCredential(_ header: String) -> Bool {
        let name = header.lowercased()
        return ["auth", "key", "token", "secret", "cookie", "credential"].contains { name.contains($0) }
    }

    // MARK: Destinations

    /// A definition without the destinations that there are not any longer; nil if none is left.
    ///
    /// The others get the calls of one that is missing, as they do from a gateway.
    private mutating func withoutMissing(
        _ definition: [FileNode.Entry],
        _ entry: CatalogEntry,
        _ section: String
    ) -> [FileNode.Entry]? {
        var result: [FileNode.Entry] = []
        for var part in definition {
            if ["destinations", "fallback"].contains(part.key), case .list(let all) = part.value.content {
                let missing = all.compactMap(Self.reference).filter { !callable.contains($0) }
                var kept = all.filter { node in Self.reference(node).map { callable.contains($0) } ?? true }
                for reference in missing {
                    note(
                        section,
                        "Not written, since it does not exist: the destination \(reference.name) of \(entry.securable.name)."
                    )
                }
                if !missing.isEmpty, part.key == "destinations" { kept = Self.shared(kept) }
                if part.key == "destinations", kept.isEmpty {
                    leftOut.insert(entry.securable)
                    note(section, "Not written, since it has no destination: \(entry.securable.name).")
                    return nil
                }
                guard !kept.isEmpty else { continue }
                part.value = FileNode(line: 0, content: .list(kept))
            }
            result.append(part)
        }
        return result
    }

    private static func reference(_ destination: FileNode) -> Securable? {
        if let name = destination["provider"]?.text.flatMap({ ObjectName($0) }) { return .providerService(name) }
        return destination["model_service"]?.text.flatMap { ObjectName($0) }.map { .modelService($0) }
    }

    /// Destinations whose shares sum to 100 again.
    static func shared(_ destinations: [FileNode]) -> [FileNode] {
        let shares = destinations.map { $0["traffic_percentage"]?.text.flatMap { Int($0) } ?? 0 }
        let sum = shares.reduce(0, +)
        var new = shares.map { sum == 0 ? 0 : $0 * 100 / sum }
        if let largest = shares.indices.max(by: { shares[$0] < shares[$1] }) { new[largest] += 100 - new.reduce(0, +) }
        return zip(destinations, new).map { destination, share in
            guard case .mapping(var entries) = destination.content else { return destination }
            entries.removeAll { $0.key == "traffic_percentage" }
            entries.append(.init(key: "traffic_percentage", line: 0, value: .word(String(share))))
            return FileNode(line: 0, content: .mapping(entries))
        }
    }

    // MARK: Entries

    private static func sorted(_ entries: [FileNode.Entry], first: [String]) -> [FileNode.Entry] {
        func order(_ entry: FileNode.Entry) -> (Int, String) {
            (first.firstIndex(of: entry.key) ?? first.count, entry.key)
        }
        return entries.sorted { order($0) < order($1) }
    }

    private static func entry(_ entry: CatalogEntry, _ definition: [FileNode.Entry]) -> FileNode.Entry {
        .init(
            key: entry.securable.name,
            line: 0,
            value: FileNode(line: 0, content: .mapping(definition + ownership(entry)))
        )
    }

    private static func entry(_ name: ObjectName, _ members: [(String, FileNode)]) -> FileNode.Entry {
        let entries = members.map { FileNode.Entry(key: $0.0, line: 0, value: $0.1) }
        return .init(key: name.description, line: 0, value: FileNode(line: 0, content: .mapping(entries)))
    }
}
