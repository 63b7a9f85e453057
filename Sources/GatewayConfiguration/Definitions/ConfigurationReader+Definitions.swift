// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import GatewaySchema
import NIOCore

extension ConfigurationReader: ServiceDefinitions {
    package func define(
        _ kind: Securable.Kind,
        config: JSONValue,
        beside file: Configuration,
        over earlier: ServiceDefinition?,
        mask: Set<String>?
    ) throws(GatewayError) -> ServiceDefinition {
        let isProvider = kind == .providerService
        var reading = definitionReading(beside: file)
        let place = Place(line: 0, keyPath: "config", root: "the body")
        let section = isProvider ? UnityCatalogProviderService.section : UnityCatalogModelService.section
        guard var entries = section.read(FileNode(config), place, &reading), reading.problems.isEmpty else {
            throw .problems(reading.problems)
        }
        var credentials = Credentials(takenFrom: &entries)
        if let earlier {
            (entries, credentials) = try Self.merge(entries, credentials, into: earlier, mask, isProvider: isProvider)
        }
        entries += credentials.references
        let secrets = credentials.secrets
        let known = Self.node(entries, secrets)
        if isProvider {
            _ = ProviderServiceEntry.section(providers: providers).read(known, place, &reading)
        } else {
            _ = ModelServiceEntry.section(providers: providers).read(known, place, &reading)
        }
        guard reading.problems.isEmpty else { throw .problems(reading.problems) }
        return ServiceDefinition(json: Self.json(entries), secrets: secrets)
    }

    package func references(of definition: ServiceDefinition) -> [Securable] {
        guard let node = Self.node(of: definition) else { return [] }
        let secrets = UnityCatalogProviderService.referenceKeys.sorted().compactMap { key in
            node[key]?.text.flatMap { ObjectName($0) }.map { Securable.secret($0) }
        }
        return secrets
            + ["destinations", "fallback"].flatMap { key -> [Securable] in
                guard case .list(let destinations) = node[key]?.content else { return [] }
                return destinations.compactMap { destination in
                    if let name = destination["provider"]?.text.flatMap({ ObjectName($0) }) {
                        return .providerService(name)
                    }
                    return destination["model_service"]?.text.flatMap { ObjectName($0) }.map { .modelService($0) }
                }
            }
    }

    package func renaming(_ definition: String, _ rename: (String) -> String) -> String {
        guard let node = Self.node(of: ServiceDefinition(json: definition)), case .mapping(let entries) = node.content
        else { return definition }
        return Self.json(Self.renaming(entries, rename))
    }

    private static func renaming(_ entries: [FileNode.Entry], _ rename: (String) -> String) -> [FileNode.Entry] {
        func renamed(_ node: FileNode) -> FileNode {
            var node = node
            switch node.content {
            case .mapping(let entries): node.content = .mapping(renaming(entries, rename))
            case .list(let elements): node.content = .list(elements.map(renamed))
            case .scalar: break
            }
            return node
        }
        return entries.map { entry in
            var entry = entry
            let refers = ["provider", "model_service", "schema"].contains(entry.key) || entry.key.hasSuffix("_secret")
            if refers, let text = entry.value.text {
                entry.value = .text(rename(text))
            } else {
                entry.value = renamed(entry.value)
            }
            return entry
        }
    }

    package func build(
        _ services: [DefinedService],
        beside file: Configuration
    ) -> BuiltServices {
        var builder = DefinitionBuilder(file)
        let providerSection = ProviderServiceEntry.section(providers: providers)
        let modelSection = ModelServiceEntry.section(providers: providers)
        for service in services {
            var reading = definitionReading(beside: file)
            let place = Place(line: 0, keyPath: "config", root: "the definition")
            let node = Self.node(of: service.definition) ?? FileNode(line: 0, content: .mapping([]))
            switch service.securable {
            case .providerService(let name):
                if let entry = providerSection.read(node, place, &reading), reading.problems.isEmpty {
                    builder.add(name, entry)
                }
                builder.add(name, problem: reading.problems.first?.message)
            case .modelService(let name):
                if let entry = modelSection.read(node, place, &reading), reading.problems.isEmpty {
                    builder.add(name, entry, createdBy: service.createdBy)
                }
                builder.add(name, problem: reading.problems.first?.message)
            default: break
            }
        }
        builder.finish(reading: definitionReading(beside: file))
        return builder.built
    }

