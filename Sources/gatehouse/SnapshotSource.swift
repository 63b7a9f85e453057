// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
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
            readFile: { try? Self.contents(of: $0) }
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

    static func contents(of file: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file)))
    }

    /// What the sources looked like at one moment: equal stamps, equal snapshots.
    struct Stamps: Equatable {
        var file: String?
        var tokens: Int?
    }

    /// Looks at the sources without reading them.
    ///
    /// Taken before a read, so that no change after it goes unseen.
    func stamps() -> Stamps {
        Stamps(file: fileStamp(), tokens: try? tokens.accessTokenVersion())
    }

    /// Changes whenever the configuration file is another: where it is, when it was written, how long it is; nil without a file.
    private func fileStamp() -> String? {
        guard let file = settings.configurationFile else { return nil }
        let path = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            return "\(path) is missing"
        }
        let modified = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        return "\(path) \(modified) \(attributes[.size] ?? 0) \(attributes[.systemFileNumber] ?? 0)"
    }
}
