// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import Logging
import Synchronization

/// Makes services of the stored definitions, and keeps them as long as neither a definition nor the file changes.
final class StoredServices: Sendable {
    private struct State {
        /// The revision of each definition that was built.
        var revisions: [Securable: Int64]?
        /// The services of the file that they were built beside.
        var file: [ObjectIdentifier] = []
        /// The secrets of the file that they were built with.
        var secrets: [ObjectName: String] = [:]
        var built = StoredCatalog()
        var problems: [ObjectName: String] = [:]
    }

    private let vault: SecretVaultSource
    private let logger: Logger
    private let state = Mutex(State())

    init(vault: SecretVaultSource, logger: Logger) {
        self.vault = vault
        self.logger = logger
    }

    /// The stored catalogue with its services ready for calls; one that cannot be made is left out and logged once.
    func build(
        _ layer: CatalogLayer,
        beside file: Configuration,
        by definitions: any ServiceDefinitions
    ) -> StoredCatalog {
        let entries = layer.entries.values.filter { [.modelService, .providerService].contains($0.securable.kind) }
        let revisions = Dictionary(entries.map { ($0.securable, $0.revision) }) { $1 }
        let fileServices =
            file.providerServices.map { ObjectIdentifier($0) } + file.modelServices.map { ObjectIdentifier($0) }
        return state.withLock { state in
            if state.revisions != revisions || state.file != fileServices || state.secrets != file.secrets {
                var problems: [ObjectName: String] = [:]
                let defined = entries.compactMap { entry -> DefinedService? in
                    do throws(SecretVault.VaultError) {
                        let secrets = try vault.open(entry.secrets, for: entry.id)
                        let definition = ServiceDefinition(json: entry.definition, secrets: secrets)
                        return DefinedService(entry.securable, definition, createdBy: entry.createdBy)
                    } catch {
                        if let name = ObjectName(entry.securable.name) { problems[name] = "\(error)" }
                        return nil
                    }
                }
                let (built, others) = definitions.build(defined, beside: file)
                problems.merge(others) { $1 }
                for (name, problem) in problems where state.problems[name] != problem {
                    logger.error(
                        "A stored service cannot be used",
                        metadata: ["service": "\(name)", "error": "\(problem)"]
                    )
                }
                state = State(
                    revisions: revisions,
                    file: fileServices,
                    secrets: file.secrets,
                    built: built,
                    problems: problems
                )
            }
            var catalog = state.built
            catalog.layer = layer
            catalog.problems = state.problems
            return catalog
        }
    }
}
