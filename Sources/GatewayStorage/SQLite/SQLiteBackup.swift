// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GRDB

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Copies the files of a data directory while gateways serve from it, and puts copies back.
///
/// The engine copies one state of each file; nobody who writes meanwhile has to wait.
struct SQLiteBackup {
    let directory: DataDirectory

    private struct File {
        let name: String
        let schema: SQLiteSchema

        func path(in directory: DataDirectory) -> String { "\(directory.path)/\(name)" }
    }

    private static let files = [
        File(name: "gatehouse.sqlite", schema: .main), File(name: "usage.sqlite", schema: .usage),
        File(name: "responses.sqlite", schema: .responses),
    ]

    /// What may be in a directory that counts as empty: keys can be put there before anything else.
    private static let keyFile = "encryption.key"

    /// Copies what there is into a directory that is made for it.
    ///
    /// - Returns: The names of the copies.
    /// - Throws: ``StorageError``, and then the directory has no copy.
    func copy(to target: DataDirectory) throws -> [String] {
        let present = Self.files.filter { DataDirectory.exists(file: $0.path(in: directory)) }
        guard !present.isEmpty else {
            throw StorageError(
                .notFound,
                "There is nothing to back up in \(directory.path). Name the gateway's data directory with --data DIR."
            )
        }
        try target.create()
        guard Self.contents(of: target).isEmpty else {
            throw StorageError(.failed, "\(target.path) is not empty. Name a directory that does not exist yet.")
        }
        do {
            for file in present { try Self.copy(file, from: directory, to: file.path(in: target)) }
        } catch {
            for file in present { unlink(file.path(in: target)) }
            throw error
        }
        return present.map(\.name)
    }

    /// Puts copies in the place of what there is.
    ///
    /// All copies are made before the first file is replaced.
    /// - Parameters:
    ///   - source: Where ``copy(to:)`` made them.
    ///   - replaces: Whether files that are there may be replaced.
    /// - Returns: The names of the files.
    /// - Throws: ``StorageError``, and then nothing has changed.
    func restore(from source: DataDirectory, replaces: Bool) throws -> [String] {
        let present = Self.files.filter { DataDirectory.exists(file: $0.path(in: source)) }
        guard !present.isEmpty else {
            throw StorageError(.notFound, "There is no backup in \(source.path).")
        }
        try directory.create()
        let own = Self.contents(of: directory).filter { $0 != Self.keyFile }
        let locks = try lock()
        guard own.isEmpty || replaces else {
            throw StorageError(
                .failed,
                "\(directory.path) is not empty. Name another data directory, or replace what is there with --force."
            )
        }
        func draft(_ file: File) -> String { file.path(in: directory) + ".restored" }
        do {
            for file in present { try Self.copy(file, from: source, to: draft(file)) }
        } catch {
            for file in present { unlink(draft(file)) }
            throw error
        }
        for lock in locks { try? lock.close() }
        for file in present {
            let path = file.path(in: directory)
            // The engine would take them for the new file's.
            for suffix in ["-wal", "-shm", "-journal"] { unlink(path + suffix) }
            guard rename(draft(file), path) == 0 else { throw Self.failure(path) }
        }
        Self.synchronize(directory)
        return present.map(\.name)
    }

    /// Holds all files of the directory, so that no gateway can be serving from it.
    ///
    /// - Throws: ``StorageError/Code/busy`` if one is.
    private func lock() throws -> [DatabaseQueue] {
        try Self.files.compactMap { file in
            let path = file.path(in: directory)
            guard DataDirectory.exists(file: path) else { return nil }
            var configuration = GRDB.Configuration()
            configuration.busyMode = .immediateError
            configuration.allowsUnsafeTransactions = true
            do {
                let queue = try DatabaseQueue(path: path, configuration: configuration)
                try queue.writeWithoutTransaction { database in
                    try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
                    try database.execute(sql: "BEGIN EXCLUSIVE")
                    try database.execute(sql: "COMMIT")
                }
                return queue
            } catch let error as DatabaseError
                where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode.primaryResultCode)
            {
                throw StorageError(
                    .busy,
                    "\(directory.path) is in use: another process has \(path) open. Stop the gateway first."
                )
            } catch {
                // What cannot be opened is used by nobody, and may be why there is something to restore.
                return nil
            }
        }
    }

    private static func copy(_ file: File, from source: DataDirectory, to path: String) throws {
        let original = file.path(in: source)
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { try file.schema.check($0, path: original) }
        let partial = "\(path).partial"
        unlink(partial)
        defer { unlink(partial) }
        let reader = try SQLiteFile.translating(original) {
            try DatabaseQueue(path: original, configuration: configuration)
        }
        try DataDirectory.protect(file: partial)
        try SQLiteFile.translating(path) {
            let writer = try DatabaseQueue(path: partial)
            try reader.backup(to: writer)
            try writer.close()
        }
        try? reader.close()
        guard rename(partial, path) == 0 else { throw failure(path) }
        synchronize(DataDirectory(path: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])))
    }

    private static func contents(of directory: DataDirectory) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    }

    /// Has the disk keep the names of the files.
    private static func synchronize(_ directory: DataDirectory) {
        let descriptor = open(directory.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func failure(_ path: String) -> StorageError {
        StorageError(.failed, "\(path) cannot be put in its place: \(String(cString: strerror(errno))).")
    }
}
