// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation

/// An HTTP proxy through which upstreams are reached.
///
/// Its description never has its credentials.
package struct UpstreamProxy: Sendable, Hashable, CustomStringConvertible {
    /// What the URL of a proxy must be, as it follows "must be".
    package static let requirement =
        "`http://` or `https://`, an optional `user:password@` (percent-encoded), a host and an optional port; SOCKS proxies are not supported"

    /// Where it listens; secure if the connection to the proxy itself uses TLS.
    package let address: UpstreamAddress
    /// The value of `proxy-authorization`; nil for a proxy without credentials.
    package let authorization: String?
    /// What nobody may see: the password, and what goes over the wire.
    package let secrets: [String]

    /// Reads the URL of a proxy.
    ///
    /// - Returns: nil unless it is what ``requirement`` says. A path other than `/` is refused, and so is a user name with a colon, which `Basic` has no way to write.
    package init?(url: String) {
        guard let schemeEnd = url.range(of: "://") else { return nil }
        let scheme = url[..<schemeEnd.lowerBound].lowercased()
        let rest = url[schemeEnd.upperBound...]
        guard let at = rest.lastIndex(of: "@") else {
            guard let address = UpstreamAddress(baseURL: "\(scheme)://\(rest)"), address.pathPrefix.isEmpty else {
                return nil
            }
            self.address = address
            authorization = nil
            secrets = []
            return
        }
        let hostPart = rest[rest.index(after: at)...]
        guard let address = UpstreamAddress(baseURL: "\(scheme)://\(hostPart)"), address.pathPrefix.isEmpty else {
            return nil
        }
        let words = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let user = String(words[0]).removingPercentEncoding, !user.contains(":"),
            let password = String(words.count > 1 ? words[1] : "").removingPercentEncoding
        else { return nil }
        let credentials = Data("\(user):\(password)".utf8).base64EncodedString()
        guard credentials.utf8.count <= 8192 else { return nil }
        self.address = address
        authorization = "Basic " + credentials
        secrets = [password, credentials]
    }

    package var description: String { "\(address.isSecure ? "https" : "http")://\(address.authority)" }
}
