// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import NIOCore
import NIOHTTP1
import Testing

/// Requests that refer to earlier answers.
///
/// The answer `hello end` has the id `resp_hello`.
@Suite("Earlier answers")
struct ResponseStateTests {
    private typealias Script = ScriptedUpstream.Script

    private let bob: HTTPHeaders = ["authorization": "Bearer gth_bob"]
    private let admin: HTTPHeaders = ["authorization": "Bearer gth_admin"]

    /// A gateway with a service whose destinations are translated to, and one whose destinations keep answers themselves.
    private func gateway(
        _ settings: Configuration.Server.Responses = Configuration.Server.Responses()
    ) throws -> TestGateway {
        var native = Catalog.provider([.openAIResponses])
        native.traits.keepsResponses = true
        let keeping = try ["n1", "n2"].map {
            try Catalog.destination($0, share: 50, formats: [.openAIResponses], provider: native)
        }
        return TestGateway(
            Catalog.snapshot(
                [
                    try Catalog.service("main.ai.helper", [try Catalog.destination("translated")]),
                    try Catalog.service("main.ai.native", keeping),
                    try Catalog.service("main.ai.other", [try Catalog.destination("other")]),
                ],
                tokens: [Catalog.token("gth_bob", of: "bob", isAdministrator: true)]
            ),
            responseSettings: settings
        )
    }

    private func answers(_ answers: (String, String)...) -> ScriptedUpstream {
        ScriptedUpstream(
            Dictionary(
                uniqueKeysWithValues: answers.map { ($0.0, .success(Script(steps: [.bytes($0.1)]))) }
            )
        )
    }

    private func post(
        _ members: String,
        headers: HTTPHeaders? = nil,
        mostHeldBytes: Int = .max
    ) -> RecordedExchange {
        RecordedExchange(
            "{\(members)}",
            target: "/responses",
            headers: headers ?? admin,
            mostHeldBytes: mostHeldBytes
        )
    }

    private func about(_ path: String, _ method: HTTPMethod = .GET, headers: HTTPHeaders? = nil) -> RecordedExchange {
        RecordedExchange("", method: method, target: "/responses/\(path)", headers: headers ?? admin)
    }

    private func sent(_ upstream: ScriptedUpstream) -> [String] {
        upstream.requests.map { $0.body.map { String(buffer: $0) }.joined() }
    }

