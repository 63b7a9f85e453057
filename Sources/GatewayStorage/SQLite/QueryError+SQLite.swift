// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GRDB

extension QueryError {
    /// Puts the engine's error into the terms of the SQL front.
    ///
    /// The engine tells most of them apart by their text only.
    init(_ error: DatabaseError) {
        let reason = error.message ?? "error \(error.resultCode.rawValue)"
        switch error.resultCode.primaryResultCode {
        case .SQLITE_AUTH:
            self.init(.insufficientPermissions, "The statement may only read: \(reason).")
        case .SQLITE_READONLY:
            self.init(.unsupportedFeature, "Only read-only statements are supported.")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.internalError, "The database is locked; try again.")
        case .SQLITE_ERROR:
            if let name = Self.rest(of: reason, after: "no such table: ") {
                self = .tableNotFound([name])
            } else if let name = Self.rest(of: reason, after: "no such column: ") {
                self.init(.unresolvedColumn, "There is no column `\(name)`.")
            } else if let name = Self.rest(of: reason, after: "no such function: ") {
                self.init(.unresolvedRoutine, "There is no function `\(name)`.")
            } else {
                self.init(.parseSyntaxError, "\(reason).")
            }
        default:
            self.init(.internalError, "\(reason).")
        }
    }

    private static func rest(of text: String, after prefix: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }
}
