// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayGovernance
import GatewayJSON
package import GatewayPipeline

/// What the routes of services need besides a request: how services are defined, encrypted, written and shown.
package struct ServiceTools: Sendable {
    let writer: any GovernanceWriter
    let definitions: any ServiceDefinitions
    let vault: SecretVaultSource
    let snapshots: CurrentSnapshot

    package init(
        writer: any GovernanceWriter,
        definitions: any ServiceDefinitions,
        vault: SecretVaultSource,
        snapshots: CurrentSnapshot
    ) {
        self.writer = writer
        self.definitions = definitions
        self.vault = vault
        self.snapshots = snapshots
    }

    /// Reads `config` of a body; see ``GatewayCore/ServiceDefinitions``.
    func define(
        _ kind: Securable.Kind,
        config: JSONValue,
        over earlier: ServiceDefinition?,
        mask: Set<String>?
    ) throws(GatewayError) -> ServiceDefinition {
        let file = snapshots.value.configuration
        return try definitions.define(kind, config: config, beside: file, over: earlier, mask: mask)
    }

    /// The definition of an entry, with its secrets.
    func definition(of entry: CatalogEntry) throws(GatewayError) -> ServiceDefinition {
        do throws(SecretVault.VaultError) {
            return ServiceDefinition(json: entry.definition, secrets: try vault.open(entry.secrets, for: entry.id))
        } catch {
            throw GatewayError(.internalFailure, "The secrets of this service cannot be decrypted. \(error)")
        }
    }

    func content(_ definition: ServiceDefinition) -> CatalogTransaction.ServiceContent {
        CatalogTransaction.ServiceContent(definition, references: definitions.references(of: definition), vault: vault)
    }

    /// The services that an entry sends calls to, and the secrets that it refers to.
    func references(_ entry: CatalogEntry) -> [Securable] {
        definitions.references(of: ServiceDefinition(json: entry.definition))
    }

    /// Checks that a definition can be called: that it fits what it refers to.
    func check(_ definition: ServiceDefinition, as service: Securable, by caller: Caller) throws(GatewayError) {
        try check([DefinedService(service, definition, createdBy: caller.name)])
    }

    /// Checks services that may refer to one another.
    func check(_ services: [DefinedService]) throws(GatewayError) {
        let problems = definitions.build(services, beside: snapshots.value.configuration).problems
        guard let problem = problems.values.first else { return }
        throw GatewayError(.invalidParameter, problem.prefix(1).uppercased() + problem.dropFirst())
    }

    func resource(_ entry: CatalogEntry, isFull: Bool = true) -> ServiceResource {
        let snapshot = snapshots.value
        return ServiceResource(entry: entry, snapshot: snapshot, isFull: isFull)
    }

    func answer(_ entry: CatalogEntry) -> AdministrationAnswer {
        let resource = resource(entry)
        return .object { resource.write(to: &$0) }
    }
}
