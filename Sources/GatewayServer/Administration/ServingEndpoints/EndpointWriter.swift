// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import GatewayPipeline
import GatewaySchema

/// Makes and changes the services that a serving endpoint is: a model service, and a provider service for each external model.
///
/// All of one request happens in one transaction, with the rights that Unity Catalog's routes ask for.
struct EndpointWriter {
    /// A provider service for the external model of a served entity.
    struct ProviderChange: Sendable {
        var name: ObjectName
        var model: ExternalModel
    }

    private let tools: ServiceTools
    private let request: AdministrationRequest

    init(_ tools: ServiceTools, _ request: AdministrationRequest) {
        self.tools = tools
        self.request = request
    }

    func create(_ body: EndpointBody) async throws(GatewayError) -> CatalogEntry {
        let service = try newService(body.name)
        var draft = EndpointDefinition(of: service)
        var config = body.config
        if body.gateway != nil { config.inferenceTable = nil }
        draft.hasFallback = body.gateway?.hasFallback ?? false
        let providers = try draft.apply(config, request)
        if let gateway = body.gateway { draft.apply(gateway) }
        if let limits = body.rateLimits, draft.rateLimits.isEmpty { draft.rateLimits = limits }
        try draft.check()
        let (definition, tools, caller) = (draft.definition, tools, request.caller)
        let comment = body.description.flatMap { $0.isEmpty ? nil : $0 }
        return try await tools.writer.write(by: request.actor) { transaction throws(GatewayError) in
            let securable = Securable.modelService(service)
            // Before its providers, so that the message is about what was asked for.
            if let other = transaction.metastore.service(named: service), transaction.metastore.isVisible(other.securable, to: caller) {
                throw GatewayError(.alreadyExists, "Serving endpoint '\(service.endpointName)' already exists.")
            }
            let defined = try Self.put(providers, &transaction, tools, keepsSecrets: false)
            try tools.check(defined + [DefinedService(securable, definition, createdBy: caller.name)])
            return try transaction.create(securable, tools.content(definition), comment: comment, properties: body.tags)
        }
    }

    /// Changes the definition of an endpoint, and the provider services of its external models with it.
    func update(
        _ service: Securable,
        _ change: @escaping @Sendable (inout EndpointDefinition) throws(GatewayError) -> [ProviderChange]
    ) async throws(GatewayError) -> CatalogEntry {
        guard case .modelService(let name) = service else { throw GatewayError(.internalFailure, "This is not a model service.") }
        let (tools, caller) = (tools, request.caller)
        return try await tools.writer.write(by: request.actor) { transaction throws(GatewayError) in
            let entry = try transaction.changeable(service)
            var draft = EndpointDefinition(try tools.definition(of: entry), of: name)
            let earlier = draft.ownProviders
            let providers = try change(&draft)
            try draft.check()
            let definition = draft.definition
            let defined = try Self.put(providers, &transaction, tools, keepsSecrets: true)
            try tools.check(defined + [DefinedService(service, definition, createdBy: caller.name)])
            let updated = try transaction.update(service, content: tools.content(definition), references: tools.references)
            try Self.remove(earlier.subtracting(draft.ownProviders), &transaction, tools)
            return updated
        }
    }

    func delete(_ service: Securable) async throws(GatewayError) {
        guard case .modelService(let name) = service else { return }
        let tools = tools
        try await tools.writer.write(by: request.actor) { transaction throws(GatewayError) in
            let entry = try transaction.changeable(service)
            let own = EndpointDefinition(ServiceDefinition(json: entry.definition), of: name).ownProviders
            try transaction.delete(service)
            try Self.remove(own, &transaction, tools)
        }
    }

    /// Makes the provider services of external models, or changes those that are there.
    private static func put(
        _ providers: [ProviderChange],
        _ transaction: inout CatalogTransaction,
        _ tools: ServiceTools,
        keepsSecrets: Bool
    ) throws(GatewayError) -> [DefinedService] {
        var defined: [DefinedService] = []
        for provider in providers {
            let service = Securable.providerService(provider.name)
            var definition = provider.model.definition()
            if let entry = transaction.metastore.entry(service) {
                _ = try transaction.changeable(service)
                if keepsSecrets { definition = provider.model.definition(over: try tools.definition(of: entry)) }
                try tools.check([DefinedService(service, definition, createdBy: entry.createdBy)])
                _ = try transaction.update(service, content: tools.content(definition), references: tools.references)
            } else {
                try tools.check([DefinedService(service, definition, createdBy: transaction.actor.caller.name)])
                _ = try transaction.create(service, tools.content(definition))
            }
            defined.append(DefinedService(service, definition, createdBy: transaction.actor.caller.name))
        }
        return defined
    }

