// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayGovernance
import GatewayPipeline

/// Statements of governance on a data directory, by whoever may write it: the administrator.
///
/// A gateway that serves from it sees each change within a second.
struct GovernanceSession {
    let catalog: any CatalogStore
    let tokens: any AccessTokenStore
    let file: Configuration

    /// Opens the stores; the configuration's objects count as the gateway's do.
    init(_ storage: any Storage, configurationFile: String?) throws {
        catalog = try storage.openCatalog()
        tokens = try storage.openAccessTokens()
        file = try OfflineConfiguration.read(file: configurationFile)
    }

    /// Carries out a statement.
    ///
    /// - Throws: ``GatewayCore/GatewayError`` for one that is refused, ``GatewayCore/StorageError``.
    func run(_ statement: GovernanceStatement) throws -> CatalogTransaction.Rows {
        while true {
            let (layer, version) = try catalog.catalog()
            var metastore = Metastore(file: CatalogLayer(file), stored: layer)
            metastore.addOwners(of: try tokens.accessTokens())
            let actor = Actor(Snapshot.administrator, time: Authenticator.wallClock())
            var transaction = CatalogTransaction(metastore, by: actor)
            let rows = try transaction.run(statement)
            let written = try catalog.commit(transaction.changes, records: transaction.records, after: version)
            if written != nil { return rows }
        }
    }
}
