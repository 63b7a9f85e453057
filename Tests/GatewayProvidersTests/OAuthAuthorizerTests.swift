// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

import GatewayProviders

@Suite("Access tokens")
struct OAuthAuthorizerTests {
    private struct Grant: OAuthGrant {
        let endpoint: UpstreamAddress

        func form(now: Int64) throws(GatewayError) -> [(name: String, value: String)] {
            [("grant_type", "test grant"), ("at", "\(now)")]
        }
    }

    private func authorizer(_ clock: Clock = Clock()) throws -> OAuthAuthorizer {
        OAuthAuthorizer(
            grant: Grant(endpoint: try #require(UpstreamAddress(baseURL: "https://tokens.example/oauth/token"))),
            clock: { clock.now }
        )
    }

    private func request() throws -> UpstreamRequest {
        let service = ProviderService(
            name: try #require(ObjectName("main.p.vertex")),
            provider: .vertexAI,
            address: try #require(UpstreamAddress(baseURL: "https://h")),
            apiKey: nil,
            wireFormats: []
        )
        return UpstreamRequest(service: service, path: "/", fixedHeaderLines: ByteBuffer(), body: [])
    }

    private func authorized(
        _ authorizer: OAuthAuthorizer,
        _ endpoint: TokenEndpoint
    ) async throws(GatewayError) -> [String] {
        var request: UpstreamRequest
        do { request = try self.request() } catch { throw GatewayError(.internalFailure, "\(error)") }
        try await authorizer.authorize(&request, using: endpoint)
        return request.headers.map { "\($0.name): \($0.value)" }
    }

    @Test("A token is asked for once, and stands on every request until it nears its end")
    func kept() async throws {
        let clock = Clock()
        let endpoint = TokenEndpoint([.answer(200, #"{"access_token":"t1","expires_in":3600}"#)])
        let authorizer = try authorizer(clock)
        for second in [0, 1, 3299] as [Int64] {
            clock.set(second)
            #expect(try await authorized(authorizer, endpoint) == ["authorization: Bearer t1"])
        }
        #expect(endpoint.bodies == ["grant_type=test%20grant&at=0"])
        #expect(endpoint.paths == ["/oauth/token"])
        clock.set(3300)
        endpoint.add(.answer(200, #"{"access_token":"t2","expires_in":"3600"}"#))
        #expect(try await authorized(authorizer, endpoint) == ["authorization: Bearer t2"])
        #expect(endpoint.bodies.count == 2)
    }

    @Test("However many requests need a token, one fetches it")
    func single() async throws {
        let endpoint = TokenEndpoint([.gated(200, #"{"access_token":"t1"}"#)])
        let authorizer = try authorizer()
        try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<50 { group.addTask { try await authorized(authorizer, endpoint) } }
            await endpoint.open()
            for try await headers in group { #expect(headers == ["authorization: Bearer t1"]) }
        }
        #expect(endpoint.bodies.count == 1)
    }

    @Test("If the client whose request fetches leaves, another one fetches")
    func handedOver() async throws {
        let endpoint = TokenEndpoint([
            .gatedFailure(GatewayError(.clientClosed, "gone")), .answer(200, #"{"access_token":"t1"}"#),
        ])
        let authorizer = try authorizer()
        let results = await withTaskGroup(of: Result<[String], GatewayError>.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    do throws(GatewayError) { return .success(try await authorized(authorizer, endpoint)) } catch {
                        return .failure(error)
                    }
                }
            }
            await endpoint.open()
            return await group.reduce(into: []) { $0.append($1) }
        }
        let gone = results.filter { if case .failure(let error) = $0 { error.code == .clientClosed } else { false } }
        #expect(gone.count == 1)
        #expect(results.count(where: { (try? $0.get()) == ["authorization: Bearer t1"] }) == 9)
        #expect(endpoint.bodies.count == 2)
    }

    @Test("A request whose client leaves does not wait for the token any longer, and the others get it")
    func waiterLeaves() async throws {
        let endpoint = TokenEndpoint([.gated(200, #"{"access_token":"t1"}"#)])
        let authorizer = try authorizer()
        let fetching = Task { try await authorized(authorizer, endpoint) }
        while endpoint.bodies.isEmpty { await Task.yield() }
        let waiting = (0..<10).map { _ in
            Task {
                do throws(GatewayError) { return try await authorized(authorizer, endpoint) } catch {
                    return ["\(error.code)"]
                }
            }
        }
        for task in waiting.prefix(5) { task.cancel() }
        // The endpoint has not answered: that these end shows that they do not wait for it.
        for task in waiting.prefix(5) { #expect(await task.value == ["clientClosed"]) }
        await endpoint.open()
        for task in waiting.dropFirst(5) { #expect(await task.value == ["authorization: Bearer t1"]) }
        #expect(try await fetching.value == ["authorization: Bearer t1"])
        #expect(endpoint.bodies.count == 1)
    }

    @Test(
        "An endpoint that gives no token is the provider's failure, in words without its answer",
        arguments: [
            (400, #"{"error":"invalid_grant","error_description":"canary"}"#, "returned 400 (invalid_grant)"),
            (400, #"{"error":"canary was here"}"#, "returned 400 without"), (500, "canary", "not JSON"),
            (200, #"{"access_token":"a\nb canary"}"#, "returned 200 without"), (200, "{}", "returned 200 without"),
        ]
    )
    func refused(_ status: Int, _ body: String, _ expected: String) async throws {
        do throws(GatewayError) {
            _ = try await authorized(try authorizerOrError(), TokenEndpoint([.answer(status, body)]))
            Issue.record("authorized")
        } catch {
            #expect(error.code == .upstreamUnavailable)
            #expect(error.message.contains("main.p.vertex") && error.message.contains(expected))
            #expect(!error.message.contains("canary") && error.cause?.contains("canary") != true)
        }
    }

    @Test("An answer without end is cut off")
    func endless() async throws {
        let body = String(repeating: "x", count: 65_537)
        do throws(GatewayError) {
            _ = try await authorized(try authorizerOrError(), TokenEndpoint([.answer(200, body)]))
            Issue.record("authorized")
        } catch {
            #expect(error.code == .upstreamUnavailable)
        }
    }

    @Test("A renewal that fails leaves the token at hand in use")
    func oldToken() async throws {
        let clock = Clock()
        let endpoint = TokenEndpoint([
            .answer(200, #"{"access_token":"t1"}"#), .answer(503, "{}"), .answer(503, "{}"),
        ])
        let authorizer = try authorizer(clock)
        _ = try await authorized(authorizer, endpoint)
        clock.set(3400)
        #expect(try await authorized(authorizer, endpoint) == ["authorization: Bearer t1"])
        clock.set(3590)
        await #expect(throws: GatewayError.self) { try await authorized(authorizer, endpoint) }
        #expect(endpoint.bodies.count == 3)
    }

    @Test("After a refusal by the upstream the next request has a fresh token")
    func refusal() async throws {
        let clock = Clock()
        let endpoint = TokenEndpoint([
            .answer(200, #"{"access_token":"t1"}"#), .answer(200, #"{"access_token":"t2"}"#),
        ])
        let authorizer = try authorizer(clock)
        _ = try await authorized(authorizer, endpoint)
        clock.set(60)
        authorizer.noteRefusal()
        #expect(try await authorized(authorizer, endpoint) == ["authorization: Bearer t2"])
    }

    private func authorizerOrError() throws(GatewayError) -> OAuthAuthorizer {
        do { return try authorizer() } catch { throw GatewayError(.internalFailure, "\(error)") }
    }
}

/// A clock that a test sets.
private final class Clock: Sendable {
    private let seconds = Mutex<Int64>(0)

    var now: Int64 { seconds.withLock { $0 } }

    func set(_ now: Int64) { seconds.withLock { $0 = now } }
}

/// A token endpoint that answers by a script.
private final class TokenEndpoint: UpstreamClient {
    enum Step: Sendable {
        case answer(Int, String)
        /// Answers once ``TokenEndpoint/open()`` has been called.
        case gated(Int, String)
        case gatedFailure(GatewayError)
    }

    private let state: Mutex<(steps: [Step], requests: [UpstreamRequest])>
    private let gate = AsyncStream<Void>.makeStream()

    init(_ steps: [Step]) { state = Mutex((steps, [])) }

    var bodies: [String] { state.withLock { $0.requests.map { $0.body.map { String(buffer: $0) }.joined() } } }
    var paths: [String] { state.withLock { $0.requests.map(\.path) } }

    func add(_ step: Step) { state.withLock { $0.steps.append(step) } }

    /// Lets the gated step answer, after the other tasks had their chance to come.
    func open() async {
        for _ in 0..<200 { await Task.yield() }
        gate.continuation.finish()
    }

    func send(_ request: UpstreamRequest) async throws(GatewayError) -> any UpstreamExchange {
        let step = state.withLock { state -> Step? in
            state.requests.append(request)
            return state.steps.isEmpty ? nil : state.steps.removeFirst()
        }
        switch step {
        case .answer(let status, let body): return Answer(status, body)
        case .gated(let status, let body):
            for await _ in gate.stream {}
            return Answer(status, body)
        case .gatedFailure(let error):
            for await _ in gate.stream {}
            throw error
        case nil: throw GatewayError(.upstreamUnavailable, "There are no more answers.")
        }
    }

    private final class Answer: UpstreamExchange {
        let head: UpstreamHead
        private let rest: Mutex<ByteBuffer?>

        init(_ status: Int, _ body: String) {
            head = UpstreamHead(status: status, headers: HTTPHeaders())
            rest = Mutex(ByteBuffer(string: body))
        }

        func next() async throws(GatewayError) -> ByteBuffer? {
            rest.withLock { rest in
                defer { rest = nil }
                return rest
            }
        }

        var hasEnded: Bool { rest.withLock { $0 == nil } }

        func cancel() { rest.withLock { $0 = nil } }
    }
}
