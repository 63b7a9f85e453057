// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What TLS to an upstream needs beyond the usual; certificates and names are always verified.
package struct UpstreamTLSSettings: Sendable, Hashable {
    /// A PEM file as it was read, with its path for messages.
    ///
    /// The contents may be a private key; its description has the path only.
    package struct File: Sendable, Hashable, CustomStringConvertible {
        package let path: String
        package let contents: [UInt8]

        package init(path: String, contents: [UInt8]) {
            self.path = path
            self.contents = contents
        }

        package var description: String { path }
    }

    package enum Version: String, Sendable, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    /// The authorities to trust; nil for the system's.
    package var authorities: File?
    /// Whether the system's authorities are trusted beside ``authorities``.
    package var trustsSystem = false
    /// The certificate that the gateway shows, with its chain; nil for none.
    package var clientCertificate: File?
    package var clientKey: File?
    /// The name to ask for and to verify, in place of the host of the base URL.
    package var serverName: String?
    package var minimumVersion = Version.tls12

    package init() {}

    /// What holds for other servers that the upstream needs, its proxy and its token endpoint.
    ///
    /// They get neither the client certificate nor the server name. An authority of one's own, such as that of a proxy that opens TLS, is trusted beside the system's.
    package var ofOtherServers: UpstreamTLSSettings {
        var settings = UpstreamTLSSettings()
        settings.authorities = authorities
        settings.trustsSystem = authorities != nil
        return settings
    }
}
