// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOSSL

/// Says for operators why a connection to an upstream failed, and what to do where that is known.
package enum ConnectionFailure {
    /// - Parameters:
    ///   - error: What the connection ended with.
    ///   - name: The name that the certificate was verified for.
    /// - Returns: A sentence or two for the log.
    package static func cause(of error: any Error, verifying name: String) -> String {
        let text = "\(error)"
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return
                "Its certificate is not for '\(name)': set `tls.server_name` to a name in the certificate, or correct `base_url`."
        }
        guard error is NIOSSLError || error is BoringSSLError else { return text }
        for (word, advice) in advices where text.contains(word) { return "\(advice) (\(text))" }
        return text
    }

    /// The same for a connection to a proxy, whose certificate is its own.
    package static func cause(ofProxy error: any Error, verifying name: String) -> String {
        let text = "\(error)"
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return "Its certificate is not for '\(name)': correct the host in the proxy's URL."
        }
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return "\(untrusted) (\(text))" }
        if text.contains("WRONG_VERSION_NUMBER") {
            return "It does not speak TLS on this port: correct the port, or use http:// in the proxy's URL. (\(text))"
        }
        return text
    }

    /// Words of BoringSSL's errors, and what they mean.
    private static let advices = [
        ("CERTIFICATE_VERIFY_FAILED", untrusted),
        ("WRONG_VERSION_NUMBER", "It does not speak TLS on this port: correct the port, or use http:// in `base_url`."),
        ("ALERT_PROTOCOL_VERSION", "It does not speak the TLS version that `tls.minimum_version` asks for."),
        ("UNSUPPORTED_PROTOCOL", "It does not speak the TLS version that `tls.minimum_version` asks for."),
        ("ALERT_UNKNOWN_CA", "It does not trust the client certificate in `tls.client_certificate_file`."),
        ("ALERT_BAD_CERTIFICATE", clientCertificate), ("ALERT_CERTIFICATE_REQUIRED", clientCertificate),
        ("ALERT_HANDSHAKE_FAILURE", clientCertificate),
        (
            "EOF during handshake",
            "It closed the connection during the TLS handshake: it may ask for a client certificate (`tls.client_certificate_file`), or not speak the version in `tls.minimum_version`."
        ),
        // With TLS 1.3 a server judges the client's certificate when the handshake is over for the client.
        (
            "uncleanShutdown",
            "It closed the connection without ending TLS: if it never answers, it may ask for a client certificate (`tls.client_certificate_file`)."
        ),
    ]

    private static let untrusted =
        "Its certificate is not trusted: add the CA that issued it with `tls.ca_file`, unless the certificate has expired."

    private static let clientCertificate =
        "It refused the TLS handshake: if it asks for a client certificate, set `tls.client_certificate_file` and `tls.client_key_file`."
}
