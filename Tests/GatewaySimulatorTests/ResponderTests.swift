// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySimulator
import NIOCore
import Testing

@Suite("The simulator behind a listener")
struct ResponderTests {
    private func exchange(
        _ text: String,
        stream: Bool = true,
        headers: [(String, String)] = SimulatedCall.openAIHeaders,
        clientLeavesAfter: Int = .max
    ) -> ScriptedExchange {
        let body = #"{"model":"gpt-5","stream":\#(stream),"messages":[\#(Sample.user(text))]}"#
        return ScriptedExchange(
            "/v1/chat/completions",
            headers: headers,
            body: .success(ByteBuffer(string: body)),
            clientLeavesAfter: clientLeavesAfter
        )
    }

    private func serve(_ exchange: ScriptedExchange) async {
        await SimulatorResponder().respond(to: exchange, upstream: NoUpstream())
    }

    @Test("A whole answer is sent at once")
    func whole() async {
        let exchange = exchange("Hello", stream: false)
        await serve(exchange)
        #expect(exchange.events.count == 1)
        guard case .sent(200, let body) = exchange.events.first else {
            Issue.record("Expected a whole answer, got \(exchange.events)")
            return
        }
        #expect(body.contains("Hello"))
    }

    @Test("A stream without delays goes out in one write, with delays in one for each token")
    func streams() async {
        let fast = exchange("Hello")
        await serve(fast)
        #expect(fast.events.count == 2)
        #expect(fast.events.first == .started(status: 200))
        let slow = exchange("Hello [[simulate: tokens=5 first_token=1us inter_token=1us]]")
        await serve(slow)
        let writes = slow.events.count { if case .wrote = $0 { true } else { false } }
        #expect(writes == 5)
        guard case .finished(let last) = slow.events.last else {
            Issue.record("The stream did not end")
            return
        }
        #expect(last.hasSuffix("data: [DONE]\n\n"))
    }

    @Test("A stream that breaks off closes the connection after what was written")
    func breaks() async {
        let exchange = exchange("Hello [[simulate: end_after=2]]")
        await serve(exchange)
        #expect(exchange.events.count == 3)
        #expect(exchange.events.last == .aborted)
    }

    @Test("A client that leaves ends the stream")
    func clientLeaves() async {
        let exchange = exchange("Hello [[simulate: tokens=50 inter_token=1us]]", clientLeavesAfter: 3)
        await serve(exchange)
        #expect(exchange.events.count == 5)
        #expect(exchange.events.last == .aborted)
    }

    @Test("Silence lasts until the client goes away", arguments: ["silence", "silence_after=2"])
    func silence(_ instruction: String) async {
        let exchange = exchange("Hello [[simulate: \(instruction)]]")
        let serving = Task { await serve(exchange) }
        if instruction != "silence" {
            while exchange.events.count < 2 { await Task.yield() }
        }
        #expect(!exchange.events.contains(.aborted))
        serving.cancel()
        await serving.value
        #expect(exchange.events.last == .aborted)
    }

    @Test("A wrong key is refused without reading the body")
    func refusesEarly() async {
        let exchange = ScriptedExchange(
            "/v1/chat/completions",
            headers: [],
            body: .failure(GatewayError(.internalFailure, "The body was read."))
        )
        await serve(exchange)
        guard case .sent(401, _) = exchange.events.first else {
            Issue.record("Expected 401, got \(exchange.events)")
            return
        }
    }

    @Test("A body that is too large gets the vendor's 413")
    func tooLarge() async {
        let exchange = ScriptedExchange(
            "/v1/messages",
            headers: SimulatedCall.anthropicHeaders,
            body: .failure(GatewayError(.payloadTooLarge, "The body is too large."))
        )
        await serve(exchange)
        guard case .sent(413, let body) = exchange.events.first else {
            Issue.record("Expected 413, got \(exchange.events)")
            return
        }
        #expect(body.contains("request_too_large"))
    }
}
