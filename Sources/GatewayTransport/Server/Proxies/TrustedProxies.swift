// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import NIOHTTP1

/// Proxies before the gateway whose word about the client is taken.
package struct TrustedProxies: Sendable {
    private let ranges: [AddressRange]

    package init(_ ranges: [AddressRange]) {
        self.ranges = ranges
    }

    /// Whether an address is a proxy's.
    package func contains(_ address: String) -> Bool {
        guard !ranges.isEmpty, let address = IPAddress(address) else { return false }
        return contains(address)
    }

    private func contains(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// Takes over what a trusted proxy says of a client: the address, the scheme, the host, and the path that it took off.
    package func apply(to request: inout HTTPRequest) {
        let headers = request.headers
        if let client = clientAddress(headers) { request.remoteAddress = client }
        if let scheme = first("x-forwarded-proto", headers) { request.isSecure = scheme.lowercased() == "https" }
        request.forwardedHost = first("x-forwarded-host", headers)
        if let path = first("x-forwarded-prefix", headers).flatMap(BasePath.init) { request.basePath = path.text }
    }

    /// The last address of `x-forwarded-for` that is not a proxy's; what is left of it is the client's own word.
    ///
    /// If all are proxies', it is the first of them; nil where the last is no address.
    private func clientAddress(_ headers: HTTPHeaders) -> String? {
        var found: IPAddress?
        search: for value in headers["x-forwarded-for"].reversed() {
            for element in value.split(separator: ",").reversed() {
                guard let address = Self.address(element) else { break search }
                found = address
                guard contains(address) else { break search }
            }
        }
        return found?.text
    }

    /// An address with or without a port, an IPv6 address with or without brackets.
    private static func address(_ element: Substring) -> IPAddress? {
        let text = element.filter { $0 != " " && $0 != "\t" }
        return IPAddress(text) ?? Authority(text[...]).flatMap { IPAddress(String($0.host)) }
    }

    /// The first value of a header that may be a list; the proxy that the client called wrote it.
    private func first(_ name: String, _ headers: HTTPHeaders) -> String? {
        guard let list = headers.first(name: name), let value = list.split(separator: ",").first else { return nil }
        let text = value.filter { $0 != " " && $0 != "\t" }
        return text.isEmpty ? nil : text
    }
}
