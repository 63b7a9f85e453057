// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension InferenceRoutes {
    /// What can be said of a request target that no route answers.
    ///
    /// `lists` are the paths of the model lists, without a leading slash.
    package func unknown(_ target: String, lists: [String]) -> UnknownRoute {
        var path = String(target.prefix { $0 != "?" })
        let gateway = "/ai-gateway"
        let isBelowGateway = path.hasPrefix("\(gateway)/")
        if isBelowGateway { path.removeFirst(gateway.count) }
        let family = endpoints.first { endpoint in
            let prefix = endpoint.family.prefix
            return !prefix.isEmpty && (path == prefix || path.hasPrefix("\(prefix)/"))
        }
        let nearest = nearest(to: path, below: family?.family.prefix, lists: lists)
        let root = endpoints.first { endpoint in
            endpoint.family.prefix.isEmpty && endpoint.family.versions.contains { path.hasPrefix("\($0)/") }
        }
        let isAtRoot = nearest?.endpoint?.family.prefix.isEmpty == true
        return UnknownRoute(
            apiType: family?.apiType ?? (isAtRoot ? nearest?.endpoint?.apiType : nil) ?? root?.apiType,
            isInference: isBelowGateway || family != nil,
            nearest: nearest.map { "\($0.method) \(isBelowGateway ? gateway : "")\($0.path)" }
        )
    }

    /// A route that there is, with `{model}` where a path names one.
    private struct Known {
        let method: String
        let path: String
        /// nil for a model list.
        var endpoint: Endpoint?
    }

    private func nearest(to path: String, below prefix: String?, lists: [String]) -> Known? {
        let known: [Known] =
            endpoints.filter { !$0.path.hasPrefix("/publishers/") }.map { endpoint in
                var method = "POST"
                if case .response = endpoint.subject { method = "GET" }
                let family = endpoint.family
                let path = "\(family.prefix)\(family.documentedVersion)\(endpoint.path)"
                return Known(method: method, path: path, endpoint: endpoint)
            } + lists.map { Known(method: "GET", path: "/\($0)") }
        let path = Self.withoutModel(path)
        if let prefix {
            // Whatever stands between, as in Azure's `/openai/deployments/{model}/chat/completions`.
            let same = known.first { known in
                known.path.hasPrefix("\(prefix)/") && known.endpoint.map { path.hasSuffix($0.path) } == true
            }
            if let same { return same }
        }
        return Suggestion.closest(to: path, in: known, by: { $0.path }, atMost: 1, lettersPerSlip: 5).first
    }

    /// A path with `{model}` where a model may stand, and without a slash at its end.
    private static func withoutModel(_ path: String) -> String {
        var segments = path.split(separator: "/").map(String.init)
        if segments.count > 2, segments[0] == "serving-endpoints" { segments[1] = "{model}" }
        if let index = segments.firstIndex(of: "models"), index + 1 < segments.count {
            let method = segments[index + 1].firstIndex(of: ":").map { segments[index + 1][$0...] } ?? ""
            segments[index + 1] = "{model}\(method)"
        }
        return "/" + segments.joined(separator: "/")
    }
}
