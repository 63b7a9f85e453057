// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import NIOCore
import NIOHTTP1
import Testing

@Suite("Ejected destinations")
struct CircuitBreakerTests {
    private typealias Script = ScriptedUpstream.Script

    private func gateway(
        _ primaries: [(String, Int)],
        fallback: [String] = [],
        failures: Int = 2
    ) throws -> TestGateway {
        var circuit = CircuitSettings()
        circuit.failures = failures
        circuit.ejection = .seconds(3600)
        circuit.maximumEjection = .seconds(7200)
        let service = try Catalog.service(
            "main.ai.helper",
            try primaries.map { try Catalog.destination($0.0, share: $0.1, circuit: circuit) },
            fallback: try fallback.map { try Catalog.destination($0, share: nil, circuit: circuit) }
        )
        return TestGateway(Catalog.snapshot([service]))
    }

    private let fine: Result<ScriptedUpstream.Script, GatewayError> = .success(Script(steps: [.bytes("hello end ")]))
    private let down: Result<ScriptedUpstream.Script, GatewayError> = .failure(
        GatewayError(.upstreamUnavailable, "down")
    )

    /// The destinations that a call asks, in order.
    private func ask(
        _ gateway: TestGateway,
        _ upstream: ScriptedUpstream,
        _ body: String = #"{"model": "main.ai.helper"}"#
    ) async -> [String] {
        let rows = await gateway.serve(RecordedExchange(body), upstream)
        return rows.flatMap { $0.attempts.map { String($0.destination.drop { $0 != "/" }.dropFirst()) } }
    }

    @Test("A destination that failed is left out, and the fallback answers at once")
    func fallback() async throws {
        let gateway = try gateway([("first", 100)], fallback: ["second"])
        let upstream = ScriptedUpstream(["first": down, "second": fine])
        var asked: [[String]] = []
        for _ in 0..<4 { asked.append(await ask(gateway, upstream)) }
        #expect(asked == [["first", "second"], ["first", "second"], ["second"], ["second"]])
    }

    @Test("The shares of an ejected primary go to the other primaries; one without a share gets none")
    func primaries() async throws {
        let gateway = try gateway([("first", 50), ("none", 0), ("second", 50)])
        let upstream = ScriptedUpstream(["first": down, "second": fine, "none": fine])
        var asked: [[String]] = []
        for _ in 0..<60 { asked.append(await ask(gateway, upstream)) }
        #expect(asked.count { $0 == ["first"] } == 2)
        #expect(asked.count { $0 == ["second"] } == 58)
    }

