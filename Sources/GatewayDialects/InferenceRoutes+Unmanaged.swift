// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension InferenceRoutes {
    /// What a request target names of a vendor's API that is no route of the gateway.
    ///
    /// `lists` are the paths of the model lists, without a leading slash.
    /// - Returns: nil outside the paths of vendors, for another spelling of a route, and for what is not safe to pass on: an empty or dot segment, an encoded slash,
    ///   a path below one earlier response, whose owner the gateway could not check.
    package func unmanaged(_ target: String, lists: [String]) -> UnmanagedPath? {
        var path = target.prefix { $0 != "?" }
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else { return nil }
        let gateway = "/ai-gateway"
        if path.hasPrefix("\(gateway)/") { path = path.dropFirst(gateway.count) }
        let beside = vendorEndpoints(of: path)
        guard let prefix = beside.first?.family.prefix else { return nil }
        var versions: [String] = []
        for version in beside.flatMap(\.family.versions) where !versions.contains(version) { versions.append(version) }
        var rest = path.dropFirst(prefix.count)
        var version = ""
        // With its version, with none, or with several.
        while let next = versions.first(where: { rest.hasPrefix("\($0)/") }) {
            version = next
            rest = rest.dropFirst(next.count)
        }
        guard !versions.contains(String(rest)) else { return nil }
        let segments = rest.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
        let names = segments.compactMap { PathSegment.decoded($0) }
        // A percent sign that is left may be an escape for somebody behind; what follows a semicolon is dropped by some servers.
        guard !names.isEmpty, names.count == segments.count,
            names.allSatisfy({ !$0.contains("%") && !$0.contains(";") })
        else { return nil }
        let plain = "/" + names.joined(separator: "/")
        guard match(prefix + version + plain) == nil, !beside.contains(where: { $0.isAbove(plain) }) else {
            return nil
        }
        let listed = (prefix + version + plain).dropFirst()
        let list = listed.lastIndex(of: "/").map { listed[..<$0] } ?? ""
        return UnmanagedPath(
            managed: beside.compactMap { endpoint in
                guard case .request = endpoint.subject, endpoint.apiType.operation.isListed else { return nil }
                return UnmanagedPath.ManagedAPI(endpoint.apiType, endpoint.path)
            },
            versions: versions,
            version: version,
            rest: String(rest),
            isModelList: lists.contains { $0 == listed || $0 == list }
        )
    }

    /// The endpoints among which a path would stand as a path of a vendor's own API; at the root only behind a version.
    private func vendorEndpoints(of path: Substring) -> [Endpoint] {
        let vendors = endpoints.filter { $0.family.isVendors }
        let prefixed = vendors.filter { !$0.family.prefix.isEmpty && path.hasPrefix("\($0.family.prefix)/") }
        guard prefixed.isEmpty else { return prefixed }
        return vendors.filter { endpoint in
            endpoint.family.prefix.isEmpty && endpoint.family.versions.contains { path.hasPrefix("\($0)/") }
        }
    }
}

extension Endpoint {
    /// Whether it is one of an earlier response, and a path stands below that.
    fileprivate func isAbove(_ path: String) -> Bool {
        guard case .response = subject else { return false }
        return path.hasPrefix(self.path.prefix { $0 != "{" })
    }
}
