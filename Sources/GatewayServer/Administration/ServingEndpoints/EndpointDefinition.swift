// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GatewaySchema
import NIOCore

/// The definition of a model service in the words of serving endpoints: served entities with shares, of which those without one may be fallbacks.
///
/// What serving endpoints have no word for stays as it is.
struct EndpointDefinition: Sendable {
    struct Entity: Sendable {
        var name: String
        /// The destination as the configuration file has it, without its share.
        var destination: [FileNode.Entry]
        var share: Int

        /// What it names.
        var reference: Securable? {
            func name(_ key: String) -> ObjectName? {
                destination.first { $0.key == key }?.value.scalarText.flatMap { ObjectName($0) }
            }
            return name("provider").map { .providerService($0) } ?? name("model_service").map { .modelService($0) }
        }
    }

    let service: ObjectName
    var entities: [Entity] = []
    var hasFallback = false
    var rateLimits: [FileNode] = []
    var inferenceTable: FileNode?
    private var others: [FileNode.Entry] = []

    /// The definition of a new endpoint.
    init(of service: ObjectName) { self.service = service }

    init(_ definition: ServiceDefinition, of service: ObjectName) {
        self.service = service
        guard case .mapping(let entries) = definition.node.content else { return }
        for entry in entries {
            switch entry.key {
            case "destinations":
                for node in entry.value.elements { entities.append(Self.entity(node, share: 100)) }
            case "rate_limits": rateLimits = entry.value.elements
            case "inference_table": inferenceTable = entry.value
            case "fallback": break
            default: others.append(entry)
            }
        }
        let fallback = definition.node["fallback"]?.elements ?? []
        hasFallback = !fallback.isEmpty
        entities += fallback.map { Self.entity($0, share: 0) }
        let names = Self.unique(
            entities.map { entity in
                let model = entity.destination.first { $0.key == "model" }?.value.scalarText
                return Self.name(of: entity.reference, model: model ?? "", in: service)
            }
        )
        for index in entities.indices { entities[index].name = names[index] }
    }

    private static func entity(_ node: FileNode, share: Int) -> Entity {
        guard case .mapping(let entries) = node.content else { return Entity(name: "", destination: [], share: share) }
        let own = node["traffic_percentage"]?.scalarText.flatMap { Int($0) }
        return Entity(name: "", destination: entries.filter { $0.key != "traffic_percentage" }, share: own ?? share)
    }

    /// What an entity is called: the provider service that was made for it has its name, others go by the model.
    static func name(of reference: Securable?, model: String, in service: ObjectName) -> String {
        switch reference {
        case .providerService(let provider)?:
            let prefix = "\(service)."
            return provider.description.hasPrefix(prefix) ? String(provider.description.dropFirst(prefix.count)) : model
        default: return reference?.shortName ?? model
        }
    }

    /// Names of which none comes twice.
    static func unique(_ names: [String]) -> [String] {
        var counts: [String: Int] = [:]
        return names.map { name in
            counts[name, default: 0] += 1
            return counts[name] == 1 ? name : "\(name)-\(counts[name] ?? 0)"
        }
    }

    /// The provider services that were made for served entities.
    var ownProviders: Set<ObjectName> {
        Set(
            entities.compactMap { entity in
                guard case .providerService(let name)? = entity.reference else { return nil }
                return name.description.hasPrefix("\(service).") ? name : nil
            }
        )
    }

    /// Gives entities their shares.
    ///
    /// - Throws: ``GatewayError/Code/invalidParameter`` unless the routes name entities and sum to 100; a single entity needs none.
    mutating func split(by routes: [(name: String, share: Int)]?) throws(GatewayError) {
        guard let routes, !routes.isEmpty else {
            guard entities.count == 1 else {
                throw Self.invalid(
                    "Several served entities need `traffic_config.routes`, which say how requests are split."
                )
            }
            entities[0].share = 100
            return
        }
        for index in entities.indices { entities[index].share = 0 }
        for route in routes {
            guard let index = entities.firstIndex(where: { $0.name == route.name }) else {
                let known = entities.map { "`\($0.name)`" }.joined(separator: ", ")
                throw Self.invalid(
                    "`traffic_config.routes` names '\(route.name)', which is not a served entity. There are \(known)."
                )
            }
            entities[index].share = route.share
        }
        let sum = entities.reduce(0) { $0 + $1.share }
        guard sum == 100 else {
            throw Self.invalid("The percentages of `traffic_config.routes` must sum to 100, not \(sum).")
        }
    }

    /// Checks what no field can tell by itself.
    func check() throws(GatewayError) {
        let idle = entities.filter { $0.share == 0 }
        if hasFallback, idle.isEmpty {
            throw GatewayError(
                .invalidParameter,
                "`fallback_config` needs a served entity with 0 % of the traffic: those are tried, in their order, when another one fails.",
                parameter: "ai_gateway.fallback_config"
            )
        }
        if entities.count - (hasFallback ? idle.count : 0) > 10 || hasFallback && idle.count > 5 {
            throw Self.invalid("An endpoint has at most 10 served entities, and 5 fallbacks beside them.")
        }
    }

    /// As the store keeps it.
    var definition: ServiceDefinition {
        var destinations: [FileNode] = []
        var fallback: [FileNode] = []
        for entity in entities {
            if hasFallback, entity.share == 0 {
                fallback.append(FileNode(line: 0, content: .mapping(entity.destination)))
            } else {
                let share = FileNode.Entry(key: "traffic_percentage", line: 0, value: .number(entity.share))
                destinations.append(FileNode(line: 0, content: .mapping(entity.destination + [share])))
            }
        }
        var entries = others
        func add(_ key: String, _ list: [FileNode]) {
            guard !list.isEmpty else { return }
            entries.append(FileNode.Entry(key: key, line: 0, value: FileNode(line: 0, content: .list(list))))
        }
        add("destinations", destinations)
        add("fallback", fallback)
        add("rate_limits", rateLimits)
        if let inferenceTable { entries.append(FileNode.Entry(key: "inference_table", line: 0, value: inferenceTable)) }
        return ServiceDefinition(entries)
    }

    static func invalid(_ message: String) -> GatewayError {
        GatewayError(.invalidParameter, message, parameter: "config")
    }
}

extension FileNode {
    init?(json text: String) {
        guard let json = try? JSONValue(validating: ByteBuffer(string: text)) else { return nil }
        self.init(json)
    }

    /// A text, as one that stands in quotes.
    static func plain(_ text: String) -> FileNode {
        FileNode(line: 0, content: .scalar(Scalar(text: text, isQuoted: true)))
    }

    static func number(_ number: Int) -> FileNode {
        FileNode(line: 0, content: .scalar(Scalar(text: String(number), isQuoted: false)))
    }

    /// The text of a scalar; nil for anything else and for null.
    var scalarText: String? {
        guard case .scalar(let scalar) = content, !isNull else { return nil }
        return scalar.text
    }

    /// The elements of a list; none for anything else.
    var elements: [FileNode] {
        guard case .list(let elements) = content else { return [] }
        return elements
    }

    var json: String { String(buffer: JSONValue(self).bytes) }
}
