// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
package import GatewayCore
import NIOSSL

/// Reads PEM files for TLS, and says of each what is wrong with it and what to do.
package enum PEMFiles {
    /// A file that cannot be used; the description names it.
    package struct FileError: Error, CustomStringConvertible {
        package let description: String
    }

    /// Makes sure that a file of authorities can be read before the first upstream needs it.
    ///
    /// - Parameters:
    ///   - file: The file; nil for none.
    ///   - variable: The environment variable that named it.
    /// - Throws: ``FileError``
    package static func check(authorities file: String?, from variable: String) throws(FileError) {
        guard let file else { return }
        try checkReadable(file, "The file of certificate authorities in \(variable)", "Correct or unset \(variable).")
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty else {
            throw FileError(
                description:
                    "The file of certificate authorities in \(variable), \(file), has no PEM certificate. Correct or unset \(variable)."
            )
        }
    }

    /// Makes sure that the listener could use a certificate and its key.
    ///
    /// - Throws: ``FileError``
    package static func check(_ tls: Configuration.Server.TLS) throws(FileError) { _ = try context(tls) }

    /// The listener's TLS.
    ///
    /// - Throws: ``FileError``
    static func context(_ tls: Configuration.Server.TLS) throws(FileError) -> NIOSSLContext {
        let chain = try certificates(tls.certificate)
        try checkReadable(tls.key, "The key file", "It is `server.tls.key` of the configuration.")
        let key: NIOSSLPrivateKey
        do {
            // A passphrase would be asked for on a terminal that is not there.
            key = try NIOSSLPrivateKey(file: tls.key, format: .pem)
        } catch {
            throw FileError(
                description:
                    "The key file \(tls.key) has no usable PEM private key; it must not be encrypted."
            )
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw FileError(
                description:
                    "The certificate file \(tls.certificate) and the key file \(tls.key) cannot be used together: the key does not match the first certificate, or TLS does not support its type. (\(error))"
            )
        }
    }

    private static func certificates(_ file: String) throws(FileError) -> [NIOSSLCertificate] {
        try checkReadable(file, "The certificate file", "It is `server.tls.certificate` of the configuration.")
        guard let chain = try? NIOSSLCertificate.fromPEMFile(file), !chain.isEmpty else {
            throw FileError(description: "The certificate file \(file) has no PEM certificate.")
        }
        return chain
    }

    private static func checkReadable(_ file: String, _ what: String, _ advice: String) throws(FileError) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw FileError(
                description: "\(what), \(file), cannot be read: \(String(cString: strerror(errno))). \(advice)"
            )
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(description: "\(what), \(file), is not a regular file. \(advice)")
        }
    }
}
