// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// A kind of database that the gateway can keep its data in.
///
/// A value, as a ``Provider`` is: an engine is a folder that states one of these, and a line in ``StorageEngines/all``.
struct StorageEngine: Sendable {
    /// What URLs of its places begin with, before `://`, in lower case; empty for the engine of data directories.
    var schemes: Set<String>
    /// Makes the storage of a place: a URL of one of the schemes, or the path of a directory.
    ///
    /// Opens nothing.
    var storage: @Sendable (_ location: String) throws -> any Storage
}

/// The storage engines.
package enum StorageEngines {
    /// Every engine, one line each.
    private static let all: [StorageEngine] = [.sqlite]

    /// The storage at a location: the path of a data directory, or a URL whose scheme says which engine it is of.
    ///
    /// - Throws: ``StorageError`` if there is no engine of that scheme.
    package static func storage(at location: String) throws -> any Storage {
        let scheme = scheme(of: location)
        guard let engine = all.first(where: { scheme.map($0.schemes.contains) ?? $0.schemes.isEmpty }) else {
            // Without the rest of the URL, which may hold a password.
            throw StorageError(
                .failed,
                "There is no storage engine for `\(scheme ?? "")://`. Name a data directory with --data DIR."
            )
        }
        return try engine.storage(location)
    }

    /// The location to use when none is named: `$XDG_DATA_HOME/gatehouse`, else `~/.local/share/gatehouse`.
    ///
    /// - Returns: nil when the environment has neither an absolute `XDG_DATA_HOME` nor a `HOME`.
    package static func defaultLocation(environment: [String: String]) -> String? {
        if let base = environment["XDG_DATA_HOME"], base.hasPrefix("/") { return base + "/gatehouse" }
        if let home = environment["HOME"], !home.isEmpty { return home + "/.local/share/gatehouse" }
        return nil
    }

    /// The scheme of a URL, in lower case (RFC 3986, 3.1); nil for anything else.
    private static func scheme(of location: String) -> String? {
        guard let end = location.firstRange(of: "://")?.lowerBound else { return nil }
        let scheme = location[..<end].lowercased()
        guard let first = scheme.utf8.first, isLetter(first) else { return nil }
        let isScheme = scheme.utf8.allSatisfy {
            isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "+-.".utf8.contains($0)
        }
        return isScheme ? scheme : nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}
