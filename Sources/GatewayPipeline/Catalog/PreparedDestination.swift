// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import NIOCore
package import NIOHTTP1

/// A destination with its header lines and paths ready.
package final class PreparedDestination: Sendable {
    package let destination: Destination
    /// Whose opaque state this destination takes back.
    package let origin: StateOrigin
    /// nil where it is never ejected.
    let circuit: CircuitBreaker?
    private let timeouts: ProviderService.Timeouts
    private let contentTimeout: Duration?
    /// How each API is served: a few, which are searched sooner than a dictionary is.
    private let formats: [(apiType: APIType, format: WireFormat)]
    private let headerLines: ByteBuffer
    /// Whether a caller has named the provider service itself, whose rules for that count then.
    private let isDirect: Bool
    /// A few: they are searched sooner than a dictionary is.
    private let spoken: [SpokenFormat]

    /// Prepares a destination.
    ///
    /// `circuit` is nil where it is never ejected; `timeouts` are those of the model service.
    init(
        _ destination: Destination,
        isDirect: Bool = false,
        circuit: CircuitBreaker? = nil,
        timeouts: CallTimeouts = CallTimeouts(),
        translator: some Translator
    ) {
        self.isDirect = isDirect
        self.circuit = circuit
        self.timeouts = timeouts.over(destination.service.timeouts)
        contentTimeout = timeouts.firstToken
        self.destination = destination
        let service = destination.service
        origin = StateOrigin(service: service.name.description, model: destination.model)
        let spoken = destination.wireFormats
        let prefix = service.address.pathPrefix
        func call(_ format: WireFormat) -> Provider.Call {
            Provider.Call(format, model: destination.model, settings: service.settings, basePath: prefix)
        }
        formats = translator.apiTypes.compactMap { type in
            // Nobody but the vendor can read what it compacts, so there is no translation.
            if type.operation == .compact {
                let isServed =
                    spoken.contains(type.wireFormat) && service.provider.compactPath(call(type.wireFormat)) != nil
                return isServed ? (type, type.wireFormat) : nil
            }
            if spoken.contains(type.wireFormat) { return (type, type.wireFormat) }
            // Who names a provider speaks as it does.
            if isDirect { return nil }
            let preferred = service.provider.preferredFormat(type.wireFormat, spoken)
            let format = ([preferred].compactMap(\.self) + spoken).first { translator.canServe(type, with: $0) }
            return format.map { (type, $0) }
        }
        headerLines = Self.headerLines(of: service, contentType: "application/json")
        self.spoken = spoken.map { format in
            var call = call(format)
            let route = destination.endpointRoute.map { $0.hasPrefix("/") ? $0 : "/\($0)" }
            let whole = prefix + (route ?? service.provider.path(call))
            let tokenCount = service.provider.tokenCountPath(call).map { prefix + $0 }
            let compact = service.provider.compactPath(call).map { prefix + $0 }
            call.isStreaming = true
            return SpokenFormat(
                format: format,
                path: whole,
                streamPath: prefix + (route ?? service.provider.path(call)),
                tokenCountPath: tokenCount,
                compactPath: compact,
                references: service.references[format] ?? .none
            )
        }
    }

    /// The lines that every request carries whose body is of this type.
    static func headerLines(of service: ProviderService, contentType: String?) -> ByteBuffer {
        var lines = ByteBuffer()
        func add(_ name: String, _ value: String) { lines.writeString("\(name): \(value)\r\n") }
        add("host", service.address.authority)
        if let contentType { add("content-type", contentType) }
        add("accept-encoding", "identity")
        add("user-agent", "gatehouse")
        if let key = service.apiKey {
            switch service.provider.credential {
            case .bearer: add("authorization", "Bearer \(key)")
            case .header(let name): add(name, key)
            }
        }
        for (name, value) in service.headers { add(name, value) }
        return lines
    }

    /// What is ready for requests of one format.
    private struct SpokenFormat {
        let format: WireFormat
        let path: String
        let streamPath: String
        let tokenCountPath: String?
        let compactPath: String?
        let references: ReferenceRules
    }

    /// All headers of clients go on, but for those that never do.
    private static let everything = HeaderPolicy(request: .all, anthropicBeta: .all)

    /// A path with a client's query behind it: without what may be a credential.
    static func path(_ path: String, forwarding target: String) -> String {
        let query = target.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()
        let secrets: Set<String> = ["key", "api_key", "api-key", "access_token", "token"]
        let passed = Substring(query).split(separator: "&").filter {
            !secrets.contains($0.prefix { $0 != "=" }.unescaped.lowercased()) && $0 != "alt=sse"
        }
        guard !passed.isEmpty else { return path }
        return path + (path.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + passed.joined(separator: "&")
    }

    /// The caller's own credential at the vendor: `Authorization`, where the gateway's token is in another header.
    private static func relayedCredential(_ headers: some Sequence<(name: String, value: String)>) -> String? {
        var credential: String?
        var isRelaying = false
        for (name, value) in headers {
            if name.isEqualIgnoringCase(to: Credential.relayingHeader) { isRelaying = true }
            if name.isEqualIgnoringCase(to: "authorization") { credential = value }
        }
        return isRelaying ? credential : nil
    }

    /// The headers that a client says are for this connection alone (RFC 9110, 7.6.1), in lower case.
    private static func connectionHeaders(_ headers: some Sequence<(name: String, value: String)>) -> Set<String> {
        var names: Set<String> = []
        for (name, value) in headers where name.isEqualIgnoringCase(to: "connection") {
            for part in value.split(separator: ",") { names.insert(part.filter { $0 != " " }.lowercased()) }
        }
        return names
    }

    /// Whether it is taken back before another that is ejected too.
    func isBack(before other: PreparedDestination?) -> Bool {
        guard let other = other?.circuit else { return true }
        return (circuit?.availableAt ?? 0) < other.availableAt
    }

    /// Whether it is not ejected.
    var isAvailable: Bool { circuit?.isAvailable ?? true }

    private func index(of format: WireFormat) -> Int? {
        // By position: a loop over the elements would copy each one.
        spoken.indices.first { spoken[$0].format == format }
    }

    /// What requests of this format may not name.
    func references(in format: WireFormat) -> ReferenceRules {
        index(of: format).map { spoken[$0].references } ?? .none
    }

    /// How a call of this API goes upstream; nil if it cannot.
    package func format(for type: APIType) -> WireFormat? {
        formats.first { $0.apiType == type }?.format
    }

    /// Whether the upstream can be asked how many tokens a request of this format has.
    func countsTokens(in format: WireFormat) -> Bool {
        index(of: format).map { spoken[$0].tokenCountPath != nil } ?? false
    }

    /// The request for the upstream.
    ///
    /// Of the client's headers those that the header policy lets pass go on; the configuration's own win.
    package func request(
        _ format: WireFormat,
        _ operation: APIType.Operation = .generate,
        isStreaming: Bool,
        clientHeaders: some Sequence<(name: String, value: String)>,
        clientTarget: String = "",
        body: [ByteBuffer]
    ) -> UpstreamRequest {
        var path = index(of: format).flatMap { index in
            switch operation {
            case .countTokens: spoken[index].tokenCountPath
            case .compact: spoken[index].compactPath
            case .embed, .generate: isStreaming ? spoken[index].streamPath : spoken[index].path
            }
        }
        if isDirect, destination.service.directUse.forwardsQueryParameters, let own = path {
            path = Self.path(own, forwarding: clientTarget)
        }
        var request = UpstreamRequest(
            service: destination.service,
            path: path ?? "/",
            fixedHeaderLines: headerLines,
            headers: headers(from: clientHeaders),
            body: body
        )
        request.timeouts = timeouts
        request.contentTimeout = contentTimeout
        return request
    }

    /// The headers of one request: those of the client's that go on, and the vendor's own.
    func headers(from clientHeaders: some Sequence<(name: String, value: String)>) -> [(name: String, value: String)] {
        let service = destination.service
        let configured = service.headers
        var headers: [(name: String, value: String)] = []
        let forwardsAll = isDirect && service.directUse.forwardsHeaders
        let hopByHop = forwardsAll ? Self.connectionHeaders(clientHeaders) : []
        for (name, value) in clientHeaders {
            let passed =
                forwardsAll
                ? Self.everything.forwarded(name, value) : service.headerPolicy.forwarded(name, value)
            guard let value = passed, hopByHop.isEmpty || !hopByHop.contains(name.lowercased()) else { continue }
            guard !configured.contains(where: { $0.name.isEqualIgnoringCase(to: name) }) else { continue }
            headers.append((name.lowercased(), value))
        }
        for fixed in service.provider.fixedHeaders
        where !headers.contains(where: { $0.name == fixed.name })
            && !configured.contains(where: { $0.name == fixed.name })
        {
            headers.append(fixed)
        }
        if service.relaysCredentials, let credential = Self.relayedCredential(clientHeaders) {
            headers.append(("authorization", credential))
        }
        return headers
    }

    /// The request that concerns an earlier answer: the path of the API, then `/` and what follows.
    ///
    /// `path` is the id, percent-encoded, and what comes behind it; `query` is the client's, without its `?`.
    package func request(
        _ method: HTTPMethod,
        in format: WireFormat,
        responsePath path: String,
        query: Substring,
        clientHeaders: some Sequence<(name: String, value: String)>
    ) -> UpstreamRequest {
        var request = request(format, isStreaming: false, clientHeaders: clientHeaders, body: [])
        request.method = method
        // Some base URLs have a query of their own, such as a version.
        let parts = request.path.split(separator: "?", maxSplits: 1)
        let queries = [parts.count > 1 ? parts[1] : "", query].filter { !$0.isEmpty }
        request.path = "\(parts.first ?? "")/\(path)" + (queries.isEmpty ? "" : "?" + queries.joined(separator: "&"))
        return request
    }
}

extension HeaderPolicy {
    /// A client's header as it goes on; nil where it does not.
    fileprivate func forwarded(_ name: String, _ value: String) -> String? {
        if name.isEqualIgnoringCase(to: Self.anthropicBetaName) { return anthropicBeta(value) }
        guard request.passes(name) else { return nil }
        let name = name.lowercased()
        guard !Self.isNeverForwarded(name) else { return nil }
        guard !Self.namesAccount(name) || request.allow.contains(where: { $0.isEqualIgnoringCase(to: name) }) else {
            return nil
        }
        return value
    }
}

extension String {
    /// Whether two ASCII texts are the same, whatever their case.
    func isEqualIgnoringCase(to other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return zip(utf8, other.utf8).allSatisfy {
            $0 == $1 || ($0 | 0x20 == $1 | 0x20 && (0x61...0x7A).contains($0 | 0x20))
        }
    }
}
