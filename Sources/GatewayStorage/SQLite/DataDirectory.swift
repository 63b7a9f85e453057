// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

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

/// The directory in which the embedded store keeps its files.
///
/// What the gateway creates there only its own user may read: the directory has mode 0700, files have 0600. A directory
/// that exists already keeps its mode, since it may serve others too; files do not.
package struct DataDirectory: Sendable, Equatable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// Usage rows, in a file of their own.
    package var usageFile: String { path + "/usage.sqlite" }
    /// Answers of the Responses API, in a file of their own, since they are large and go away again.
    package var responsesFile: String { path + "/responses.sqlite" }
    /// Everything else that survives a restart.
    package var mainFile: String { path + "/gatehouse.sqlite" }

    /// Creates the directory, and those above it, unless they exist.
    ///
    /// - Throws: ``StorageError``.
    package func create() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            // The reason in few words, without Foundation's own account of it.
            let reason = mkdir(path, 0o700) == 0 ? "it could not be entered" : String(cString: strerror(errno))
            throw StorageError(
                .permission,
                "The data directory \(path) cannot be created: \(reason). Choose another with --data, or make its parent writable for the user that runs the gateway."
            )
        }
    }

    /// Makes sure that a file exists and that only the gateway's user may read and write it.
    ///
    /// It must come before the engine opens the file: the engine would create it with the umask's mode, and gives its
    /// side files the mode that the file has.
    static func protect(file: String) throws {
        // An existing file is not opened: closing any descriptor of a file drops the locks that the process holds on it,
        // and those are the engine's.
        let descriptor = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
            return
        }
        guard errno == EEXIST else { throw refusal(of: file, errno) }
        var status = stat()
        guard stat(file, &status) == 0 else { throw refusal(of: file, errno) }
        guard status.st_mode & 0o777 != 0o600 else { return }
        guard chmod(file, 0o600) == 0 else { throw refusal(of: file, errno) }
    }

    static func exists(file: String) -> Bool {
        FileManager.default.fileExists(atPath: file)
    }

    private static func refusal(of file: String, _ code: Int32) -> StorageError {
        let message = "\(file) cannot be opened for writing: \(String(cString: strerror(code)))."
        if code == ENOSPC || code == EDQUOT { return StorageError(.full, "\(message) Make room on the disk.") }
        return StorageError(
            .permission,
            "\(message) It must be writable for the user that runs the gateway; --data chooses another directory."
        )
    }
}
