// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOConcurrencyHelpers
import NIOCore
import NIOSSL

/// TLS towards upstreams: certificates and host names are always verified.
///
/// Loading the system's certificates takes tens of milliseconds and megabytes, so it happens once, for the first secure upstream.
final class UpstreamTLS: Sendable {
    /// A PEM file with authorities to trust beside the system's; nil for none.
    private let certificateFile: String?
    private let context = NIOLockedValueBox<NIOSSLContext?>(nil)

    init(certificateFile: String?) {
        self.certificateFile = certificateFile
    }

    func makeHandler(host: String) throws -> NIOSSLClientHandler {
        let context = try context.withLockedValue { context in
            if let context { return context }
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            if let certificateFile { configuration.additionalTrustRoots = [.file(certificateFile)] }
            configuration.applicationProtocols = ["http/1.1"]
            let made = try NIOSSLContext(configuration: configuration)
            context = made
            return made
        }
        // Server name indication carries names only; an address is verified against the certificate's addresses.
        let isAddress = SocketAddress(literal: host, port: 0) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : Self.certifiedName(host))
    }

    /// A name as certificates and server name indication have it: without the dot that ends an absolute name (RFC 6066, 3).
    private static func certifiedName(_ host: String) -> String {
        host.hasSuffix(".") ? String(host.dropLast()) : host
    }
}
