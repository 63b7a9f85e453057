// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import NIOHTTP1
import Synchronization
import Testing

/// Notes at which moments of a call it is asked, and refuses at one of them.
private final class Witness: HeadPolicy, RequestPolicy, AttemptPolicy, EndPolicy {
    private let name: String
    private let refusesAt: String?
    private let notes: Notes

    init(_ name: String, into notes: Notes, refusesAt moment: String? = nil) {
        self.name = name
        self.notes = notes
        refusesAt = moment
    }

    private func note(_ moment: String) throws(GatewayError) {
        notes.add("\(name) \(moment)")
        if moment == refusesAt { throw GatewayError(.forbidden, "\(name) refuses") }
    }

    func checkHead(of call: inout Call) throws(GatewayError) { try note("head") }
    func check(_ call: inout Call) async throws(GatewayError) { try note("request") }
    func check(_ call: inout Call, at destination: Destination) throws(GatewayError) {
        try note("attempt \(destination.model)")
    }
    func note(_ record: UsageRecord, of call: borrowing Call) {
        notes.add("\(name) end \(record.statusCode) \(call.failure?.message ?? "-")")
    }
}

private final class Notes: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    var all: [String] { lines.withLock { $0 } }
}

/// A number of tokens that all calls share: each reserves ten, and gives back what it did not use.
private final class TokenLimit: RequestPolicy {
    private let left: Mutex<Int>

    init(_ tokens: Int) { left = Mutex(tokens) }

    var tokens: Int { left.withLock { $0 } }

    func check(_ call: inout Call) async throws(GatewayError) {
        await Task.yield()
        let isReserved = left.withLock { left in
            guard left >= 10 else { return false }
            left -= 10
            return true
        }
        guard isReserved else { throw GatewayError(.limitExceeded, "no tokens are left", retryAfter: "60") }
        call.settle { record in self.left.withLock { $0 += 10 - record.usage.total } }
    }
}

/// Rules out a destination, as one whose own limit is reached.
private struct NoDestination: AttemptPolicy {
    let model: String

    func check(_ call: inout Call, at destination: Destination) throws(GatewayError) {
        if destination.model == model { throw GatewayError(.limitExceeded, "not \(model)") }
    }
}

@Suite("Policies")
struct CallPolicyTests {
    private func gateway(_ policies: any CallPolicy...) throws -> TestGateway {
        let service = try Catalog.service(
            "main.ai.helper",
            [try Catalog.destination("first")],
            fallback: [try Catalog.destination("second", share: nil)]
        )
        return TestGateway(Catalog.snapshot([service]), policies: policies)
    }

    private func answers(_ models: String...) -> ScriptedUpstream {
        ScriptedUpstream(
            Dictionary(
                uniqueKeysWithValues: models.map { ($0, .success(.init(steps: [.bytes("hello usage end ")]))) }
            )
        )
    }

    @Test("At each moment of a call policies are asked in the order of their list")
    func order() async throws {
        let notes = Notes()
        let gateway = try gateway(Witness("a", into: notes), Witness("b", into: notes))
        let rows = await gateway.serve(RecordedExchange(), answers("second"))
        #expect(rows.map(\.statusCode) == [200])
        #expect(
            notes.all == [
                "a head", "b head", "a request", "b request", "a attempt first", "b attempt first", "a attempt second",
                "b attempt second", "a end 200 -", "b end 200 -",
            ]
        )
    }

    @Test(
        "A policy that refuses ends the call at its moment, and the row and the end of the call tell so",
        arguments: [
            ("head", ["a head", "a end 403 a refuses", "b end 403 a refuses"], 0),
            ("request", ["a head", "b head", "a request", "a end 403 a refuses", "b end 403 a refuses"], 1),
            (
                "attempt first",
                [
                    "a head", "b head", "a request", "b request", "a attempt first", "a end 403 a refuses",
                    "b end 403 a refuses",
                ], 1
            ),
        ]
    )
    func refusal(moment: String, expected: [String], bodyReads: Int) async throws {
        let notes = Notes()
        let gateway = try gateway(Witness("a", into: notes, refusesAt: moment), Witness("b", into: notes))
        let exchange = RecordedExchange()
        let upstream = answers("first", "second")
        let rows = await gateway.serve(exchange, upstream)
        #expect(rows.map(\.statusCode) == [403])
        #expect(exchange.answer.status == 403)
        #expect(exchange.answer.body == "error: a refuses")
        #expect(exchange.answer.bodyReads == bodyReads)
        #expect(notes.all == expected)
        #expect(upstream.requests.isEmpty)
    }

    @Test("Policies are asked for calls that have a caller, and for no others")
    func unauthenticated() async throws {
        let notes = Notes()
        let gateway = try gateway(Witness("a", into: notes))
        _ = await gateway.serve(RecordedExchange(headers: [:]))
        _ = await gateway.serve(RecordedExchange(method: .GET))
        _ = await gateway.serve(RecordedExchange(target: "/web"))
        #expect(notes.all.isEmpty)
        _ = await gateway.serve(RecordedExchange(#"{"model": "main.ai.none"}"#))
        #expect(notes.all == ["a head", "a end 404 'main.ai.none' does not exist"])
    }

    @Test("What a limit reserves is settled once with what the call used, however it ends")
    func settlement() async throws {
        let limit = TokenLimit(40)
        let gateway = try gateway(limit)
        #expect(await gateway.serve(RecordedExchange(), answers("first")).map(\.usage.total) == [16])
        #expect(limit.tokens == 24)
        // Nobody answers: nothing was used.
        #expect(await gateway.serve(RecordedExchange()).map(\.statusCode) == [502])
        #expect(limit.tokens == 24)
        let gone = RecordedExchange(#"{"model": "main.ai.helper", "stream": true}"#, leavesAfterWrites: 0)
        let pieces = ScriptedUpstream(["first": .success(.init(steps: [.bytes("hello usage "), .bytes("end ")]))])
        #expect(await gateway.serve(gone, pieces).map(\.statusCode) == [499])
        #expect(limit.tokens == 8)
        let refused = RecordedExchange()
        #expect(await gateway.serve(refused, answers("first")).map(\.statusCode) == [429])
        #expect(refused.answer.headers["retry-after"] == ["60"])
        #expect(limit.tokens == 8)
    }

    @Test("A destination that a policy rules out gives way to the next one")
    func ruledOut() async throws {
        let upstream = answers("first", "second")
        let rows = try await gateway(NoDestination(model: "first")).serve(RecordedExchange(), upstream)
        #expect(rows.map(\.statusCode) == [200])
        #expect(rows.first?.destination?.model == "second")
        #expect(upstream.requests.count == 1)
        let last = RecordedExchange()
        let both = try gateway(NoDestination(model: "first"), NoDestination(model: "second"))
        #expect(await both.serve(last, upstream).map(\.statusCode) == [429])
        #expect(last.answer.body == "error: not second")
    }
}
