// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// One request whose answer is recorded, and which the client may leave after some writes.
final class RecordedExchange: HTTPExchange {
    struct Answer: Sendable {
        var status: Int?
        var headers = HTTPHeaders()
        var body = ""
        var sends = 0
        var hasEnded = false
        var wasAborted = false
        var heldBytes = 0
        var bodyReads = 0
    }

    let request: HTTPRequest
    private let content: Result<String, GatewayError>
    private let writesUntilGone: Int
    private let mostHeldBytes: Int
    private let state = Mutex((answer: Answer(), writes: 0))

    init(
        _ body: String = #"{"model": "main.ai.helper"}"#,
        bodyError: GatewayError? = nil,
        method: HTTPMethod = .POST,
        target: String = "/chat",
        headers: HTTPHeaders = ["authorization": "Bearer gth_admin"],
        leavesAfterWrites: Int = .max,
        mostHeldBytes: Int = .max
    ) {
        request = HTTPRequest(
            method: method,
            target: target,
            headers: headers,
            remoteAddress: "192.0.2.1",
            received: .now()
        )
        content = bodyError.map { .failure($0) } ?? .success(body)
        writesUntilGone = leavesAfterWrites
        self.mostHeldBytes = mostHeldBytes
    }

    var answer: Answer { state.withLock { $0.answer } }

    func body(for account: CallerAccount) async throws(GatewayError) -> ByteBuffer {
        state.withLock { $0.answer.bodyReads += 1 }
        return ByteBuffer(string: try content.get())
    }

    func hold(_ bytes: Int, for account: CallerAccount) throws(GatewayError) {
        let held = state.withLock { state in
            state.answer.heldBytes += bytes
            return state.answer.heldBytes
        }
        guard held <= mostHeldBytes else { throw GatewayError(.limitExceeded, "too much", retryAfter: "1") }
    }

    func send(status: Int, headers: HTTPHeaders, body: ByteBuffer) {
        state.withLock {
            $0.answer.status = status
            $0.answer.headers = headers
            $0.answer.body = String(buffer: body)
            $0.answer.sends += 1
            $0.answer.hasEnded = true
        }
    }

    func start(status: Int, headers: HTTPHeaders) {
        state.withLock {
            $0.answer.status = status
            $0.answer.headers = headers
            $0.answer.sends += 1
        }
    }

    func write(_ bytes: ByteBuffer) async throws(GatewayError) {
        let isGone = state.withLock {
            $0.writes += 1
            $0.answer.body += String(buffer: bytes)
            return $0.writes > writesUntilGone
        }
        if isGone { throw GatewayError(.clientClosed, "gone") }
    }

    func finish(_ bytes: ByteBuffer) {
        state.withLock {
            $0.answer.body += String(buffer: bytes)
            $0.answer.hasEnded = true
        }
    }

    func abort() { state.withLock { $0.answer.wasAborted = true } }
}

/// Upstreams that answer by the destination's model, and note what they were asked.
final class ScriptedUpstream: UpstreamClient {
    enum Step: Sendable {
        case bytes(String)
        case fails(GatewayError)
    }

    struct Script: Sendable {
        var status = 200
        var headers: HTTPHeaders = ["content-type": "application/json", "x-request-id": "vendor-1"]
        var steps: [Step] = []
    }

    private let scripts: [String: Result<Script, GatewayError>]
    private let state = Mutex((requests: [UpstreamRequest](), cancelled: 0))

    init(_ scripts: [String: Result<Script, GatewayError>]) { self.scripts = scripts }

    var requests: [UpstreamRequest] { state.withLock { $0.requests } }
    var cancelled: Int { state.withLock { $0.cancelled } }

    func send(_ request: UpstreamRequest) async throws(GatewayError) -> any UpstreamExchange {
        state.withLock { $0.requests.append(request) }
        let body = request.body.map { String(buffer: $0) }.joined()
        let first = body.isEmpty ? request.path : String(body.prefix { $0 != " " })
        // A request without the state that was refused has a script of its own.
        let model = body.hasSuffix(" repaired") ? first + " repaired" : first
        let script = try (scripts[model] ?? .failure(GatewayError(.upstreamUnavailable, "no upstream"))).get()
        return Exchange(script, owner: self)
    }

    private final class Exchange: UpstreamExchange {
        let head: UpstreamHead
        private let steps: Mutex<[Step]>
        private let owner: ScriptedUpstream

        init(_ script: Script, owner: ScriptedUpstream) {
            head = UpstreamHead(status: script.status, headers: script.headers)
            steps = Mutex(script.steps)
            self.owner = owner
        }

        func next() async throws(GatewayError) -> ByteBuffer? {
            switch steps.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            case .bytes(let text): return ByteBuffer(string: text)
            case .fails(let error): throw error
            case nil: return nil
            }
        }

        var hasEnded: Bool { steps.withLock { $0.isEmpty } }

        func cancel() { owner.state.withLock { $0.cancelled += 1 } }
    }
}

/// Answers what is no inference route.
struct NoWeb: HTTPResponder {
    func respond(to exchange: any HTTPExchange, upstream: any UpstreamClient) async {
        exchange.send(status: 404, headers: [:], body: ByteBuffer(string: "web"))
    }
}

/// A gateway over one snapshot, and what it recorded.
struct TestGateway {
    let queue: UsageQueue
    let metrics = Metrics()
    let gateway: Gateway

    let store = InMemoryResponseStore()
    let responses: StoredResponses

    init(
        _ snapshot: Snapshot,
        capacity: Int = 100,
        insecureCaller: Caller? = nil,
        responseSettings: Configuration.Server.Responses = Configuration.Server.Responses(),
        translator: any Translator = ScriptedTranslator(),
        largeBodies: LargeBodies = LargeBodies(),
        policies: [any CallPolicy] = []
    ) {
        queue = UsageQueue(capacity: capacity)
        responses = StoredResponses(
            store: store,
            settings: responseSettings,
            metrics: metrics,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        gateway = Gateway(
            snapshots: CurrentSnapshot(snapshot),
            translator: translator,
            usageQueue: queue,
            responses: responses,
            metrics: metrics,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            web: NoWeb(),
            authenticator: Authenticator(insecureCaller: insecureCaller, metrics: metrics),
            largeBodies: largeBodies,
            policies: policies
        )
    }

    /// Serves one request, and returns the rows that it left.
    func serve(
        _ exchange: RecordedExchange,
        _ upstream: ScriptedUpstream = ScriptedUpstream([:])
    ) async -> [UsageRecord] {
        await gateway.respond(to: exchange, upstream: upstream)
        return queue.take()
    }
}