    @Test("What a translated answer says is kept, and comes before the next input")
    func kept() async throws {
        let gateway = try gateway()
        let upstream = answers(("translated", "hello end "))
        _ = await gateway.serve(post(#""model": "main.ai.helper", "input": "one""#), upstream)
        let next = post(#""model": "main.ai.helper", "input": "two", "previous": "resp_hello""#)
        #expect(await gateway.serve(next, upstream).map(\.statusCode) == [200])
        #expect(sent(upstream) == ["translated one", #"translated "one"hello endtwo"#])
        let get = about("resp_hello")
        #expect(await gateway.serve(get, upstream).isEmpty)
        #expect(get.answer.status == 200)
        #expect(get.answer.body == "hello end")
        let items = about("resp_hello/input_items?limit=2")
        _ = await gateway.serve(items, upstream)
        // The second answer has the same id here, so what is stored is the second conversation.
        #expect(items.answer.body == #"items limit=2: "\"one\"hello endtwo""#)
        let delete = about("resp_hello", .DELETE)
        #expect(await gateway.serve(delete, upstream).isEmpty)
        #expect(delete.answer.body == "deleted resp_hello")
        let gone = about("resp_hello")
        _ = await gateway.serve(gone, upstream)
        #expect(gone.answer.status == 404)
        #expect(upstream.requests.count == 2)
    }

    @Test("A conversation that a short request refers to counts towards what its caller holds")
    func heldConversations() async throws {
        let gateway = try gateway()
        let upstream = answers(("translated", "hello end "))
        _ = await gateway.serve(post(#""model": "main.ai.helper", "input": "one""#), upstream)
        let held = #""one"hello end"#.utf8.count
        let next = #""model": "main.ai.helper", "input": "two", "previous": "resp_hello", "unstored": true"#
        let fits = post(next, mostHeldBytes: held)
        #expect(await gateway.serve(fits, upstream).map(\.statusCode) == [200])
        #expect(fits.answer.heldBytes == held)
        let tooMuch = post(next, mostHeldBytes: held - 1)
        #expect(await gateway.serve(tooMuch, upstream).map(\.statusCode) == [429])
        #expect(tooMuch.answer.headers["retry-after"] == ["1"])
        #expect(upstream.requests.count == 2)
        let read = about("resp_hello")
        _ = await gateway.serve(read, upstream)
        #expect(read.answer.heldBytes >= held)
    }

    @Test("What was kept is found before and after it is written, and when it was deleted, never")
    func written() async throws {
        let gateway = try gateway()
        let upstream = answers(("translated", "hello end "))
        _ = await gateway.serve(post(#""model": "main.ai.helper""#), upstream)
        #expect(gateway.store.keys.isEmpty)
        await gateway.responses.drain()
        #expect(gateway.store.keys.map(\.id) == ["resp_hello"])
        let get = about("resp_hello")
        _ = await gateway.serve(get, upstream)
        #expect(get.answer.body == "hello end")
        _ = await gateway.serve(post(#""model": "main.ai.helper""#), upstream)
        _ = await gateway.serve(about("resp_hello", .DELETE), upstream)
        await gateway.responses.drain()
        #expect(gateway.store.keys.isEmpty)
    }

    @Test("reasoning-08: another caller's id is refused in the words for an id that never was")
    func owners() async throws {
        let gateway = try gateway()
        let upstream = answers(("translated", "hello end "), ("n1", "native end "), ("n2", "native end "))
        _ = await gateway.serve(post(#""model": "main.ai.helper""#), upstream)
        _ = await gateway.serve(post(#""model": "main.ai.native""#), upstream)
        let count = upstream.requests.count
        for id in ["resp_hello", "resp_native", "resp_none"] {
            let post = post(#""model": "main.ai.native", "previous": "\#(id)""#, headers: bob)
            #expect(await gateway.serve(post, upstream).map(\.statusCode) == [404])
            #expect(post.answer.body == "error: Previous response with id '\(id)' not found.")
            for exchange in [
                about(id, headers: bob), about(id, .DELETE, headers: bob), about(id + "/input_items", headers: bob),
            ] {
                #expect(await gateway.serve(exchange, upstream).isEmpty)
                #expect(exchange.answer.status == 404)
                #expect(exchange.answer.body == "error: Response with id '\(id)' not found.")
            }
        }
        #expect(upstream.requests.count == count)
        let own = about("resp_hello")
        _ = await gateway.serve(own, upstream)
        #expect(own.answer.status == 200)
    }

    @Test("Without a valid caller nothing is said about an id")
    func unauthenticated() async throws {
        let exchange = about("resp_hello", headers: [:])
        #expect(try await gateway().serve(exchange).isEmpty)
        #expect(exchange.answer.status == 401)
    }

    @Test("reasoning-08: what a provider keeps goes to that provider, whatever the shares say")
    func native() async throws {
        let gateway = try gateway()
        let upstream = answers(
            ("n1", "native end "),
            ("n2", "native end "),
            ("/v1/openai/v1/responses/n1/resp_native", "from n1 end "),
            ("/v1/openai/v1/responses/n2/resp_native", "from n2 end ")
        )
        _ = await gateway.serve(post(#""model": "main.ai.native""#), upstream)
        let first = try #require(sent(upstream).first)
        for _ in 0..<20 {
            let next = post(#""model": "main.ai.native", "previous": "resp_native""#)
            #expect(await gateway.serve(next, upstream).map(\.statusCode) == [200])
        }
        #expect(Set(sent(upstream)) == [first])
        let get = about("resp_native")
        let rows = await gateway.serve(get, upstream)
        #expect(get.answer.body == "from \(first) end ")
        #expect(upstream.requests.last?.method == .GET)
        #expect(rows.map(\.destination?.model) == [first])
        #expect(rows.map(\.statusCode) == [200])
        _ = await gateway.serve(about("resp_native", .DELETE), upstream)
        #expect(upstream.requests.last?.method == .DELETE)
        let gone = about("resp_native")
        #expect(await gateway.serve(gone, upstream).isEmpty)
        #expect(gone.answer.status == 404)
    }

    @Test("reasoning-08: a provider that is down is an error that says so, not another destination")
    func down() async throws {
        let gateway = try gateway()
        let up = answers(("n1", "native end "), ("n2", "native end "))
        _ = await gateway.serve(post(#""model": "main.ai.native""#), up)
        let holder = try #require(sent(up).first)
        let other = holder == "n1" ? "n2" : "n1"
        let down = answers((other, "native end "))
        let next = post(#""model": "main.ai.native", "previous": "resp_native""#)
        #expect(await gateway.serve(next, down).map(\.statusCode) == [502])
        #expect(sent(down) == [holder])
        #expect(next.answer.body.contains("only this provider has the response 'resp_native'"))
        let get = about("resp_native")
        #expect(await gateway.serve(get, down).map(\.statusCode) == [502])
        #expect(get.answer.body.contains("only this provider has the response 'resp_native'"))
    }

    @Test("reasoning-08: a service that does not call the provider which has the answer says so")
    func elsewhere() async throws {
        let gateway = try gateway()
        let upstream = answers(("n1", "native end "), ("n2", "native end "))
        _ = await gateway.serve(post(#""model": "main.ai.native""#), upstream)
        let next = post(#""model": "main.ai.other", "previous": "resp_native""#)
        #expect(await gateway.serve(next, upstream).map(\.statusCode) == [400])
        #expect(next.answer.body.contains("which 'main.ai.other' does not call in the Responses API"))
        #expect(upstream.requests.count == 1)
    }

    @Test(
        "store: false, failed and cut-off answers are not kept",
        arguments: ["hello bad ", "hello overloaded ", "hello "]
    )
    func unstored(answer: String) async throws {
        let gateway = try gateway()
        _ = await gateway.serve(post(#""model": "main.ai.helper""#), answers(("translated", answer)))
        _ = await gateway.serve(
            post(#""model": "main.ai.helper", "unstored": true"#),
            answers(("translated", "hello end "))
        )
        let get = about("resp_hello")
        _ = await gateway.serve(get)
        #expect(get.answer.status == 404)
        await gateway.responses.drain()
        #expect(gateway.store.keys.isEmpty)
    }

    @Test("An answer beyond the bound is not kept, and a later request is told")
    func tooLarge() async throws {
        var settings = Configuration.Server.Responses()
        settings.maximumBytesPerResponse = 13
        let gateway = try gateway(settings)
        let upstream = answers(("translated", "hello end "))
        _ = await gateway.serve(post(#""model": "main.ai.helper", "input": "123""#), upstream)
        let get = about("resp_hello")
        _ = await gateway.serve(get)
        #expect(get.answer.status == 404)
        #expect(get.answer.body.contains("was not stored: it has 14 bytes"))
        let next = post(#""model": "main.ai.helper", "previous": "resp_hello""#)
        #expect(await gateway.serve(next, upstream).map(\.statusCode) == [404])
        let delete = about("resp_hello", .DELETE)
        _ = await gateway.serve(delete)
        #expect(delete.answer.status == 200)
        _ = await gateway.serve(post(#""model": "main.ai.helper", "input": "12""#), upstream)
        let kept = about("resp_hello")
        _ = await gateway.serve(kept)
        #expect(kept.answer.body == "hello end")
    }

    @Test("One caller's answers that wait leave room for another's")
    func waiting() async throws {
        let gateway = try gateway()
        gateway.store.fail(true)
        let long = String(repeating: "x", count: 7 << 20)
        for _ in 0..<4 {
            for name in 0..<3 {
                let upstream = answers(("translated", "hello\(name) end "))
                _ = await gateway.serve(post(#""model": "main.ai.helper", "input": "\#(long)""#), upstream)
            }
        }
        // Two of them fit; the third was lost.
        for (name, status) in [("0", 200), ("1", 200), ("2", 404)] {
            gateway.store.fail(false)
            let get = about("resp_hello\(name)")
            _ = await gateway.serve(get)
            #expect(get.answer.status == status)
            gateway.store.fail(true)
        }
        _ = await gateway.serve(
            post(#""model": "main.ai.helper""#, headers: bob),
            answers(("translated", "hello end "))
        )
        let get = about("resp_hello", headers: bob)
        _ = await gateway.serve(get)
        #expect(get.answer.status == 200)
    }

    @Test("Answers that are too old are not found")
    func age() async throws {
        var settings = Configuration.Server.Responses()
        settings.maximumAge = .seconds(-1)
        let gateway = try gateway(settings)
        _ = await gateway.serve(post(#""model": "main.ai.helper""#), answers(("translated", "hello end ")))
        let get = about("resp_hello")
        _ = await gateway.serve(get)
        #expect(get.answer.status == 404)
    }

    @Test("A store that cannot be read is an error of the gateway; one that cannot be written does not fail the answer")
    func brokenStore() async throws {
        let gateway = try gateway()
        gateway.store.fail(true)
        let answer = post(#""model": "main.ai.helper""#)
        _ = await gateway.serve(answer, answers(("translated", "hello end ")))
        #expect(answer.answer.status == 200)
        let get = about("resp_other")
        _ = await gateway.serve(get)
        #expect(get.answer.status == 503)
        // It is tried again until it works.
        async let drained: Void = gateway.responses.drain()
        while gateway.store.inserts < 2 { try await Task.sleep(for: .milliseconds(5)) }
        gateway.store.fail(false)
        await drained
        #expect(gateway.store.keys.map(\.id) == ["resp_hello"])
    }

    @Test(
        "Other methods are refused",
        arguments: [("resp_1", HTTPMethod.POST, "GET, DELETE"), ("resp_1/input_items", .DELETE, "GET")]
    )
    func methods(path: String, method: HTTPMethod, allow: String) async throws {
        let exchange = about(path, method)
        #expect(try await gateway().serve(exchange).isEmpty)
        #expect(exchange.answer.status == 405)
        #expect(exchange.answer.headers["allow"] == [allow])
    }
}
