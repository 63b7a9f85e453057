// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayPipeline
import NIOHTTP1
import Testing

@Suite("Affinity")
struct AffinityTests {
    private func prepared(_ shares: [(String, Int)], fallback: [String] = []) throws -> PreparedService {
        try Catalog.snapshot([
            try Catalog.service(
                "main.ai.helper",
                try shares.map { try Catalog.destination($0.0, share: $0.1) },
                fallback: try fallback.map { try Catalog.destination($0, share: nil) }
            )
        ]).service(named: "main.ai.helper")
    }

    private func origin(_ model: String) -> StateOrigin {
        StateOrigin(service: "test.providers.\(model)", model: model)
    }

    private func route(
        _ service: PreparedService,
        random: UInt64 = 0,
        _ affinity: Affinity = Affinity()
    ) throws -> [String] {
        try service.route(.openAIChat, random: random, affinity).map(\.destination.model)
    }

    @Test("reasoning-07: a call goes to the destination whose state it carries, whatever the shares say")
    func origins() throws {
        let service = try prepared([("a", 90), ("b", 10), ("drained", 0)], fallback: ["x", "y"])
        for random in 0..<UInt64(100) {
            #expect(try route(service, random: random, Affinity(origins: [origin("b")])) == ["b", "x", "y"])
            #expect(
                try route(service, random: random, Affinity(origins: [origin("drained")])) == ["drained", "x", "y"]
            )
            // A conversation that a fallback began goes on there.
            #expect(try route(service, random: random, Affinity(origins: [origin("y")])) == ["y", "x"])
        }
    }

    @Test("reasoning-07: the latest state counts; that of nobody here does not")
    func latest() throws {
        let service = try prepared([("a", 50), ("b", 50)])
        #expect(try route(service, Affinity(origins: [origin("gone"), origin("b"), origin("a")])) == ["b"])
        let strangers = Affinity(origins: [origin("gone")], session: 70)
        #expect(try route(service, random: 1, strangers) == ["b"])
    }

    @Test("reasoning-07: state outweighs the session")
    func stateBeforeSession() throws {
        let service = try prepared([("a", 50), ("b", 50)])
        for session in 0..<UInt64(100) {
            #expect(try route(service, Affinity(origins: [origin("a")], session: session)) == ["a"])
        }
    }

    @Test("cache-02: a session stays with one destination, and sessions are spread by the shares")
    func sessions() throws {
        let service = try prepared([("a", 70), ("b", 30), ("none", 0)], fallback: ["x"])
        var counts: [String: Int] = [:]
        for session in 0..<UInt64(1000) {
            let first = try route(service, random: 0, Affinity(session: session))
            for random in [UInt64(7), 99, .max] {
                #expect(try route(service, random: random, Affinity(session: session)) == first)
            }
            #expect(first[1] == "x")
            counts[first[0], default: 0] += 1
        }
        #expect(counts == ["a": 700, "b": 300])
    }

    @Test("A destination that cannot serve the API gets no call, whatever ties it")
    func unable() throws {
        let service = try Catalog.snapshot([
            try Catalog.service(
                "main.ai.helper",
                [
                    try Catalog.destination("chat", share: 50),
                    try Catalog.destination("embeddings", share: 50, formats: [.openAIEmbeddings]),
                ]
            )
        ]).service(named: "main.ai.helper")
        #expect(try route(service, Affinity(origins: [origin("embeddings")])) == ["chat"])
    }

    @Test(
        "cache-02: the session is the body's, else a coding agent's header, and each gets the same destination again",
        arguments: [
            (#"{"model": "main.ai.helper", "session": "s1"}"#, "x-none"),
            (#"{"model": "main.ai.helper"}"#, "x-claude-code-session-id"),
            (#"{"model": "main.ai.helper"}"#, "session_id"),
        ]
    )
    func calls(body: String, header: String) async throws {
        let service = try Catalog.service(
            "main.ai.helper",
            try (0..<10).map { try Catalog.destination("d\($0)", share: 10) }
        )
        let gateway = TestGateway(Catalog.snapshot([service]))
        let answers = Dictionary(
            uniqueKeysWithValues: (0..<10).map {
                ("d\($0)", Result<ScriptedUpstream.Script, GatewayError>.success(.init(steps: [.bytes("hi end ")])))
            }
        )
        let upstream = ScriptedUpstream(answers)
        for _ in 0..<20 {
            let exchange = RecordedExchange(body, headers: ["authorization": "Bearer gth_admin", header: "s1"])
            _ = await gateway.serve(exchange, upstream)
            #expect(exchange.answer.status == 200)
        }
        #expect(Set(upstream.requests.map(\.service.name)).count == 1)
        // Without a session they are spread.
        for _ in 0..<40 { _ = await gateway.serve(RecordedExchange(), upstream) }
        #expect(Set(upstream.requests.map(\.service.name)).count > 1)
    }

    // MARK: Compactions

    private func compacted(
        _ by: String,
        origin: String? = nil,
        failing: Set<String> = []
    ) async throws -> (
        answer: RecordedExchange.Answer, row: UsageRecord?, asked: [String]
    ) {
        let names = ["a", "b", "x"]
        let destinations = try names.map { try Catalog.destination($0, share: 50, formats: [.openAIResponses]) }
        let service = try Catalog.service("main.ai.helper", Array(destinations[..<2]), fallback: [destinations[2]])
        let gateway = TestGateway(Catalog.snapshot([service]))
        let answers = names.filter { !failing.contains($0) }.map {
            ($0, Result<ScriptedUpstream.Script, GatewayError>.success(.init(steps: [.bytes("hi end ")])))
        }
        let upstream = ScriptedUpstream(Dictionary(uniqueKeysWithValues: answers))
        let more = origin.map { #","origin":"\#($0)""# } ?? ""
        let exchange = RecordedExchange(
            #"{"model":"main.ai.helper","compacted":\#(by)\#(more)}"#,
            target: "/responses",
            headers: ["authorization": "Bearer gth_admin"]
        )
        let rows = await gateway.serve(exchange, upstream)
        return (exchange.answer, rows.first, upstream.requests.map(\.service.name.name))
    }

    @Test(
        "reasoning-14: a compaction goes to who made it, a fallback too, whatever came later",
        arguments: ["a", "b", "x"]
    )
    func compactor(_ name: String) async throws {
        for origin in [nil, "a", "b", "x"] {
            let served = try await compacted(#"["\#(name)","\#(name)"]"#, origin: origin)
            #expect(served.answer.status == 200)
            #expect(served.asked == [name])
        }
    }

    @Test("reasoning-14: where who made a compaction fails, nobody else is asked, and the failure says why")
    func compactorDown() async throws {
        let served = try await compacted(#"["a"]"#, failing: ["a"])
        #expect(served.answer.status == 502 && served.row?.statusCode == 502)
        #expect(served.asked == ["a"])
        #expect(served.answer.body.contains("only this one can read the compaction in 'input[0]'"))
    }

    @Test(
        "reasoning-14: a compaction that nobody here can read is refused before anybody is asked",
        arguments: [
            (#"["gone"]"#, "input[0]"), (#"["a","b"]"#, "input[1]"), (#"["a",7]"#, "input[1]"), ("[7]", "input[0]"),
        ]
    )
    func compactedElsewhere(_ by: String, _ path: String) async throws {
        let served = try await compacted(by)
        #expect(served.answer.status == 400 && served.row?.statusCode == 400)
        #expect(served.asked.isEmpty)
        #expect(
            served.answer.body.contains(
                "'\(path)' holds earlier turns that only the account that compacted them can read"
            )
        )
        #expect(served.answer.body.contains("Use the model that made the compaction, or send those turns"))
    }
}
