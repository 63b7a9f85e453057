// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import GatewayDialects
import GatewayPipeline
import GatewayProviders
import GatewayStorage

/// Builds snapshots from all of their sources: the configuration file, the environment, the stored tokens.
struct SnapshotSource: Sendable {
    private let settings: ServerProcess.Settings
    private let reader: ConfigurationReader
    private let tokens: SQLiteAccessTokenStore
    private let accounts = CallerAccounts()

    init(settings: ServerProcess.Settings, simulator: SimulatorAddress?, tokens: SQLiteAccessTokenStore) {
        self.settings = settings
        self.tokens = tokens
        reader = ConfigurationReader(
            providers: Providers.all,
            environment: settings.environment,
            simulator: simulator,
            readFile: { try? RegularFile.contents(of: $0, maximumBytes: 16 << 10) }
        )
    }

    /// Reads everything afresh.
    func read() throws -> Snapshot {
        try snapshot(with: configuration())
    }

    /// Reads the tokens afresh, and keeps the configuration.
    func snapshot(with configuration: Configuration) throws -> Snapshot {
        Snapshot(
            configuration: configuration,
            tokens: try tokens.accessTokens(),
            administratorToken: settings.administratorToken,
            translator: Dialects(),
            accounts: accounts
        )
    }

    private func configuration() throws -> Configuration {
        guard let file = settings.configurationFile else { return try reader.builtIn() }
        return try reader.read(file: file, contents: try Self.contents(of: file))
    }

    /// A configuration file that says nothing, which is rather one that somebody is about to write.
    struct BlankFileError: Error, CustomStringConvertible {
        let file: String

        var description: String {
            "\(file): The file is empty, or has only comments and keys without values. Write `{}` for an empty configuration."
        }
    }

    /// The contents of a configuration file.
    ///
    /// - Throws: if it cannot be read, and ``BlankFileError``.
    static func contents(of file: String) throws -> [UInt8] {
        let contents = try RegularFile.contents(of: file, maximumBytes: 4 << 20)
        guard !ConfigurationReader.isBlank(contents: contents) else { throw BlankFileError(file: file) }
        return contents
    }

    /// What the sources looked like at one moment: equal stamps, equal snapshots.
    struct Stamps: Equatable {
        /// nil without a file.
        var file: String?
        /// nil where the store cannot be read.
        var tokens: Int?
    }

    /// Looks at the sources without reading them.
    ///
    /// Taken before a read, so that no change after it goes unseen.
    func stamps() -> Stamps {
        Stamps(file: settings.configurationFile.map(RegularFile.stamp), tokens: try? tokens.accessTokenVersion())
    }
}
