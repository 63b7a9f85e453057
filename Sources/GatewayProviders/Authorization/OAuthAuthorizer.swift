// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore
import Synchronization

/// Puts an access token on requests, fetched with a grant and kept until shortly before it expires.
///
/// The token is fetched over the connection pools of the request that needs it, so there is no separate task. If several requests need it, only one fetches it. A token
/// that is about to expire is renewed by one request while the others continue to use it. Tokens are never logged.
package final class OAuthAuthorizer: RequestAuthorizer {
    /// How a fetch ended for the requests that waited.
    private enum Outcome: Sendable {
        case again
        case failed(GatewayError)
        /// The client of the waiting request has left.
        case left
    }

    /// The largest response of a token endpoint, in bytes.
    private static let maximumAnswer = 64 << 10

    /// What the endpoint is called where a provider service must have a name.
    // Three parts of plain letters are a name.
    // swift-format-ignore: NeverForceUnwrap
    private static let endpointName = ObjectName("system.providers.tokens")!

    private let grant: any OAuthGrant
    private let endpoint: ProviderService
    private let headerLines: ByteBuffer
    private let clock: @Sendable () -> Int64
    private let state = Mutex(TokenState<CheckedContinuation<Outcome, Never>>())

    /// Creates an authorizer; `route` leads to the endpoint, and `clock` tells the seconds since 1970 UTC.
    package init(
        grant: some OAuthGrant,
        route: UpstreamRoute = UpstreamRoute(),
        clock: @escaping @Sendable () -> Int64 = secondsSince1970
    ) {
        self.grant = grant
        self.clock = clock
        var timeouts = ProviderService.Timeouts()
        timeouts.firstByte = .seconds(30)
        timeouts.idle = .seconds(30)
        endpoint = ProviderService(
            name: Self.endpointName,
            provider: Provider(id: "oauth", displayName: "Token endpoint", wireFormats: []) { _ in "" },
            address: grant.endpoint,
            apiKey: nil,
            wireFormats: [],
            timeouts: timeouts,
            route: route,
            maximumConnections: 4,
            // An additional token does no harm.
            resendsUnanswered: true
        )
        headerLines = ByteBuffer(
            string: "host: \(grant.endpoint.authority)\r\ncontent-type: application/x-www-form-urlencoded\r\n"
                + "accept: application/json\r\naccept-encoding: identity\r\nuser-agent: gatehouse\r\n"
        )
    }

    package func authorize(
        _ request: inout UpstreamRequest,
        using upstream: any UpstreamClient
    ) async throws(GatewayError) {
        let token = try await token(for: request.service.name, using: upstream)
        request.headers.append((name: "authorization", value: "Bearer " + token))
    }

    package var secrets: [String] { state.withLock { $0.latest }.map { [$0] } ?? [] }

    package func noteRefusal() {
        let now = clock()
        state.withLock { $0.noteRefusal(now: now) }
    }

    private func token(for service: ObjectName, using upstream: any UpstreamClient) async throws(GatewayError) -> String
    {
        while true {
            let now = clock()
            switch state.withLock({ $0.step(now: now) }) {
            case .use(let token): return token
            case .fetch: return try await fetchForAll(service, using: upstream)
            case .wait: try await waitForFetch()
            }
        }
    }

    /// Waits until another request's fetch has ended; if its client leaves, the request stops waiting at once, and the fetch continues for the others.
    private func waitForFetch() async throws(GatewayError) {
        let ticket = state.withLock { $0.makeTicket() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // If the fetch has ended in the meantime, ask again.
                state.withLock { $0.add(continuation, ticket: ticket) }?.resume(returning: Outcome.again)
                // The client may have left before this request started to wait.
                if Task.isCancelled { dismiss(ticket) }
            }
        } onCancel: {
            dismiss(ticket)
        }
        switch outcome {
        case .again: return
        case .failed(let error): throw error
        case .left: throw GatewayError(.clientClosed, "The client closed the connection.")
        }
    }

    private func dismiss(_ ticket: Int) {
        state.withLock { $0.remove(ticket: ticket) }?.resume(returning: .left)
    }

    /// Fetches a token for all waiting requests, and wakes them however it ends.
    private func fetchForAll(
        _ service: ObjectName,
        using upstream: any UpstreamClient
    ) async throws(GatewayError) -> String {
        do throws(GatewayError) {
            let token = try await fetch(service, using: upstream)
            for waiter in state.withLock({ $0.finish(token) }) { waiter.resume(returning: .again) }
            return token.value
        } catch {
            // If the client of this request left, that says nothing about the endpoint: another request tries.
            let outcome: Outcome = error.code == .clientClosed ? .again : .failed(error)
            let now = clock()
            let (waiters, old) = state.withLock { ($0.fail(), $0.usable(now: now)) }
            for waiter in waiters { waiter.resume(returning: outcome) }
            if let old, error.code != .clientClosed { return old }
            throw error
        }
    }

    private func fetch(
        _ service: ObjectName,
        using upstream: any UpstreamClient
    ) async throws(GatewayError) -> OAuthToken {
        let now = clock()
        let form = try grant.form(now: now)
        let body = form.map { percentEncoded($0.name) + "=" + percentEncoded($0.value) }.joined(separator: "&")
        let request = UpstreamRequest(
            service: endpoint,
            path: grant.endpoint.pathPrefix.isEmpty ? "/" : grant.endpoint.pathPrefix,
            fixedHeaderLines: headerLines,
            body: [ByteBuffer(string: body)]
        )
        var answer = ByteBuffer()
        let status: Int
        do throws(GatewayError) {
            let exchange = try await upstream.send(request)
            status = exchange.head.status
            while let bytes = try await exchange.next() {
                answer.writeImmutableBuffer(bytes)
                guard answer.readableBytes <= Self.maximumAnswer else {
                    exchange.cancel()
                    throw GatewayError(.upstreamUnavailable, "", cause: "The token endpoint's response is too long.")
                }
            }
        } catch {
            guard error.code != .clientClosed else { throw error }
            throw Self.failure(service, "its token endpoint did not respond", cause: error.cause ?? error.message)
        }
        guard let json = try? JSONValue(validating: answer) else {
            throw Self.failure(service, "its token endpoint returned \(status) with a body that is not JSON")
        }
        guard status == 200, let value = json["access_token"]?.string, Self.isHeaderValue(value) else {
            let code = json["error"]?.string.flatMap { Self.isErrorCode($0) ? " (\($0))" : nil } ?? ""
            throw Self.failure(service, "its token endpoint returned \(status)\(code) without a token")
        }
        // Some endpoints write the number as text.
        let seconds = json["expires_in"]?.int ?? json["expires_in"]?.string.flatMap { Int($0) } ?? 3600
        return OAuthToken(value: value, start: now, end: now + Int64(min(max(seconds, 0), 86_400)))
    }

    private static func failure(_ service: ObjectName, _ why: String, cause: String? = nil) -> GatewayError {
        GatewayError(
            .upstreamUnavailable,
            "There is no credential for the provider '\(service)': \(why).",
            cause: cause ?? why
        )
    }

    private static func isHeaderValue(_ text: String) -> Bool {
        (1...8192).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// RFC 6749's error codes are words of letters and underscores; nothing else may appear in a message.
    private static func isErrorCode(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") }
    }
}
