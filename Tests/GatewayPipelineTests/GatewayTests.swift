// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import NIOCore
import NIOHTTP1
import Testing

private typealias Script = ScriptedUpstream.Script

@Suite("The path of a call")
struct GatewayTests {
    private let streaming = #"{"model": "main.ai.helper", "stream": true}"#

    private func gateway(fallback: [String] = [], capacity: Int = 100, isSimulated: Bool = false) throws -> TestGateway
    {
        let service = try Catalog.service(
            "main.ai.helper",
            [try Catalog.destination("first", isSimulated: isSimulated)],
            fallback: try fallback.map { try Catalog.destination($0, share: nil) }
        )
        return TestGateway(
            Catalog.snapshot([service], tokens: [Catalog.token("gth_bob", of: "bob")]),
            capacity: capacity
        )
    }

    private func answers(_ words: String..., status: Int = 200) -> Result<ScriptedUpstream.Script, GatewayError> {
        .success(Script(status: status, steps: words.map { .bytes($0) }))
    }

    @Test("A call that is answered leaves one row with what the upstream reported")
    func success() async throws {
        let exchange = RecordedExchange(target: "/chat?x=1")
        let rows = try gateway(isSimulated: true)
        let row = try #require(
            await rows.serve(exchange, ScriptedUpstream(["first": answers("hello ", "usage end ")])).first
        )
        #expect(exchange.answer.status == 200)
        #expect(exchange.answer.sends == 1)
        #expect(exchange.answer.hasEnded)
        #expect(exchange.answer.body == "hello usage end ")
        #expect(exchange.answer.headers["x-request-id"] == [row.requestID])
        #expect(exchange.answer.headers["x-gatehouse-simulated"] == ["true"])
        #expect(row.statusCode == 200)
        #expect(row.usage == TokenUsage(uncachedInput: 7, output: 9))
        #expect(row.caller === Snapshot.administrator)
        #expect(row.service?.name.description == "main.ai.helper")
        #expect(row.destination?.model == "first")
        #expect(row.workspaceID == "42")
        #expect(row.ipAddress == "192.0.2.1")
        #expect(row.url == "/chat?x=1")
        #expect(row.authMode == "TOKEN")
        #expect(row.timeToFirstByteMilliseconds != nil)
        #expect(row.attempts.map(\.action) == ["ROUTE"])
        #expect(row.attempts.map(\.vendorRequestID) == ["vendor-1"])
        #expect(rows.queue.depth == 1)
    }

    @Test(
        "What is kept of an answer until all of it is there counts towards what its caller holds; too much asks no other destination"
    )
    func heldAnswer() async throws {
        let script = answers("whole ", "word word ", "end ")
        let fits = RecordedExchange(mostHeldBytes: 16)
        _ = try await gateway().serve(fits, ScriptedUpstream(["first": script]))
        #expect(fits.answer.status == 200)
        #expect(fits.answer.body == "whole word word end ")
        #expect(fits.answer.heldBytes == 16)
        let tooMuch = RecordedExchange(mostHeldBytes: 15)
        let upstream = ScriptedUpstream(["first": script, "second": answers("end ")])
        let rows = try await gateway(fallback: ["second"]).serve(tooMuch, upstream)
        #expect(rows.map(\.statusCode) == [429])
        #expect(tooMuch.answer.headers["retry-after"] == ["1"])
        #expect(upstream.requests.count == 1)
        #expect(upstream.cancelled == 1)
        let stream = RecordedExchange(streaming, mostHeldBytes: 0)
        _ = try await gateway().serve(stream, ScriptedUpstream(["first": script]))
        #expect(stream.answer.status == 200)
    }

    @Test("A translated request counts towards what its caller holds, once for all destinations")
    func heldTranslation() async throws {
        let input = String(repeating: "x", count: 100_000)
        let request = #"{"model": "main.ai.helper", "input": "\#(input)"}"#
        let upstream = ScriptedUpstream([
            "first": .failure(GatewayError(.upstreamUnavailable, "down")), "second": answers("end "),
        ])
        let service = try Catalog.service(
            "main.ai.helper",
            [try Catalog.destination("first", formats: [.anthropicMessages])],
            fallback: [try Catalog.destination("second", share: nil, formats: [.anthropicMessages])]
        )
        let gateway = TestGateway(Catalog.snapshot([service]))
        let exchange = RecordedExchange(request)
        _ = await gateway.serve(exchange, upstream)
        #expect(exchange.answer.status == 200)
        // The model's name, a space and the text.
        #expect((input.utf8.count...input.utf8.count + 64).contains(exchange.answer.heldBytes))
        let tooMuch = RecordedExchange(request, mostHeldBytes: 99_999)
        let rows = await gateway.serve(tooMuch, upstream)
        #expect(rows.map(\.statusCode) == [429])
        #expect(upstream.requests.count == 2)
    }

    @Test("Without usage from the upstream the row holds an estimate, marked as such")
    func estimate() async throws {
        let row = try #require(
            await gateway().serve(RecordedExchange(), ScriptedUpstream(["first": answers("hello world end ")])).first
        )
        #expect(row.usage.isEstimated)
        #expect(row.usage.output == TokenUsage.estimate(textBytes: 10))
        #expect(row.usage.uncachedInput == TokenUsage.estimate(textBytes: 27))
    }

    @Test("An answer in parts is asked for one part after another, and leaves one row")
    func parts() async throws {
        let exchange = RecordedExchange(#"{"model": "main.ai.helper", "parts": 3}"#)
        let upstream = ScriptedUpstream(["first": answers("hello ", "usage end ")])
        let rows = try await gateway().serve(exchange, upstream)
        let bodies = upstream.requests.map { $0.body.map { String(buffer: $0) }.joined() }
        #expect(bodies == ["first part 1", "first part 2", "first"])
        #expect(exchange.answer.sends == 1 && exchange.answer.status == 200)
        // The transform makes the answer of all parts; what it gives before the last one is nobody's.
        #expect(exchange.answer.body == "hello usage end ")
        #expect(rows.count == 1 && rows.first?.attempts.count == 1)
        #expect(rows.first?.usage == TokenUsage(uncachedInput: 7, output: 9))
    }

    @Test("What is kept of the answers to parts counts towards what the caller holds, part by part")
    func heldParts() async throws {
        let request = #"{"model": "main.ai.helper", "parts": 3}"#
        let script = answers("hello ", "usage end ")
        let fits = RecordedExchange(request, mostHeldBytes: 32)
        _ = try await gateway().serve(fits, ScriptedUpstream(["first": script]))
        // All bytes of the two parts before the last one.
        #expect(fits.answer.status == 200 && fits.answer.heldBytes == 32)
        let tooMuch = RecordedExchange(request, mostHeldBytes: 31)
        let upstream = ScriptedUpstream(["first": script, "second": script])
        let rows = try await gateway(fallback: ["second"]).serve(tooMuch, upstream)
        #expect(rows.map(\.statusCode) == [429])
        #expect(upstream.requests.count == 2 && upstream.cancelled == 2)
    }

    @Test("A part that fails gives way to the next destination, which is asked for all of them")
    func failingPart() async throws {
        let exchange = RecordedExchange(#"{"model": "main.ai.helper", "parts": 2}"#)
        let upstream = ScriptedUpstream([
            "first": answers("no", status: 500), "second": answers("hello ", "usage end "),
        ])
        let row = try #require(await gateway(fallback: ["second"]).serve(exchange, upstream).first)
        let bodies = upstream.requests.map { $0.body.map { String(buffer: $0) }.joined() }
        #expect(bodies == ["first part 1", "second part 1", "second"])
        #expect(exchange.answer.status == 200 && exchange.answer.body == "hello usage end ")
        #expect(row.attempts.map(\.statusCode) == [500, 200] && row.destination?.model == "second")
        #expect(upstream.cancelled > 0)
    }

    @Test("A part that is not what the format allows is the upstream's failure")
    func brokenPart() async throws {
        let exchange = RecordedExchange(#"{"model": "main.ai.helper", "parts": 2}"#)
        let upstream = ScriptedUpstream(["first": answers("usage hello ", "bad")])
        let row = try #require(await gateway().serve(exchange, upstream).first)
        #expect(upstream.requests.count == 1 && exchange.answer.status == 502)
        // What was paid for stands in the row.
        #expect(row.statusCode == 502 && row.usage.uncachedInput == 7)
    }

    @Test(
        "A request that is refused after its caller is known leaves one row, and asks no upstream",
        arguments: [
            (#"{"model": "no.such.model"}"#, [:], 404), (#"{"model""#, [:], 400), ("{}", [:], 400),
            (#"{"model": "main.ai.helper"}"#, ["databricks-ai-gateway-request-tags": "[]"], 400),
            (#"{"model": "main.ai.helper"}"#, ["authorization": "Bearer gth_bob"], 403),
        ] as [(String, HTTPHeaders, Int)]
    )
    func refused(body: String, headers: HTTPHeaders, status: Int) async throws {
        var all: HTTPHeaders = ["authorization": "Bearer gth_admin"]
        for (name, value) in headers { all.replaceOrAdd(name: name, value: value) }
        let exchange = RecordedExchange(body, headers: all)
        let upstream = ScriptedUpstream([:])
        let rows = try await gateway().serve(exchange, upstream)
        #expect(rows.map(\.statusCode) == [status])
        #expect(exchange.answer.status == status)
        #expect(exchange.answer.sends == 1)
        #expect(exchange.answer.headers["x-request-id"] == rows.map(\.requestID))
        #expect(rows.first?.attempts.isEmpty == true)
        #expect(rows.first?.timeToFirstByteMilliseconds == nil)
        #expect(upstream.requests.isEmpty)
    }

    @Test(
        "Without a valid caller there is no row",
        arguments: [[:], ["authorization": "Bearer gth_x"], ["x-api-key": "unused"]] as [HTTPHeaders]
    )
    func unauthenticated(headers: HTTPHeaders) async throws {
        let gateway = try gateway()
        let exchange = RecordedExchange(headers: headers)
        #expect(await gateway.serve(exchange).isEmpty)
        #expect(exchange.answer.status == 401)
        #expect(exchange.answer.headers["www-authenticate"] == ["Bearer"])
        #expect(gateway.queue.depth == 0)
        let text = gateway.metrics.render(.init(connections: 0, bodyBytesInFlight: 0, usageQueueDepth: 0))
        #expect(text.contains("gatehouse_unauthenticated_requests_total 1\n"))
    }

    @Test("Other methods and other paths leave no row")
    func noCall() async throws {
        let get = RecordedExchange(method: .GET)
        #expect(try await gateway().serve(get).isEmpty)
        #expect(get.answer.status == 405)
        #expect(get.answer.headers["allow"] == ["POST"])
        let web = RecordedExchange(target: "/web")
        #expect(try await gateway().serve(web).isEmpty)
        #expect(web.answer.body == "web")
    }

    @Test("When no row can be kept, the call is answered 503 before it goes upstream")
    func queueFull() async throws {
        let gateway = try gateway(capacity: 1)
        let upstream = ScriptedUpstream(["first": answers("end ")])
        #expect(await gateway.serve(RecordedExchange(), upstream).count == 1)
        let exchange = RecordedExchange()
        #expect(await gateway.serve(exchange, upstream).isEmpty)
        #expect(exchange.answer.status == 503)
        #expect(exchange.answer.headers["retry-after"] == ["1"])
        #expect(upstream.requests.count == 1)
        gateway.queue.release(1)
        #expect(await gateway.serve(RecordedExchange(), upstream).count == 1)
    }

    @Test("An upstream's refusal reaches the client, and is not tried elsewhere")
    func upstreamRefuses() async throws {
        let exchange = RecordedExchange()
        let upstream = ScriptedUpstream(["first": answers("too long", status: 422)])
        let rows = try await gateway(fallback: ["second"]).serve(exchange, upstream)
        #expect(exchange.answer.status == 422)
        #expect(exchange.answer.body == "error: too long")
        #expect(rows.map(\.statusCode) == [422])
        #expect(rows.first?.attempts.map(\.statusCode) == [422])
        #expect(upstream.requests.count == 1)
    }

    @Test(
        "An upstream that quotes the gateway's key does not tell it the client, nor the usage row",
        arguments: [400, 429, 500]
    )
    func quotedKey(status: Int) async throws {
        let exchange = RecordedExchange()
        var script = Script(status: status, steps: [.bytes("wrong key sk-upstream")])
        script.headers = ["content-type": "text/plain", "x-request-id": "sk-upstream", "retry-after": "sk-upstream"]
        let rows = try await gateway().serve(exchange, ScriptedUpstream(["first": .success(script)]))
        #expect(exchange.answer.status == status || status == 500)
        #expect(!exchange.answer.body.contains("sk-upstream"))
        #expect(!"\(exchange.answer.headers)".contains("sk-upstream"))
        #expect(rows.first?.attempts.first?.vendorRequestID == "[redacted]")
        #expect(rows.first?.attempts.map(\.statusCode) == [exchange.answer.status ?? 0])
    }

    @Test("An error within a stream is looked through as well, and so are headers that a policy lets pass")
    func quotedKeyInStream() async throws {
        let policy = HeaderPolicy(response: NameFilter(allow: ["x-told"]))
        let destination = try Catalog.destination("first", provider: Catalog.provider(headerPolicy: policy))
        let gateway = TestGateway(Catalog.snapshot([try Catalog.service("main.ai.helper", [destination])]))
        let exchange = RecordedExchange(#"{"model": "main.ai.helper", "stream": true}"#)
        var script = Script(steps: [.bytes("hello "), .bytes("overloaded sk-upstream "), .bytes("sk-upstream end ")])
        script.headers = ["content-type": "text/event-stream", "x-told": "the key is sk-upstream"]
        _ = await gateway.serve(exchange, ScriptedUpstream(["first": .success(script)]))
        #expect(exchange.answer.status == 200)
        #expect(exchange.answer.body == "hello overloaded [redacted] [redacted] end ")
        #expect(exchange.answer.headers["x-told"] == ["the key is [redacted]"])
    }

    private func refusal(_ message: String = "bad state") -> Result<Script, GatewayError> {
        .success(Script(status: 400, headers: ["x-request-id": "vendor-0"], steps: [.bytes(message)]))
    }

    @Test(
        "reasoning-06: A destination that refuses replayed state is asked once more without it",
        arguments: [true, false]
    )
    func repairs(isStreaming: Bool) async throws {
        let stream = isStreaming ? #", "stream": true"# : ""
        let exchange = RecordedExchange(#"{"model": "main.ai.helper", "state": 1\#(stream)}"#)
        let upstream = ScriptedUpstream([
            "first": refusal(), "first repaired": answers("hello ", "usage end "), "second": answers("no "),
        ])
        let rows = try await gateway(fallback: ["second"]).serve(exchange, upstream)
        #expect(exchange.answer.status == 200)
        #expect(exchange.answer.body == "hello usage end ")
        #expect(exchange.answer.sends == 1)
        #expect(exchange.answer.headers["x-gatehouse-repaired"] == ["opaque state"])
        #expect(upstream.requests.count == 2)
        let row = try #require(rows.first)
        #expect(rows.count == 1)
        #expect(row.statusCode == 200)
        #expect(row.usage == TokenUsage(uncachedInput: 7, output: 9))
        #expect(row.attempts.map(\.action) == ["ROUTE", "RETRY"])
        #expect(row.attempts.map(\.priority) == [1, 2])
        #expect(row.attempts.map(\.statusCode) == [400, 200])
        #expect(Set(row.attempts.map(\.destination)).count == 1)
        #expect(row.attempts.map(\.vendorRequestID) == ["vendor-0", "vendor-1"])
    }

    @Test("reasoning-06: Without state in the request the refusal is the answer, and the destination is asked once")
    func nothingToRepair() async throws {
        let exchange = RecordedExchange()
        let upstream = ScriptedUpstream(["first": refusal(), "first repaired": answers("no ")])
        let rows = try await gateway(fallback: ["second"]).serve(exchange, upstream)
        #expect(exchange.answer.status == 400)
        #expect(exchange.answer.body == "error: bad state")
        #expect(exchange.answer.headers["x-gatehouse-repaired"].isEmpty)
        #expect(rows.first?.attempts.map(\.action) == ["ROUTE"])
        #expect(upstream.requests.count == 1)
    }

    @Test("reasoning-06: A second refusal is the answer; a failure of the second try leads to the fallback")
    func repairFails() async throws {
        let body = #"{"model": "main.ai.helper", "state": 1}"#
        let exchange = RecordedExchange(body)
        let upstream = ScriptedUpstream(["first": refusal(), "first repaired": refusal()])
        let rows = try await gateway(fallback: ["second"]).serve(exchange, upstream)
        #expect(exchange.answer.status == 400)
        #expect(exchange.answer.body == "error: bad state")
        #expect(rows.first?.attempts.map(\.action) == ["ROUTE", "RETRY"])
        #expect(upstream.requests.count == 2)
        let other = RecordedExchange(body)
        let failing = ScriptedUpstream([
            "first": refusal(), "first repaired": answers("", status: 500), "second": answers("hello end "),
        ])
        let second = try await gateway(fallback: ["second"]).serve(other, failing)
        #expect(other.answer.body == "hello end ")
        #expect(other.answer.headers["x-gatehouse-repaired"].isEmpty)
        #expect(second.first?.attempts.map(\.action) == ["ROUTE", "RETRY", "FALLBACK"])
        #expect(second.first?.attempts.map(\.statusCode) == [400, 500, 200])
    }

    @Test("A redirect is not followed")
    func redirect() async throws {
        let exchange = RecordedExchange()
        let rows = try await gateway().serve(exchange, ScriptedUpstream(["first": answers("", status: 302)]))
        #expect(exchange.answer.status == 502)
        #expect(rows.map(\.statusCode) == [502])
    }

    @Test(
        "What another destination may do better goes to the fallback, before anything has been answered",
        arguments: [
            .success(Script(status: 429)), .success(Script(status: 500)),
            .failure(GatewayError(.upstreamUnavailable, "down")),
            .failure(GatewayError(.upstreamTimeout, "slow")), .success(Script(steps: [.bytes("overloaded ")])),
            .success(Script(steps: [.bytes("bad ")])), .success(Script(steps: [])),
            .success(Script(steps: [.fails(GatewayError(.upstreamUnavailable, "cut"))])),
        ] as [Result<ScriptedUpstream.Script, GatewayError>]
    )
    func fallback(first: Result<ScriptedUpstream.Script, GatewayError>) async throws {
        let exchange = RecordedExchange(streaming)
        let upstream = ScriptedUpstream(["first": first, "second": answers("hello ", "end ")])
        let rows = try await gateway(fallback: ["second", "third"]).serve(exchange, upstream)
        #expect(exchange.answer.status == 200)
        #expect(exchange.answer.body == "hello end ")
        #expect(exchange.answer.sends == 1)
        #expect(rows.map(\.statusCode) == [200])
        let attempts = try #require(rows.first?.attempts)
        #expect(attempts.map(\.action) == ["ROUTE", "FALLBACK"])
        #expect(attempts.map(\.priority) == [1, 2])
        #expect(attempts[0].statusCode >= 400)
        #expect(attempts[0].errorCode != nil)
        #expect(attempts[1].statusCode == 200)
        #expect(rows.first?.destination?.model == "second")
    }

    @Test("When all destinations fail, the last error is the answer, and each attempt has its own status")
    func exhausted() async throws {
        let exchange = RecordedExchange(streaming)
        let upstream = ScriptedUpstream([
            "first": answers("overloaded "), "second": .failure(GatewayError(.upstreamTimeout, "slow")),
            "third": answers("", status: 429),
        ])
        let rows = try await gateway(fallback: ["second", "third"]).serve(exchange, upstream)
        #expect(exchange.answer.status == 429)
        #expect(exchange.answer.sends == 1)
        #expect(rows.map(\.statusCode) == [429])
        #expect(rows.first?.attempts.map(\.statusCode) == [529, 504, 429])
    }

    @Test("A client that leaves before its answer is a 499 and nothing is sent")
    func leavesBefore() async throws {
        let gone = GatewayError(.clientClosed, "gone")
        let early = RecordedExchange(bodyError: gone)
        #expect(try await gateway().serve(early).map(\.statusCode) == [499])
        #expect(early.answer.status == nil)
        let late = RecordedExchange()
        let upstream = ScriptedUpstream(["first": .failure(gone)])
        let rows = try await gateway(fallback: ["second"]).serve(late, upstream)
        #expect(rows.map(\.statusCode) == [499])
        #expect(rows.first?.attempts.map(\.statusCode) == [499])
        #expect(late.answer.status == nil)
        #expect(upstream.requests.count == 1)
    }

    @Test("A client that leaves in the middle is a 499 with what was delivered, and the upstream is given up")
    func leavesDuring() async throws {
        let exchange = RecordedExchange(streaming, leavesAfterWrites: 1)
        let upstream = ScriptedUpstream(["first": answers("hello ", "world ", "more ", "end ")])
        let row = try #require(await gateway().serve(exchange, upstream).first)
        #expect(row.statusCode == 499)
        #expect(row.usage.isEstimated)
        #expect(row.usage.output == TokenUsage.estimate(textBytes: 10))
        #expect(upstream.cancelled == 1)
        #expect(!exchange.answer.hasEnded)
    }

    @Test(
        "A stream that fails on its way ends with an error event, once, and is not tried elsewhere",
        arguments: ["bad ", nil]
    )
    func failsDuringStream(last: String?) async throws {
        let exchange = RecordedExchange(streaming)
        let end: ScriptedUpstream.Step = last.map { .bytes($0) } ?? .fails(GatewayError(.upstreamUnavailable, "cut"))
        let upstream = ScriptedUpstream(["first": .success(Script(steps: [.bytes("hello "), end, .bytes("end ")]))])
        let rows = try await gateway(fallback: ["second"]).serve(exchange, upstream)
        #expect(exchange.answer.status == 200)
        #expect(exchange.answer.body.hasPrefix("hello event: error "))
        #expect(exchange.answer.hasEnded)
        #expect(!exchange.answer.wasAborted)
        #expect(rows.map(\.statusCode) == [502])
        #expect(rows.first?.attempts.map(\.statusCode) == [502])
        #expect(upstream.requests.count == 1)
        #expect(upstream.cancelled == 1)
    }

    @Test("A stream without its last event is an error; an error of the upstream's own inside it shows in the row")
    func incompleteStream() async throws {
        let cut = RecordedExchange(streaming)
        let first = try await gateway().serve(cut, ScriptedUpstream(["first": answers("hello ", "world ")]))
        #expect(
            cut.answer.body.hasPrefix("hello world event: error ") || cut.answer.body.hasPrefix("hello event: error ")
        )
        #expect(first.map(\.statusCode) == [502])
        let reported = RecordedExchange(streaming)
        let second = try await gateway().serve(reported, ScriptedUpstream(["first": answers("hello ", "overloaded ")]))
        #expect(reported.answer.body == "hello overloaded ")
        #expect(second.map(\.statusCode) == [529])
    }

    @Test("A whole answer that is cut on its way is cut for the client, too")
    func failsDuringWhole() async throws {
        let exchange = RecordedExchange()
        let upstream = ScriptedUpstream([
            "first": .success(Script(steps: [.bytes("hello "), .fails(GatewayError(.upstreamUnavailable, "cut"))]))
        ])
        let rows = try await gateway().serve(exchange, upstream)
        #expect(exchange.answer.wasAborted)
        #expect(!exchange.answer.hasEnded)
        #expect(rows.map(\.statusCode) == [502])
    }

    @Test(
        "No credential in a query reaches the row",
        arguments: [
            "/chat?key=CANARY", "/chat?a=b&api_KEY=CANARY", "/chat?access_token=CANARY", "/chat?client_secret=CANARY",
            "/chat?%6bey=CANARY", "/chat?a=b&%74%4fken=CANARY", "/chat?X-Amz-Signature=CANARY", "/chat?password=CANARY",
            "/chat?x=sk-CANARY", "/chat?q=gth%5FCANARY",
        ]
    )
    func loggableURL(target: String) async throws {
        let row = try #require(await gateway().serve(RecordedExchange(target: target)).first)
        #expect(row.url == "/chat")
    }

    @Test("What a client makes up is bounded in the row, even where it is one endless character")
    func bounds() async throws {
        let endless = "a" + String(repeating: "\u{301}", count: 100_000)
        let exchange = RecordedExchange(
            #"{"model": "\#(endless)"}"#,
            target: "/chat?" + String(repeating: "x", count: 10_000),
            headers: ["authorization": "Bearer gth_admin", "user-agent": endless]
        )
        let row = try #require(await gateway().serve(exchange).first)
        #expect(row.statusCode == 404)
        #expect(row.requestedModel.utf8.count <= 1024)
        #expect(row.url.utf8.count <= 2048)
        #expect((row.userAgent ?? "").utf8.count <= 512)
        #expect(exchange.answer.body.utf8.count < 2000)
    }

    @Test("A gateway without authentication takes everybody for one caller and says so in the row")
    func insecure() async throws {
        let service = try Catalog.service("main.ai.helper", [try Catalog.destination("first")])
        let gateway = TestGateway(Catalog.snapshot([service]), insecureCaller: Snapshot.administrator)
        let rows = await gateway.serve(RecordedExchange(headers: [:]), ScriptedUpstream(["first": answers("end ")]))
        #expect(rows.map(\.authMode) == ["INSECURE"])
    }
}
