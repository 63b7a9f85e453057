// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import Logging
import Synchronization

/// Makes services of the stored definitions, and keeps them as long as neither a definition nor the file changes.
final class StoredServices: Sendable {
    private struct State {
        /// Of the file, and of the objects of the store.
        var editions: [Edition] = []
        /// The revision of each definition that was built.
        var revisions: [Securable: Int64] = [:]
        var built = Tracked(BuiltServices())
    }

    private let vault: SecretVaultSource
    private let logger: Logger
    private let state = Mutex(State())

    init(vault: SecretVaultSource, logger: Logger) {
        self.vault = vault
        self.logger = logger
    }

    /// The stored services, ready for calls; one that cannot be made is left out and logged once.
    func build(
        _ layer: CatalogLayer,
        beside file: Tracked<Configuration>,
        by definitions: any ServiceDefinitions
    ) -> Tracked<BuiltServices> {
        state.withLock { state in
            let editions = [file.edition, layer.entriesEdition]
            guard state.editions != editions else { return state.built }
            let entries = layer.entries.values.filter { [.modelService, .providerService].contains($0.securable.kind) }
            let revisions = Dictionary(entries.map { ($0.securable, $0.revision) }) { $1 }
            if state.editions.first != file.edition || state.revisions != revisions {
                let built = build(entries, beside: file.value, by: definitions)
                log(built.problems, after: state.built.value.problems)
                state.built = Tracked(built)
            }
            state.editions = editions
            state.revisions = revisions
            return state.built
        }
    }

    private func build(
        _ entries: [CatalogEntry],
        beside file: Configuration,
        by definitions: any ServiceDefinitions
    ) -> BuiltServices {
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
        var built = definitions.build(defined, beside: file)
        built.problems.merge(problems) { $1 }
        return built
    }

    private func log(_ problems: [ObjectName: String], after earlier: [ObjectName: String]) {
        for (name, problem) in problems where earlier[name] != problem {
            logger.error("A stored service cannot be used", metadata: ["service": "\(name)", "error": "\(problem)"])
        }
    }
}
