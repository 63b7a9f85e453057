// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOSSL
import Synchronization

/// The listener's certificate and key, which are read again while it serves: connections that are open keep theirs.
final class ServerCertificate: Sendable {
    private let files: Configuration.Server.TLS
    private let current: Mutex<NIOSSLContext>

    /// Reads the files.
    ///
    /// - Throws: ``PEMFiles/FileError``
    init(_ files: Configuration.Server.TLS) throws(PEMFiles.FileError) {
        self.files = files
        current = Mutex(try PEMFiles.context(files))
    }

    /// The TLS of a new connection.
    var context: NIOSSLContext { current.withLock { $0 } }

    /// Reads the files again; what was read before stays in use if they are no good.
    ///
    /// - Throws: ``PEMFiles/FileError``
    func reload() throws(PEMFiles.FileError) {
        let context = try PEMFiles.context(files)
        current.withLock { $0 = context }
    }
}
