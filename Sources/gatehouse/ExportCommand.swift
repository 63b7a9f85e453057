// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import ArgumentParser
import Foundation
import GatewayConfiguration
import GatewayCore
import GatewayGovernance

/// The command `gatehouse export`.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write what is stored, and the configuration beside it, as one configuration file.",
        discussion: """
            Prints YAML for `gatehouse serve --config`, with which a gateway on an empty data directory governs alike. \
            Secrets are left out: the file names a variable for each, and its first lines list them. \
            Example: gatehouse export --config gatehouse.yaml > exported.yaml
            """
    )

    @Option(
        name: .customLong("config"),
        help:
            "The gateway's configuration file (YAML), if it has one; without it, the built-in models are part of the export."
    )
    var configurationFile: String?

    @OptionGroup var data: DataOptions

    func run() async throws {
        let storage = try data.existingStorage()
        let catalog = try storage.openCatalog()
        let tokens = try storage.openAccessTokens()
        let layer = try catalog.catalog().layer
        let known = try tokens.accessTokens()
        for store in [catalog, tokens] as [any Store] { try store.close() }
        let configuration: Configuration
        do {
            configuration = try OfflineConfiguration.read(file: configurationFile)
        } catch {
            OfflineConfiguration.report(error)
            throw ExitCode.failure
        }
        var metastore = Metastore(file: CatalogLayer(configuration), stored: layer)
        metastore.addOwners(of: known)
        let reader = OfflineConfiguration.reader
        let export = try reader.export(
            ConfigurationExport.Subject(
                metastore: metastore,
                configuration: configuration,
                contents: try configurationFile.map { try SnapshotSource.contents(of: $0) },
                secretKeys: secretKeys(of: layer, in: storage)
            )
        )
        try FileHandle.standardOutput.write(contentsOf: Data(export.text.utf8))
        do {
            try reader.check(export, named: "the export")
        } catch {
            OfflineConfiguration.report(error)
            throw ExitCode.failure
        }
    }

    /// The keys of the secrets of each service; the usual ones where a key is missing that they are encrypted with.
    private func secretKeys(of layer: CatalogLayer, in storage: any Storage) -> [Securable: Set<String>] {
        let keys = EncryptionKeys(file: storage.keyFile, environment: ProcessInfo.processInfo.environment)
        let vault = try? EncryptionKeys.vault(keys.keys())
        var found: [Securable: Set<String>] = [:]
        for entry in layer.entries.values where !entry.secrets.isEmpty {
            if let secrets = try? vault?.open(entry.secrets, for: entry.id) {
                found[entry.securable] = Set(secrets.keys)
            } else {
                let isBedrock = entry.definition.contains("\"amazon_bedrock\"")
                found[entry.securable] = isBedrock ? ["aws_access_key_id", "aws_secret_access_key"] : ["api_key"]
            }
        }
        return found
    }
}
