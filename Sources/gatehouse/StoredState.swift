// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Synchronization

/// What was last read of the stores, with its versions, so that only what has changed is read again.
final class StoredState: Sendable {
    private struct State {
        var layer = CatalogLayer()
        var catalogVersion: Int?
        var tokens = Tracked<[AccessToken]>([])
        var tokenVersion: Int?
    }

    private let state = Mutex(State())

    /// The version of the catalogue that was last read or written; 0 before.
    var catalogVersion: Int { state.withLock { $0.catalogVersion ?? 0 } }

    /// Whether a store has another version than what was read; false where one cannot be read.
    func hasChanged(_ catalog: any CatalogStore, _ tokens: any AccessTokenStore) -> Bool {
        guard let versions = try? (catalog.catalogVersion(), tokens.accessTokenVersion()) else { return false }
        return state.withLock { $0.catalogVersion != versions.0 || $0.tokenVersion != versions.1 }
    }

    /// Takes what was just written as read.
    func set(_ layer: CatalogLayer, version: Int) {
        state.withLock { state in
            state.layer = layer
            state.catalogVersion = version
        }
    }

    /// Reads what has changed.
    ///
    /// - Throws: ``GatewayCore/StorageError``.
    func read(
        _ catalog: any CatalogStore,
        _ tokens: any AccessTokenStore
    ) throws -> (layer: CatalogLayer, tokens: Tracked<[AccessToken]>) {
        let seen = state.withLock { ($0.catalogVersion, $0.tokenVersion) }
        // The tokens' version is taken before they are read, so that no change after it goes unseen.
        let tokenVersion = try tokens.accessTokenVersion()
        let newTokens = tokenVersion == seen.1 ? nil : try tokens.accessTokens()
        let newCatalog = try catalog.catalogVersion() == seen.0 ? nil : try catalog.catalog()
        return state.withLock { state in
            if let newTokens { (state.tokens, state.tokenVersion) = (Tracked(newTokens), tokenVersion) }
            if let newCatalog { (state.layer, state.catalogVersion) = (newCatalog.layer, newCatalog.version) }
            return (state.layer, state.tokens)
        }
    }
}
