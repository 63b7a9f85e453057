// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import GatewayPipeline

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
            if let other = transaction.metastore.service(named: service),
                transaction.metastore.isVisible(other.securable, to: caller)
            {
                throw GatewayError(.alreadyExists, "Serving endpoint '\(service.endpointName)' already exists.")
            }
            let defined = try Self.put(providers, for: transaction.ownerName, &transaction, tools)
            try tools.check(defined + [DefinedService(securable, definition, createdBy: caller.name)])
            return try transaction.create(securable, tools.content(definition), comment: comment, properties: body.tags)
        }
    }

    /// Changes the definition of an endpoint, and the provider services of its external models with it.
    func update(
        _ service: Securable,
        _ change: @escaping @Sendable (inout EndpointDefinition) throws(GatewayError) -> [ProviderChange]
    ) async throws(GatewayError) -> CatalogEntry {
        guard case .modelService(let name) = service else {
            throw GatewayError(.internalFailure, "This is not a model service.")
        }
        let (tools, caller) = (tools, request.caller)
        return try await tools.writer.write(by: request.actor) { transaction throws(GatewayError) in
            let entry = try transaction.changeable(service)
            var draft = EndpointDefinition(try tools.definition(of: entry), of: name)
            let earlier = draft.ownProviders
            let providers = try change(&draft)
            try draft.check()
            let definition = draft.definition
            let defined = try Self.put(providers, for: entry.owner, of: earlier, &transaction, tools)
            try tools.check(defined + [DefinedService(service, definition, createdBy: caller.name)])
            let updated = try transaction.update(
                service,
                content: tools.content(definition),
                references: tools.references
            )
            try Self.remove(earlier.subtracting(draft.ownProviders), of: entry.owner, &transaction, tools)
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
            try Self.remove(own, of: entry.owner, &transaction, tools)
        }
    }

    /// Makes the provider services of external models for the owner of their endpoint, or changes those that it has.
    ///
    /// - Parameters:
    ///   - providers: What the external models need.
    ///   - owner: The endpoint's owner.
    ///   - earlier: The provider services of the endpoint before the change, whose secrets stay where no new ones come.
    ///   - transaction: The transaction.
    ///   - tools: What the routes of services have.
    /// - Returns: The provider services as they are defined now.
    /// - Throws: ``GatewayError``, also where a service that is not the endpoint's has the name.
    private static func put(
        _ providers: [ProviderChange],
        for owner: String,
        of earlier: Set<ObjectName> = [],
        _ transaction: inout CatalogTransaction,
        _ tools: ServiceTools
    ) throws(GatewayError) -> [DefinedService] {
        var defined: [DefinedService] = []
        for provider in providers {
            let service = Securable.providerService(provider.name)
            var definition = provider.model.definition()
            let entry = transaction.metastore.entry(service)
            if let entry {
                // A credential must not get into a service that somebody else put in its way.
                let isFree = earlier.contains(provider.name) || !used(in: transaction, tools).contains(service)
                guard isFree, entry.owner == owner else {
                    throw GatewayError(
                        .alreadyExists,
                        "\(service.sqlName) already exists, and is not this endpoint's. Give the served entity another name."
                    )
                }
                _ = try transaction.changeable(service)
                if earlier.contains(provider.name) {
                    definition = provider.model.definition(over: try tools.definition(of: entry))
                }
            }
            let new = DefinedService(service, definition, createdBy: entry?.createdBy ?? transaction.actor.caller.name)
            try tools.check([new])
            if entry == nil {
                let made = try transaction.create(service, tools.content(definition))
                if made.owner != owner {
                    _ = try transaction.update(service, references: tools.references, owner: owner)
                }
            } else {
                _ = try transaction.update(service, content: tools.content(definition), references: tools.references)
            }
            defined.append(new)
        }
        return defined
    }

    /// Removes provider services of an endpoint that nothing refers to any longer; those that are another owner's, or that the actor may not change, stay.
    private static func remove(
        _ providers: Set<ObjectName>,
        of owner: String,
        _ transaction: inout CatalogTransaction,
        _ tools: ServiceTools
    ) throws(GatewayError) {
        guard !providers.isEmpty else { return }
        let used = used(in: transaction, tools)
        for name in providers.sorted(by: { $0.description < $1.description }) {
            let service = Securable.providerService(name)
            guard !used.contains(service), let entry = try? transaction.changeable(service), entry.owner == owner else {
                continue
            }
            try transaction.delete(service)
        }
    }

    /// What the stored model services send requests to.
    private static func used(in transaction: CatalogTransaction, _ tools: ServiceTools) -> Set<Securable> {
        Set(transaction.metastore.entries(of: .modelService).filter { $0.source == .stored }.flatMap(tools.references))
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
