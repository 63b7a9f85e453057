// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import GatewayDialects
import GatewayGovernance
import GatewayPipeline
import GatewayProviders
import GatewayTransport
import Logging

/// Builds snapshots from all of their sources: the configuration file, the environment, the stored catalogue, the stored tokens.
struct SnapshotSource: Sendable {
    private let settings: ServerProcess.Settings
    /// Reads the configuration file, and the definitions of services.
    let reader: ConfigurationReader
    private let catalog: any CatalogStore
    private let tokens: any AccessTokenStore
    private let accounts = CallerAccounts()
    private let limiters = RateLimiters()
    /// Which destinations are ejected.
    let circuits = CircuitBreakers()
    private let stored = StoredState()
    private let services: StoredServices
    private let files: WatchedFiles

    init(
        settings: ServerProcess.Settings,
        simulator: SimulatorAddress?,
        catalog: any CatalogStore,
        tokens: any AccessTokenStore,
        vault: SecretVaultSource,
        logger: Logger
    ) {
        services = StoredServices(vault: vault, logger: logger)
        self.settings = settings
        self.catalog = catalog
        self.tokens = tokens
        let files = WatchedFiles()
        self.files = files
        reader = Self.reader(environment: settings.environment, simulator: simulator) { path, maximumBytes in
            try files.reading(path) { try RegularFile.contents(of: path, maximumBytes: maximumBytes) }
        }
    }

    /// What reads configurations: of every provider, with the files that they name.
    static func reader(
        environment: [String: String],
        simulator: SimulatorAddress?,
        readFile: @escaping ConfigurationReader.ReadFile = { try RegularFile.contents(of: $0, maximumBytes: $1) }
    ) -> ConfigurationReader {
        ConfigurationReader(
            providers: Providers.all,
            environment: environment,
            simulator: simulator,
            checkTLS: { try $0.check() },
            readFile: readFile
        )
    }

    /// Reads everything afresh; what is as it was in the earlier snapshot is taken from there.
    func read(after earlier: Snapshot? = nil) throws -> Snapshot {
        try snapshot(of: Tracked(configuration()), stored.read(catalog, tokens), after: earlier)
    }

    /// Reads what is stored afresh, and keeps what the file said.
    func readStored(after earlier: Snapshot) throws -> Snapshot {
        try snapshot(of: earlier.fileConfiguration, stored.read(catalog, tokens), after: earlier)
    }

    /// Writes a transaction on what an earlier snapshot shows.
    ///
    /// - Returns: The snapshot after it; nil, with nothing written, if the store has changed since that snapshot.
    /// - Throws: ``GatewayCore/StorageError``, and then nothing was written.
    func write(_ transaction: CatalogTransaction, after earlier: Snapshot) throws -> Snapshot? {
        let version = stored.catalogVersion
        let written = try catalog.commit(transaction.changes, records: transaction.records, after: version)
        guard let written else { return nil }
        guard !transaction.changes.isEmpty else { return earlier }
        stored.set(transaction.metastore.stored, version: written)
        return try snapshot(of: earlier.fileConfiguration, stored.read(catalog, tokens), after: earlier)
    }

    private func snapshot(
        of file: Tracked<Configuration>,
        _ read: (layer: CatalogLayer, tokens: Tracked<[AccessToken]>),
        after earlier: Snapshot?
    ) -> Snapshot {
        Snapshot(
            configuration: file,
            catalog: StoredCatalog(
                layer: read.layer,
                services: services.build(read.layer, beside: file, by: reader),
                version: stored.catalogVersion
            ),
            tokens: read.tokens,
            administratorToken: settings.administratorToken,
            translator: Dialects(),
            accounts: accounts,
            limiters: limiters,
            circuits: circuits,
            after: earlier
        )
    }

    private func configuration() throws -> Configuration {
        guard let file = settings.configurationFile else { return try reader.builtIn() }
        files.start(with: file)
        return try reader.read(file: file, contents: try Self.contents(of: file))
    }

    /// A configuration file that says nothing, which is rather one that somebody is about to write.
    struct BlankFileError: Error, CustomStringConvertible {
        let file: String

        var description: String {
            "\(file): The file is empty, or has only comments and keys without values. Write `{}` for an empty configuration."
        }
    }

    /// A configuration file that is not there.
    struct MissingFileError: Error, CustomStringConvertible {
        let file: String

        var description: String {
            "There is no configuration file \(file). Create it, correct --config, or leave --config out to serve the built-in models."
        }
    }

    /// The contents of a configuration file.
    ///
    /// - Throws: if it cannot be read, and ``BlankFileError``.
    static func contents(of file: String) throws -> [UInt8] {
        let contents: [UInt8]
        do throws(RegularFile.ReadError) {
            contents = try RegularFile.contents(of: file, maximumBytes: ConfigurationReader.maximumBytes)
        } catch {
            throw error.isMissing ? MissingFileError(file: file) as any Error : error
        }
        guard !ConfigurationReader.isBlank(contents: contents) else { throw BlankFileError(file: file) }
        return contents
    }

    /// How the configuration file, and the files that it names, look where they have changed since they were last read; nil where they have not.
    func changedFiles() -> String? { files.changes() }

    /// Whether a file that the configuration names could not be read, which may pass without a change of the file.
    var hasUnreadFiles: Bool { files.hasFailed }

    /// Whether the store has changed since it was last read; false where it cannot be read.
    func storeHasChanged() -> Bool { stored.hasChanged(catalog, tokens) }
}