    /// What callers send refers neither to variables of the environment nor to files, but for the file's secrets.
    private func definitionReading(beside file: Configuration) -> Reading {
        var reading = Reading(environment: nil, proxies: ProxyEnvironment(environment), checkTLS: checkTLS)
        reading.secrets = file.secrets.mapValues { $0 }
        return reading
    }

    // MARK: Parts

    /// The entries of an earlier definition with those that the mask names replaced.
    private static func merge(
        _ entries: [FileNode.Entry],
        _ credentials: Credentials,
        into earlier: ServiceDefinition,
        _ mask: Set<String>?,
        isProvider: Bool
    ) throws(GatewayError) -> ([FileNode.Entry], Credentials) {
        guard
            case .mapping(var old)? = (try? JSONValue(validating: ByteBuffer(string: earlier.json)))
                .map({ FileNode($0).content })
        else { throw GatewayError(.internalFailure, "The definition of this service cannot be read.") }
        var known = Credentials(takenFrom: &old)
        known.secrets = earlier.secrets
        var replaced = Set(entries.map(\.key)).union(old.map(\.key)).union(UnityCatalogProviderService.connectionKeys)
        if let mask {
            replaced = []
            for path in mask.sorted() {
                let keys =
                    isProvider ? UnityCatalogProviderService.keys(of: path) : UnityCatalogModelService.keys(of: path)
                guard let keys else {
                    throw GatewayError(
                        .invalidParameter,
                        "`config.\(path.prefixOfUTF8(100))` cannot be updated by itself. Update `config`, or a path below it that the API names.",
                        parameter: "update_mask"
                    )
                }
                replaced.formUnion(keys)
            }
        }
        if isProvider {
            let (type, new) = (old.first { $0.key == "provider_type" }, entries.first { $0.key == "provider_type" })
            if let new, new.value.text != type?.value.text {
                throw GatewayError(
                    .invalidParameter,
                    "`config.provider_type` cannot be changed.",
                    parameter: "config.provider_type"
                )
            }
            replaced.remove("provider_type")
        }
        let kept = old.filter { !replaced.contains($0.key) }
        let added = entries.filter { replaced.contains($0.key) }
        guard !replaced.isDisjoint(with: UnityCatalogProviderService.secretKeys) else { return (kept + added, known) }
        let relays = added.contains { $0.key == "relay_credentials" }
        return (kept + added, relays ? credentials : credentials.over(known))
    }

    private static func node(of definition: ServiceDefinition) -> FileNode? {
        guard let json = try? JSONValue(validating: ByteBuffer(string: definition.json)),
            case .mapping(let entries) = FileNode(json).content
        else { return nil }
        return node(entries, definition.secrets)
    }

    private static func node(_ entries: [FileNode.Entry], _ secrets: [String: String]) -> FileNode {
        let hidden = secrets.sorted { $0.key < $1.key }.map {
            FileNode.Entry(key: $0.key, line: 0, value: .text($0.value))
        }
        return FileNode(line: 0, content: .mapping(entries + hidden))
    }

    private static func json(_ entries: [FileNode.Entry]) -> String {
        String(buffer: JSONValue(FileNode(line: 0, content: .mapping(entries))).bytes)
    }
}

extension FileNode {
    /// The text of a scalar; nil for anything else and for null.
    var text: String? {
        guard case .scalar(let scalar) = content, !isNull else { return nil }
        return scalar.text
    }
}