    /// Removes provider services that nothing refers to any longer; those that the actor may not change stay.
    private static func remove(
        _ providers: Set<ObjectName>,
        _ transaction: inout CatalogTransaction,
        _ tools: ServiceTools
    ) throws(GatewayError) {
        guard !providers.isEmpty else { return }
        let used = Set(transaction.metastore.entries(of: .modelService).filter { $0.source == .stored }.flatMap(tools.references))
        for name in providers.sorted(by: { $0.description < $1.description }) {
            let service = Securable.providerService(name)
            guard !used.contains(service), (try? transaction.changeable(service)) != nil else { continue }
            try transaction.delete(service)
        }
    }

    /// The model service that a new endpoint is.
    private func newService(_ name: String) throws(GatewayError) -> ObjectName {
        if name.contains("."), let full = ObjectName(name) { return full }
        guard let flat = ObjectName(endpoint: name) else {
            throw GatewayError(
                .invalidParameter,
                "`name` must be 1 to 255 letters, digits, `_` or `-`, or a full name, `catalog.schema.name`.",
                parameter: "name"
            )
        }
        // Else the endpoint could never be called by its name.
        if let other = try? request.snapshot.service(named: name).service.name, other != flat {
            throw GatewayError(.alreadyExists, "The name '\(name)' belongs to '\(other)'. Choose another one.")
        }
        return flat
    }
}

extension EndpointDefinition {
    /// Replaces what is served.
    ///
    /// - Returns: The provider services that the external models need.
    mutating func apply(
        _ body: EndpointConfigBody,
        _ request: AdministrationRequest
    ) throws(GatewayError) -> [EndpointWriter.ProviderChange] {
        var providers: [EndpointWriter.ProviderChange] = []
        if let found = body.entities {
            var names: Set<String> = []
            entities = []
            for entity in found {
                let (made, provider) = try served(entity, request)
                guard names.insert(made.name).inserted else {
                    throw Self.invalid("Two served entities are named '\(made.name)'. Give them a `name` each.")
                }
                entities.append(made)
                if let provider { providers.append(provider) }
            }
        }
        if body.entities != nil || body.routes != nil { try split(by: body.routes) }
        switch body.inferenceTable {
        case .on(let table)?: inferenceTable = table
        case .off?: inferenceTable = nil
        case nil: break
        }
        return providers
    }

    mutating func apply(_ body: EndpointGatewayBody) {
        hasFallback = body.hasFallback
        rateLimits = body.rateLimits
        if case .on(let table) = body.table { inferenceTable = table } else { inferenceTable = nil }
    }

    private func served(
        _ entity: EndpointConfigBody.Entity,
        _ request: AdministrationRequest
    ) throws(GatewayError) -> (Entity, EndpointWriter.ProviderChange?) {
        if let model = entity.model {
            let name = entity.name ?? Self.entityName(model.model)
            guard let provider = ObjectName("\(service).\(name)") else { throw Self.invalid("'\(name)' is not a valid name.") }
            var destination = [
                FileNode.Entry(key: "provider", line: 0, value: .plain(provider.description)),
                FileNode.Entry(key: "model", line: 0, value: .plain(model.model)),
            ]
            if !model.nativeAPITypes.isEmpty {
                let list = FileNode(line: 0, content: .list(model.nativeAPITypes.map { .plain($0) }))
                destination.append(FileNode.Entry(key: "native_api_types", line: 0, value: list))
            }
            return (
                Entity(name: name, destination: destination, share: 0),
                EndpointWriter.ProviderChange(name: provider, model: model)
            )
        }
        let wanted = entity.entityName ?? ""
        let found = (try? request.snapshot.service(named: wanted))?.service.name
        guard let found, request.metastore.isVisible(.modelService(found), to: request.caller) else {
            throw GatewayError(
                .invalidParameter,
                "\(entity.place.name): '\(wanted)' is not a model service. This gateway runs no models of its own: name one such as `system.ai.gpt-5`, or give an `external_model`.",
                parameter: "\(entity.place.keyPath).entity_name"
            )
        }
        let destination = FileNode.Entry(key: "model_service", line: 0, value: .plain(found.description))
        return (Entity(name: entity.name ?? found.name, destination: [destination], share: 0), nil)
    }

    /// The name of a model as the last part of a full name.
    private static func entityName(_ model: String) -> String {
        let name = model.map { character in
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "_-.".contains(character))
            return isPlain ? character : "-"
        }
        return String(String(name).prefix(100))
    }
}
