// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Model services and model provider services.
extension CatalogTransaction {
    /// How a service is defined, as far as rights are concerned.
    package struct ServiceContent: Sendable {
        /// As ``CatalogEntry/definition``.
        package var definition: String
        /// Encrypts the secrets for an object of that id.
        package var seal: @Sendable (_ id: String) throws(SecretVault.VaultError) -> [UInt8]
        package var hasSecrets: Bool
        /// The services that it sends calls to, and the secrets that it sends to its upstream.
        package var references: [Securable]

        package init(_ definition: ServiceDefinition, references: [Securable], vault: SecretVaultSource) {
            self.definition = definition.json
            self.references = references
            hasSecrets = !definition.secrets.isEmpty
            let secrets = definition.secrets
            seal = { id throws(SecretVault.VaultError) in try vault.seal(secrets, for: id) }
        }
    }

    /// Makes a service, owned by the actor.
    ///
    /// - Throws: ``GatewayError``: the actor needs `CREATE_SERVICE` on the schema unless it owns it, `CREATE_CONNECTION` for credentials, `EXECUTE` on what the service sends
    ///   calls to (control plane, 1.4), and `READ_SECRET` on secrets that it refers to.
    package mutating func create(
        _ service: Securable,
        _ content: ServiceContent,
        comment: String? = nil,
        properties: [String: String] = [:]
    ) throws(GatewayError) -> CatalogEntry {
        guard case .modelService(let name) = service.asModelService, let schema = service.parent else {
            throw .invalid("This is not a service.")
        }
        _ = try visible(schema)
        try check(.createService, on: schema, ifNotOwned: true)
        if content.hasSecrets { try check(.createConnection, on: schema, ifNotOwned: true) }
        if let other = metastore.service(named: name) {
            throw GatewayError(
                .alreadyExists,
                "\(other.securable.kind.displayName) '\(name)' already exists. Model services and model provider services share one name space."
            )
        }
        try Self.checkTexts(comment, properties)
        let id = Self.newID()
        let entry = CatalogEntry(
            securable: service,
            id: id,
            owner: ownerName,
            comment: comment,
            properties: properties,
            createdAt: actor.time,
            createdBy: caller.name,
            source: .stored,
            definition: content.definition,
            secrets: try sealed(content, id)
        )
        try check(content.references, for: caller, of: service)
        dropGrants(on: service)
        apply(.putEntry(entry))
        record("create\(service.kind.actionName)", of: .unityCatalog, on: service.name, old: nil, new: entry.summary)
        return entry
    }

    /// Changes a service; nil leaves something as it is.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - new: The new definition.
    ///   - references: What the service refers to, if the definition does not change.
    ///   - owner: The new owner, who needs `EXECUTE` on the services and `READ_SECRET` on the secrets that the service refers to, as the actor does.
    ///   - comment: The new comment.
    ///   - etag: The version that the change was made for.
    /// - Returns: The entry after the change.
    /// - Throws: ``GatewayError``, as ``create(_:_:comment:)`` does, and ``GatewayError/Code/conflict`` for another version.
    package mutating func update(
        _ service: Securable,
        content new: ServiceContent? = nil,
        references: (CatalogEntry) -> [Securable],
        owner: String? = nil,
        comment: String?? = nil,
        etag: String? = nil
    ) throws(GatewayError) -> CatalogEntry {
        var entry = try changeable(service, etag: etag)
        let old = entry.summary
        let oldReferences = references(entry)
        var newReferences = oldReferences
        if let new {
            if new.hasSecrets, let schema = service.parent {
                try check(.createConnection, on: schema, ifNotOwned: true)
            }
            entry.definition = new.definition
            entry.secrets = try sealed(new, entry.id)
            newReferences = new.references
        }
        if let owner { entry.owner = try principalName(owner) }
        if let comment { entry.comment = comment.flatMap { $0.isEmpty ? nil : $0 } }
        try Self.checkTexts(entry.comment, [:])
        // Whoever changes where a secret is sent must be allowed to know it.
        let sendsSecrets = new != nil && newReferences.contains { $0.kind == .secret }
        if Set(newReferences) != Set(oldReferences) || sendsSecrets {
            try check(newReferences, for: caller, of: service)
        }
        if Set(newReferences) != Set(oldReferences) || owner != nil,
            let principal = metastore.principal(named: entry.owner)
        {
            try check(newReferences, for: metastore.caller(principal), of: service)
        }
        put(&entry)
        record("update\(service.kind.actionName)", of: .unityCatalog, on: service.name, old: old, new: entry.summary)
        return entry
    }

    /// Checks that somebody may execute what a service sends calls to, and read the secrets that it refers to.
    private func check(_ references: [Securable], for caller: Caller, of service: Securable) throws(GatewayError) {
        for reference in references where metastore.entry(reference) != nil {
            guard reference != service else { throw .invalid("A service cannot send calls to itself.") }
            if let lacking = metastore.missing(
                reference.kind == .secret ? .readSecret : .execute,
                caller,
                on: reference
            ) {
                throw GatewayError.lacking(lacking, caller)
            }
        }
        for reference in references where metastore.entry(reference) == nil {
            throw .invalid("\(reference.kind.displayName) '\(reference.name)' does not exist.")
        }
    }

    private func sealed(_ content: ServiceContent, _ id: String) throws(GatewayError) -> [UInt8] {
        do throws(SecretVault.VaultError) {
            return try content.seal(id)
        } catch {
            throw GatewayError(.internalFailure, "The secrets cannot be encrypted. \(error)")
        }
    }
}

extension Securable {
    /// The model service of this service's name.
    fileprivate var asModelService: Securable {
        if case .providerService(let name) = self { return .modelService(name) }
        return self
    }
}
