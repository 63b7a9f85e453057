// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import NIOConcurrencyHelpers
import NIOCore
import NIOSSL

/// TLS towards upstreams: certificates and host names are always verified.
///
/// Loading the system's certificates takes tens of milliseconds and megabytes, so each kind of settings is made once, for its first connection, and shared by all
/// event loops. The pools keep what they use.
final class UpstreamTLS: Sendable {
    private struct Contexts {
        /// What upstreams without settings of their own use; kept for good.
        var standard: NIOSSLContext?
        var others: [UpstreamTLSSettings: WeakContext] = [:]
    }

    private struct WeakContext {
        weak var context: NIOSSLContext?
    }

    /// PEM files, or directories of them, with authorities to trust beside the system's.
    private let certificateFiles: [String]
    private let contexts = NIOLockedValueBox(Contexts())

    init(certificateFiles: [String]) {
        self.certificateFiles = certificateFiles
    }

    /// The context of these settings.
    func context(for settings: UpstreamTLSSettings) throws -> NIOSSLContext {
        try contexts.withLockedValue { contexts in
            if settings == UpstreamTLSSettings() {
                if let context = contexts.standard { return context }
                let made = try makeContext(settings)
                contexts.standard = made
                return made
            }
            if let context = contexts.others[settings]?.context { return context }
            contexts.others = contexts.others.filter { $0.value.context != nil }
            let made = try makeContext(settings)
            contexts.others[settings] = WeakContext(context: made)
            return made
        }
    }

    private func makeContext(_ settings: UpstreamTLSSettings) throws -> NIOSSLContext {
        var configuration = try settings.clientConfiguration()
        if settings.authorities == nil || settings.trustsSystem {
            configuration.additionalTrustRoots += certificateFiles.map { .file($0) }
        }
        return try NIOSSLContext(configuration: configuration)
    }

    /// A handler that asks for a name and verifies it.
    static func handler(_ context: NIOSSLContext, name: String) throws -> NIOSSLClientHandler {
        // Server name indication carries names only; an address is verified against the certificate's addresses.
        let isAddress = SocketAddress(literal: name, port: 0) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : certifiedName(name))
    }

    /// A name as certificates and server name indication have it: without the dot that ends an absolute name (RFC 6066, 3).
    private static func certifiedName(_ host: String) -> String {
        host.hasSuffix(".") ? String(host.dropLast()) : host
    }
}

extension UpstreamTLSSettings {
    /// Makes sure that connections could use the settings.
    ///
    /// - Throws: ``PEMFiles/FileError``, which names the file and what is wrong with it.
    package func check() throws(PEMFiles.FileError) {
        var configuration = try clientConfiguration()
        // The system's authorities are not in question, and take long.
        if authorities == nil { configuration.trustRoots = .certificates([]) }
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            guard let clientCertificate, let clientKey else {
                throw PEMFiles.FileError(description: "TLS cannot be set up: \(error)")
            }
            throw PEMFiles.FileError(
                description:
                    "the client certificate file \(clientCertificate) and the key file \(clientKey) cannot be used together: the key does not match the first certificate, or TLS does not support its type"
            )
        }
    }

    /// The configuration without the authorities of the environment.
    fileprivate func clientConfiguration() throws(PEMFiles.FileError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion =
            switch minimumVersion {
            case .tls12: .tlsv12
            case .tls13: .tlsv13
            }
        configuration.applicationProtocols = ["http/1.1"]
        if let authorities {
            let certificates = try authorities.certificates()
            if trustsSystem {
                configuration.additionalTrustRoots = [.certificates(certificates)]
            } else {
                configuration.trustRoots = .certificates(certificates)
            }
        }
        if let clientCertificate, let clientKey {
            configuration.certificateChain = try clientCertificate.certificates().map { .certificate($0) }
            configuration.privateKey = .privateKey(try clientKey.privateKey())
        }
        return configuration
    }
}

extension UpstreamTLSSettings.File {
    fileprivate func certificates() throws(PEMFiles.FileError) -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(contents), !certificates.isEmpty else {
            throw PEMFiles.FileError(description: "the file \(path) has no PEM certificate")
        }
        return certificates
    }

    fileprivate func privateKey() throws(PEMFiles.FileError) -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(bytes: contents, format: .pem)
        } catch {
            throw PEMFiles.FileError(
                description: "the file \(path) has no usable PEM private key; it must not be encrypted"
            )
        }
    }
}
