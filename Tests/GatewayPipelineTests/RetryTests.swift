// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import Testing

@Suite("Attempts before the content")
struct RetryTests {
    private typealias Script = ScriptedUpstream.Script

    private let streaming = #"{"model": "main.ai.helper", "stream": true}"#
    private let fine: Result<ScriptedUpstream.Script, GatewayError> = .success(Script(steps: [.bytes("hello end ")]))

    private func gateway(
        fallback: [String] = [],
        attempts: Int = 0,
        unsafe: Bool = false,
        total: Duration? = nil
    ) throws -> TestGateway {
        var retries = RetryPolicy()
        retries.attempts = attempts
        retries.backoff = .milliseconds(1)
        retries.retriesUnsafe = unsafe
        var timeouts = CallTimeouts()
        timeouts.total = total
        let service = ModelService(
            name: try #require(ObjectName("main.ai.helper")),
            destinations: [try Catalog.destination("first")],
            fallback: try fallback.map { try Catalog.destination($0, share: nil) },
            timeouts: timeouts,
            retries: retries,
            createdBy: "test"
        )
        return TestGateway(Catalog.snapshot([service]))
    }

    private var unsent: GatewayError {
        var error = GatewayError(.upstreamUnavailable, "unreachable")
        error.isUnsent = true
        return error
    }

    @Test("A destination is asked as often as the service says, then the fallback")
    func order() async throws {
        let upstream = ScriptedUpstream(["first": .failure(unsent), "second": fine])
        let rows = try await gateway(fallback: ["second"], attempts: 2).serve(RecordedExchange(), upstream)
        #expect(rows.map(\.statusCode) == [200])
        #expect(rows[0].attempts.map(\.action) == ["ROUTE", "RETRY", "RETRY", "FALLBACK"])
        #expect(rows[0].attempts.map(\.priority) == [1, 2, 3, 4])
        #expect(upstream.requests.count == 4)
    }

    @Test("Without a word about it nothing is asked twice; nor is what the upstream may be working on")
    func never() async throws {
        for (attempts, error) in [(0, unsent), (3, GatewayError(.upstreamTimeout, "slow"))] {
            let upstream = ScriptedUpstream(["first": .failure(error)])
            let rows = try await gateway(attempts: attempts).serve(RecordedExchange(), upstream)
            #expect(rows[0].attempts.map(\.action) == ["ROUTE"])
            #expect(upstream.requests.count == 1)
        }
        let upstream = ScriptedUpstream(["first": .failure(GatewayError(.upstreamTimeout, "slow"))])
        _ = try await gateway(attempts: 3, unsafe: true).serve(RecordedExchange(), upstream)
        #expect(upstream.requests.count == 4)
    }

    @Test("What a stream begins with before its content reaches no client if another destination answers")
    func opening() async throws {
        for failure in [
            Script(steps: [.bytes("usage "), .fails(GatewayError(.upstreamTimeout, "slow"))]),
            Script(steps: [.bytes("usage "), .bytes("overloaded ")]),
        ] {
            let exchange = RecordedExchange(streaming)
            let upstream = ScriptedUpstream(["first": .success(failure), "second": fine])
            let rows = try await gateway(fallback: ["second"]).serve(exchange, upstream)
            #expect(exchange.answer.status == 200)
            #expect(exchange.answer.body == "hello end ")
            #expect(exchange.answer.sends == 1)
            #expect(rows[0].attempts.map(\.action) == ["ROUTE", "FALLBACK"])
            #expect(upstream.cancelled >= 1)
        }
    }

    @Test(
        "It reaches the client together with the content, all of it and in order, and at once where there is no other"
    )
    func openingBeforeContent() async throws {
        let script = Script(steps: [.bytes("usage "), .bytes("usage "), .bytes("hello "), .bytes("end ")])
        for fallback in [["second"], []] {
            let exchange = RecordedExchange(streaming)
            _ = try await gateway(fallback: fallback).serve(exchange, ScriptedUpstream(["first": .success(script)]))
            #expect(exchange.answer.body == "usage usage hello end ")
            #expect(exchange.answer.hasEnded)
        }
        let empty = RecordedExchange(streaming)
        let ends = Script(steps: [.bytes("usage "), .bytes("end ")])
        _ = try await gateway(fallback: ["second"]).serve(empty, ScriptedUpstream(["first": .success(ends)]))
        #expect(empty.answer.body == "usage end ")
    }

    @Test("A beginning without end goes out before it takes much memory")
    func largeOpening() async throws {
        let piece = String(repeating: "usage ", count: 2000)
        let steps = Array(repeating: ScriptedUpstream.Step.bytes(piece), count: 20)
        let failing = Script(steps: steps + [.fails(GatewayError(.upstreamTimeout, "slow"))])
        let exchange = RecordedExchange(streaming)
        let upstream = ScriptedUpstream(["first": .success(failing), "second": fine])
        let rows = try await gateway(fallback: ["second"]).serve(exchange, upstream)
        #expect(rows[0].attempts.map(\.action) == ["ROUTE"])
        #expect(exchange.answer.body.hasPrefix(piece + piece))
        #expect(exchange.answer.body.hasSuffix("event: error slow"))
    }

    @Test("When the time of a call is over, no other destination is asked")
    func outOfTime() async throws {
        let upstream = ScriptedUpstream(["first": .failure(unsent), "second": fine])
        let exchange = RecordedExchange()
        let rows = try await gateway(fallback: ["second"], attempts: 5, total: .zero).serve(exchange, upstream)
        #expect(exchange.answer.status == 504)
        #expect(exchange.answer.body.contains("timeouts.total"))
        #expect(rows.map(\.statusCode) == [504])
        #expect(upstream.requests.count == 1)
    }
}
