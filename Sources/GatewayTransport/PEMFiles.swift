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

    /// What OpenSSL's variables name: the file in `SSL_CERT_FILE`, and the files with certificates in the directories of `SSL_CERT_DIR`.
    ///
    /// - Throws: ``FileError`` where one cannot be read, before the first upstream needs it.
    package static func authorities(environment: [String: String]) throws(FileError) -> [String] {
        var paths: [String] = []
        if let file = environment["SSL_CERT_FILE"], !file.isEmpty {
            try check(authorities: file, from: "SSL_CERT_FILE")
            paths.append(file)
        }
        for directory in (environment["SSL_CERT_DIR"] ?? "").split(separator: ":").map(String.init) {
            var status = stat()
            guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw FileError(
                    description:
                        "The directory of certificate authorities in SSL_CERT_DIR, \(directory), is not a directory. Correct or unset SSL_CERT_DIR."
                )
            }
            let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            // Hashed names are links to the files beside them.
            let resolved = Set(files.map { URL(fileURLWithPath: "\(directory)/\($0)").resolvingSymlinksInPath().path })
            for file in resolved.sorted() {
                let certificates = try? NIOSSLCertificate.fromPEMFile(file)
                if certificates?.isEmpty == false { paths.append(file) }
            }
        }
        return paths
    }

    private static func check(authorities file: String, from variable: String) throws(FileError) {
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