    @Test("A session whose destination is well stays there when another is ejected")
    func sessions() async throws {
        let gateway = try gateway([("first", 34), ("second", 33), ("third", 33)])
        let upstream = ScriptedUpstream(["first": down, "second": fine, "third": fine])
        func all() async -> [[String]] {
            var asked: [[String]] = []
            for session in 0..<40 {
                asked.append(await ask(gateway, upstream, #"{"model": "main.ai.helper", "session": "s\#(session)"}"#))
            }
            return asked
        }
        let before = await all()
        let after = await all()
        #expect(!after.contains(["first"]))
        for (old, new) in zip(before, after) where old != ["first"] { #expect(old == new) }
    }

    @Test("Where all are ejected, the one that is taken back first is tried, and no other")
    func allEjected() async throws {
        let gateway = try gateway([("first", 100)], fallback: ["second"], failures: 1)
        let upstream = ScriptedUpstream(["first": down, "second": down])
        #expect(await ask(gateway, upstream) == ["first", "second"])
        #expect(await ask(gateway, upstream) == ["first"])
        // It answers again.
        #expect(await ask(gateway, ScriptedUpstream(["first": fine])) == ["first"])
        #expect(await ask(gateway, ScriptedUpstream(["first": fine])) == ["first"])
    }

    @Test("An ejected destination is tried after all others have failed")
    func lastResort() async throws {
        let gateway = try gateway([("first", 100)], fallback: ["second"], failures: 1)
        #expect(await ask(gateway, ScriptedUpstream(["first": down, "second": fine])) == ["first", "second"])
        let exchange = RecordedExchange()
        let rows = await gateway.serve(exchange, ScriptedUpstream(["first": fine, "second": down]))
        #expect(exchange.answer.status == 200)
        #expect(rows[0].attempts.map(\.statusCode) == [502, 200])
    }

    @Test("A destination that alone can read the state of a call is tried although it is ejected")
    func state() async throws {
        let gateway = try gateway([("first", 100)], fallback: ["second"], failures: 1)
        let upstream = ScriptedUpstream(["first": down, "second": fine])
        #expect(await ask(gateway, upstream) == ["first", "second"])
        #expect(await ask(gateway, upstream) == ["second"])
        let stateful = #"{"model": "main.ai.helper", "origin": "first"}"#
        #expect(await ask(gateway, ScriptedUpstream(["first": fine, "second": fine]), stateful) == ["first"])
    }

    @Test("What a caller did wrong ejects nothing")
    func callersMistakes() async throws {
        let gateway = try gateway([("first", 100)], fallback: ["second"], failures: 1)
        let refusing = ScriptedUpstream(["first": .success(Script(status: 400, steps: [.bytes("no")])), "second": fine])
        for _ in 0..<5 { #expect(await ask(gateway, refusing) == ["first"]) }
        let stream = #"{"model": "main.ai.helper", "stream": true}"#
        for _ in 0..<5 {
            let exchange = RecordedExchange(stream, leavesAfterWrites: 0)
            _ = await gateway.serve(exchange, ScriptedUpstream(["first": fine]))
        }
        #expect(await ask(gateway, ScriptedUpstream(["first": fine])) == ["first"])
    }

    @Test("One 429 with `retry-after` is enough, without it as many as of other failures")
    func rateLimited() async throws {
        let gateway = try gateway([("first", 100)], fallback: ["second"])
        let plain = Script(status: 429, headers: [:])
        #expect(await ask(gateway, ScriptedUpstream(["first": .success(plain), "second": fine])).count == 2)
        let limited = Script(status: 429, headers: ["retry-after": "30"])
        let upstream = ScriptedUpstream(["first": .success(limited), "second": fine])
        #expect(await ask(gateway, upstream).count == 2)
        #expect(await ask(gateway, upstream) == ["second"])
    }

    @Test("A breaker outlives the snapshot, and a change of its provider service begins anew")
    func snapshots() async throws {
        let breakers = CircuitBreakers()
        var circuit = CircuitSettings()
        circuit.failures = 1
        let destination = try Catalog.destination("first", circuit: circuit)
        let fallback = try Catalog.destination("second", share: nil)
        func snapshot(_ destination: Destination, after earlier: Snapshot?) throws -> Snapshot {
            var configuration = Configuration()
            configuration.modelServices = [
                try Catalog.service("main.ai.helper", [destination], fallback: [fallback])
            ]
            return Snapshot(
                configuration: Tracked(configuration),
                administratorToken: AccessTokenSecret("gth_admin"),
                translator: ScriptedTranslator(),
                circuits: breakers,
                after: earlier
            )
        }
        let upstream = ScriptedUpstream(["first": down, "second": fine])
        let first = try snapshot(destination, after: nil)
        #expect(await ask(TestGateway(first), upstream) == ["first", "second"])
        let second = try snapshot(destination, after: first)
        #expect(await ask(TestGateway(second), upstream) == ["second"])
        #expect(breakers.readings.map(\.phase) == [.open, .closed])
        #expect(breakers.readings.map(\.ejections) == [1, 0])
        let third = try snapshot(try Catalog.destination("first", circuit: circuit), after: second)
        #expect(await ask(TestGateway(third), upstream) == ["first", "second"])
    }
}
