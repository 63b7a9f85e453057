// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension StorageEngine {
    /// SQLite, embedded: the files of a data directory.
    static let sqlite = StorageEngine(schemes: []) { SQLiteStorage(directory: DataDirectory(path: $0)) }
}

/// A data directory with SQLite's files in it.
package struct SQLiteStorage: Storage {
    /// With less room than that on the disk nothing can be relied on to be written, in bytes.
    private static let minimumFreeBytes: UInt64 = 1 << 20

    private let directory: DataDirectory

    package init(directory: DataDirectory) {
        self.directory = directory
    }

    package var place: String { directory.path }
    package var keyFile: String { "\(directory.path)/encryption.key" }
    package var exists: Bool { access(directory.path, F_OK) == 0 }

    package func openAccessTokens() throws -> any AccessTokenStore {
        try SQLiteAccessTokenStore(directory: directory)
    }

    package func openUsage() throws -> any UsageStore {
        try SQLiteUsageStore(directory: directory)
    }

    package func openResponses() throws -> any ResponseStore {
        try SQLiteResponseStore(directory: directory)
    }

    package func openCatalog() throws -> any CatalogStore {
        try SQLiteCatalogStore(directory: directory)
    }

    package func openQueries(limits: QueryLimits) throws -> any QueryEngine {
        try SQLiteQueryEngine(directory: directory, limits: limits)
    }

    package func backUp(to target: String) throws -> [String] {
        try SQLiteBackup(directory: directory).copy(to: DataDirectory(path: target))
    }

    package func restore(from source: String, replaces: Bool) throws -> [String] {
        try SQLiteBackup(directory: directory).restore(from: DataDirectory(path: source), replaces: replaces)
    }

    package func checkRoom() throws {
        var status = statvfs()
        guard statvfs(directory.path, &status) == 0 else { return }
        let (free, isMore) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        // A file system may report any numbers.
        guard !isMore, free < Self.minimumFreeBytes else { return }
        throw StorageError(.full, "The disk of \(directory.path) is full: \(free) bytes are free. Make room.")
    }
}
