// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// The paths of inference requests: the endpoints of all dialects, ready to be matched.
package struct InferenceRoutes: Sendable {
    /// What a path asks for.
    private enum Outcome: Sendable {
        case request(APIType, Endpoint.Streaming)
        case byBody([InferenceRoute.BodyChoice])
        case response(APIType, ResponsePart, reserved: [String])
    }

    /// What follows the version.
    private struct Path {
        let head: [UInt8]
        /// What follows the segment that varies; nil without one.
        let tail: [UInt8]?
        var outcome: Outcome
    }

    /// Paths that begin alike.
    private struct Group {
        let prefix: [UInt8]
        let versions: [[UInt8]]
        var fixed: [Path] = []
        var varying: [Path] = []
    }

    private var groups: [Group] = []
    let endpoints: [Endpoint]

    package init(_ endpoints: [Endpoint]) {
        self.endpoints = endpoints
        for endpoint in endpoints { add(endpoint) }
        // Every path begins like those at the root.
        groups = groups.filter { !$0.prefix.isEmpty } + groups.filter { $0.prefix.isEmpty }
    }

    private mutating func add(_ endpoint: Endpoint) {
        let prefix = Array(endpoint.family.prefix.utf8)
        let versions = endpoint.family.versions.map { Array($0.utf8) }
        let known = groups.firstIndex { $0.prefix == prefix && $0.versions == versions }
        let group = known ?? groups.count
        if known == nil {
            groups.append(Group(prefix: prefix, versions: versions))
        }
        let (head, tail) = Self.parts(of: endpoint)
        switch endpoint.subject {
        case .request:
            let path = Path(head: head, tail: tail, outcome: .request(endpoint.apiType, endpoint.streaming))
            if tail == nil { groups[group].fixed.append(path) } else { groups[group].varying.append(path) }
        case .response(let part):
            let outcome = Outcome.response(endpoint.apiType, part, reserved: endpoint.reserved)
            groups[group].varying.append(Path(head: head, tail: tail ?? [], outcome: outcome))
        case .requestWith(let field, let purpose):
            let choice = InferenceRoute.BodyChoice(
                field: field,
                endpoint.apiType,
                purpose: purpose
            )
            let same = groups[group].varying.firstIndex { $0.head == head && $0.tail == tail }
            if let same, case .byBody(let choices) = groups[group].varying[same].outcome {
                groups[group].varying[same].outcome = .byBody(choices + [choice])
            } else {
                groups[group].varying.append(Path(head: head, tail: tail ?? [], outcome: .byBody([choice])))
            }
        }
    }

    /// A path without its `{…}`.
    private static func parts(of endpoint: Endpoint) -> (head: [UInt8], tail: [UInt8]?) {
        let path = Array(endpoint.path.utf8)
        guard let open = path.firstIndex(of: UInt8(ascii: "{")), let close = path.firstIndex(of: UInt8(ascii: "}"))
        else {
            return (path, nil)
        }
        return (Array(path[..<open]), Array(path[(close + 1)...]))
    }

    /// Every path of a request as the documentation writes it, and the API that answers it, with `model` where a path names one.
    ///
    /// A path that several APIs share stands here once, with the first of them.
    package func all(model: String) -> [(path: String, apiType: APIType)] {
        var seen: Set<String> = []
        return endpoints.compactMap { endpoint in
            if case .response = endpoint.subject { return nil }
            let path = "\(endpoint.family.prefix)\(endpoint.family.documentedVersion)\(endpoint.path)"
            guard !endpoint.isAlias, seen.insert(path).inserted else { return nil }
            return (path.replacing("{model}", with: model), endpoint.apiType)
        }
    }

    /// Every route of inference with its methods, other spellings included, with `{model}` or `{id}` where a path varies.
    package var table: [(methods: [String], path: String)] {
        endpoints.map { endpoint in
            let methods =
                switch endpoint.subject {
                case .request, .requestWith: ["POST"]
                case .response(.whole): ["GET", "DELETE"]
                case .response(.inputItems): ["GET"]
                }
            return (methods, "\(endpoint.family.prefix)\(endpoint.family.documentedVersion)\(endpoint.path)")
        }
    }

    /// What a request target (path and query, as the client sent it) asks for; nil where no inference route answers it.
    ///
    /// Only `alt=sse` of the query matters. A model in the path is percent-decoded once; one that could leave its place in an upstream's path (a slash, a dot
    /// segment, a control character) or that is not UTF-8 matches nothing.
    package func match(_ target: String) -> InferenceRoute? {
        var target = target
        return target.withUTF8 { match(UnsafeRawBufferPointer($0)) }
    }

    private func match(_ target: UnsafeRawBufferPointer) -> InferenceRoute? {
        var end = 0
        while end < target.count, target[end] != UInt8(ascii: "?") { end += 1 }
        var path = Slice(base: target, bounds: 0..<end)
        let query = Slice(base: target, bounds: min(end + 1, target.count)..<target.count)
        if let rest = path.dropping(prefix: Self.gatewayPrefix) { path = rest }
        for index in groups.indices {
            guard let rest = path.dropping(prefix: groups[index].prefix), rest.first == UInt8(ascii: "/") else {
                continue
            }
            if let route = match(rest, groups[index], query) { return route }
        }
        return nil
    }

    private static let gatewayPrefix = Array("/ai-gateway".utf8)

    private func match(
        _ path: Slice<UnsafeRawBufferPointer>,
        _ group: borrowing Group,
        _ query: Slice<UnsafeRawBufferPointer>
    ) -> InferenceRoute? {
        var path = path
        // With its version, with none, or with two.
        for _ in 0...2 {
            for index in group.fixed.indices where path.elementsEqual(group.fixed[index].head) {
                return Self.route(group.fixed[index].outcome, segment: nil, query)
            }
            for index in group.varying.indices {
                guard let rest = path.dropping(prefix: group.varying[index].head),
                    let segment = rest.dropping(suffix: group.varying[index].tail ?? []),
                    let text = PathSegment.decoded(segment),
                    let route = Self.route(group.varying[index].outcome, segment: text, query)
                else { continue }
                return route
            }
            let version = group.versions.first {
                path.dropping(prefix: $0)?.first == UInt8(ascii: "/")
            }
            guard let version else { return nil }
            path = path.dropFirst(version.count)
        }
        return nil
    }

    private static func route(
        _ outcome: Outcome,
        segment: String?,
        _ query: Slice<UnsafeRawBufferPointer>
    ) -> InferenceRoute? {
        switch outcome {
        case .request(let apiType, .byBody):
            return InferenceRoute(kind: .api(apiType), model: segment)
        case .request(let apiType, .byPath(let isStreaming)):
            let wantsServerSentEvents = query.split(separator: UInt8(ascii: "&")).contains { parameter in
                parameter.count == 7 && parameter.elementsEqual("alt=sse".utf8)
            }
            return InferenceRoute(
                kind: .api(apiType),
                model: segment,
                isStreaming: isStreaming,
                wantsServerSentEvents: wantsServerSentEvents
            )
        case .byBody(let choices):
            return InferenceRoute(kind: .byBody(choices), model: segment)
        case .response(let apiType, let part, let reserved):
            guard let segment, !reserved.contains(segment) else { return nil }
            return InferenceRoute(kind: .response(apiType, id: segment, part))
        }
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// What follows this prefix; nil without it.
    fileprivate func dropping(prefix: [UInt8]) -> Self? {
        guard count >= prefix.count else { return nil }
        for offset in prefix.indices where self[startIndex + offset] != prefix[offset] { return nil }
        return self[(startIndex + prefix.count)...]
    }

    /// What comes before this suffix; nil without it.
    fileprivate func dropping(suffix: [UInt8]) -> Self? {
        guard count >= suffix.count else { return nil }
        let start = endIndex - suffix.count
        for offset in suffix.indices where self[start + offset] != suffix[offset] { return nil }
        return self[..<start]
    }
}
