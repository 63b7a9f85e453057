// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GRDB

extension SQLiteFile {
    /// Runs something with the engine and turns its errors into ours, which name the file.
    static func translating<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StorageError(error, path: path)
        }
    }
}

extension StorageError {
    fileprivate init(_ error: DatabaseError, path: String) {
        // The engine's message only: its description would hold statements and their values.
        let reason = error.message ?? "error \(error.resultCode.rawValue)"
        switch error.resultCode.primaryResultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .busy,
                "\(path) is locked by another process: \(reason). End that process, or wait until it is done."
            )
        case .SQLITE_FULL:
            self.init(.full, "There is no room to write to \(path): \(reason). Make room on the disk.")
        case .SQLITE_NOTADB:
            self.init(.foreignFile, "\(path) is not a database. Move it away or choose another data directory.")
        case .SQLITE_CORRUPT:
            self.init(
                .corrupt,
                "\(path) is damaged: \(reason). Move it away, with the files beside it, or put a copy in its place."
            )
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
            self.init(
                .permission,
                "\(path) may not be read and written: \(reason). It and its directory must be writable for the user that runs the gateway."
            )
        case .SQLITE_CONSTRAINT:
            self.init(.duplicate, "\(path) refuses a row: \(reason)")
        default:
            self.init(.failed, "\(path): \(reason)")
        }
    }
}
