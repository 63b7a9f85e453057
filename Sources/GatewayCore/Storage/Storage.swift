// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Where everything is kept that survives a restart: one storage engine at one place.
///
/// Opening a store makes what is not there and brings what an earlier gateway wrote up to date; several processes may do so at once. What a later gateway wrote is
/// refused and left as it is. Each function that opens throws ``StorageError``.
package protocol Storage: Sendable {
    /// The place as messages name it; holds no credential.
    var place: String { get }
    /// Whether anything is at the place yet; opening a store would make it.
    var exists: Bool { get }

    /// Where the keys are that secrets are encrypted with; the file may not be there yet.
    var keyFile: String { get }

    func openAccessTokens() throws -> any AccessTokenStore
    func openUsage() throws -> any UsageStore
    func openResponses() throws -> any ResponseStore
    func openCatalog() throws -> any CatalogStore

    /// Opens what there is for reading with SQL, beside a gateway that may be serving; makes nothing.
    ///
    /// - Throws: ``StorageError/Code/notFound`` when no gateway has served from this place yet.
    func openQueries(limits: QueryLimits) throws -> any QueryEngine

    /// Copies everything that is stored into a directory, beside gateways that may be serving.
    ///
    /// The keys that secrets are encrypted with are not part of it.
    /// - Returns: The names of the files.
    /// - Throws: ``StorageError`` if the directory is not empty, too.
    func backUp(to directory: String) throws -> [String]

    /// Puts what ``backUp(to:)`` made in the place of what is stored.
    ///
    /// - Parameters:
    ///   - directory: Where the backup is.
    ///   - replaces: Whether it may take the place of anything.
    /// - Returns: The names of the files.
    /// - Throws: ``StorageError``; ``StorageError/Code/busy`` if a gateway serves from the place, ``StorageError/Code/newerSchema`` for what a later gateway backed up.
    func restore(from directory: String, replaces: Bool) throws -> [String]

    /// Makes sure that there is room to write, for `/ready`.
    ///
    /// - Throws: ``StorageError/Code/full``.
    func checkRoom() throws
}
