// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayTransport
import Testing

@Suite("State of a client connection")
struct ServerRequestStateTests {
    private typealias State = ServerRequestState

    private func serving(
        keepsAlive: Bool = true,
        isCurrentVersion: Bool = true,
        isHead: Bool = false,
        expectsContinue: Bool = false
    ) -> State {
        var state = State()
        state.begin(
            keepsAlive: keepsAlive,
            isCurrentVersion: isCurrentVersion,
            isHead: isHead,
            expectsContinue: expectsContinue
        )
        return state
    }

    @Test("A request is answered once, and the connection goes on to the next one")
    func wholeAnswer() {
        var state = serving()
        #expect(state.phase == .serving && state.requestCount == 1)
        check(state.send(), true)
        check(state.send(), false)
        check(state.start(hasLength: true), nil)
        check(state.writePiece() == nil, true)
        check(state.endRequest(clientKeepsUp: true), .goOn)
        state.goOn(.nothing)
        #expect(state.phase == .awaitingHead)
        state.begin(keepsAlive: true, isCurrentVersion: true, isHead: false, expectsContinue: false)
        #expect(state.requestCount == 2 && state.answer == .none)
    }

    @Test("A body without a length is chunked; for HTTP/1.0 it ends with the connection")
    func framing() {
        for hasLength in [true, false] {
            for isCurrentVersion in [true, false] {
                var state = serving(isCurrentVersion: isCurrentVersion)
                let isChunked = !hasLength && isCurrentVersion
                check(state.start(hasLength: hasLength), isChunked)
                #expect(state.keepsAlive == (hasLength || isCurrentVersion))
                let first = state.writePiece()
                #expect(first?.isChunked == isChunked && first?.isFirst == true)
                check(state.writePiece()?.isFirst, false)
                state.finish()
                check(state.writePiece() == nil, true)
            }
        }
    }

    @Test("A client that reads slowly holds up its own next request")
    func draining() {
        var state = serving()
        _ = state.send()
        check(state.endRequest(clientKeepsUp: false), .drain)
        #expect(state.phase == .draining)
        #expect(!state.mayRead(.nothing, isAhead: true, needsMoreOfHead: false, bodyHasFailed: false))
        state.goOn(.bytes(10))
        #expect(state.phase == .skipping)
        state.finishSkipping()
        #expect(state.phase == .awaitingHead)
    }

    @Test("An answer before the end of the body closes the connection, unless little is left of it")
    func unreadBodies() {
        for (left, expects, keepsAlive) in [
            (State.BodyLeft.nothing, false, true), (.bytes(100), false, true), (.bytes(100), true, false),
            (.bytes(State.skippedBodyBytes), false, true), (.bytes(State.skippedBodyBytes + 1), false, false),
            (.unknown, false, false), (.nothing, true, true),
        ] {
            var state = serving(expectsContinue: expects)
            state.settle(left, hasMore: false, isLeaving: false)
            #expect(state.keepsAlive == keepsAlive, "\(left) \(expects)")
            // Who may still be sending must get the answer before the end.
            #expect(state.closesAfterAnswer(left) == (!keepsAlive && left == .nothing))
            _ = state.send()
            check(state.endRequest(clientKeepsUp: true), (keepsAlive ? .goOn : .linger))
        }
        // Once it was told to go on, its body comes.
        var state = serving(expectsContinue: true)
        check(state.takeExpectation(), true)
        check(state.takeExpectation(), false)
        state.settle(.bytes(100), hasMore: false, isLeaving: false)
        #expect(state.keepsAlive)
    }

    @Test("Clients are sent away, and not kept where nothing can come any more")
    func farewell() {
        var state = serving()
        state.settle(.nothing, hasMore: false, isLeaving: true)
        #expect(!state.keepsAlive && state.closesAfterAnswer(.nothing))
        var ended = serving()
        check(ended.endInput(.nothing), .expectDeparture)
        ended.settle(.nothing, hasMore: true, isLeaving: false)
        #expect(ended.keepsAlive)
        ended.settle(.nothing, hasMore: false, isLeaving: false)
        #expect(!ended.keepsAlive)
        check(ended.linger(), .closeAfterFlush)
    }

    @Test("A task that gives up tells the client, or cuts off what has begun")
    func aborting() {
        var silent = serving()
        check(silent.abort(), .none)
        #expect(!silent.keepsAlive)
        check(silent.send(), true)
        var begun = serving()
        _ = begun.start(hasLength: false)
        check(begun.abort(), .headPending(isChunked: true))
        check(begun.writePiece() == nil, true)
        var done = serving()
        _ = done.send()
        check(done.abort(), .ended)
        #expect(done.keepsAlive)
    }

    @Test("A client that ends its side is asked in a way that changes nothing, if there is one")
    func questions() {
        for isCurrentVersion in [true, false] {
            for isHead in [true, false] {
                var state = serving(isCurrentVersion: isCurrentVersion, isHead: isHead)
                #expect(state.question == (isCurrentVersion ? .interimContinue : nil))
                _ = state.start(hasLength: false)
                #expect(state.question == .pendingHead)
                _ = state.writePiece()
                #expect(state.question == (isCurrentVersion && !isHead ? .leadingZero : nil))
                state.finish()
                #expect(state.question == nil)
            }
        }
    }

    @Test("What the end of a client's side means depends on what is under way")
    func ends() {
        var idle = State()
        check(idle.endInput(.nothing), .process)
        check(idle.endInput(.nothing), .nothing)
        var reading = serving()
        reading.wantBody()
        check(reading.endInput(.bytes(1)), .close)
        var refused = State()
        refused.refuse()
        check(refused.linger(), .linger)
        check(refused.endInput(.nothing), .close)
        var closed = State()
        closed.close()
        check(closed.endInput(.nothing), .nothing)
    }

    @Test("Bodies are read while somebody wants them; nobody runs ahead for ever")
    func reading() {
        var state = serving()
        #expect(!state.mayRead(.bytes(1), isAhead: true, needsMoreOfHead: false, bodyHasFailed: false))
        state.wantBody()
        #expect(state.mayRead(.bytes(1), isAhead: true, needsMoreOfHead: false, bodyHasFailed: false))
        #expect(!state.mayRead(.bytes(1), isAhead: true, needsMoreOfHead: false, bodyHasFailed: true))
        #expect(!state.mayRead(.nothing, isAhead: true, needsMoreOfHead: false, bodyHasFailed: false))
        #expect(State().mayRead(.nothing, isAhead: true, needsMoreOfHead: true, bodyHasFailed: false))
        state.close()
        #expect(!state.mayRead(.bytes(1), isAhead: false, needsMoreOfHead: false, bodyHasFailed: false))
    }

    @Test("A wait that is over ends what was waited for")
    func time() {
        var body = serving()
        check(body.timeOut(bodyIsAwaited: true, isInsideHead: false), .failBody)
        #expect(!body.keepsAlive)
        var head = State()
        check(head.timeOut(bodyIsAwaited: false, isInsideHead: true), .refuseSlowHead)
        check(head.timeOut(bodyIsAwaited: false, isInsideHead: false), .close)
    }

    @Test(
        "Whatever happens in whatever order, a connection that is closed does nothing more, and no answer is written twice"
    )
    func anyOrder() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var state = State()
            var answers = 0
            var isClosed = false
            for _ in 0..<12 {
                let left = [State.BodyLeft.nothing, .bytes(1), .unknown].randomElement(using: &generator) ?? .nothing
                let before = state
                switch Int.random(in: 0..<10, using: &generator) {
                case 0 where state.phase == .awaitingHead:
                    state.begin(
                        keepsAlive: .random(),
                        isCurrentVersion: .random(),
                        isHead: .random(),
                        expectsContinue: .random()
                    )
                    answers = 0
                case 1 where state.phase == .serving: if state.send() { answers += 1 }
                case 2 where state.phase == .serving: if state.start(hasLength: .random()) != nil { answers += 1 }
                case 3: if state.writePiece() != nil { #expect(answers == 1) }
                case 4 where state.answer != .none && state.phase == .serving:
                    state.finish()
                    _ = state.endRequest(clientKeepsUp: .random())
                case 5 where state.phase == .draining: state.goOn(left)
                case 6: _ = state.endInput(left)
                case 7: _ = state.abort()
                case 8 where isClosed || Bool.random():
                    state.close()
                    isClosed = true
                default: state.settle(left, hasMore: .random(), isLeaving: .random())
                }
                #expect(answers <= 1)
                #expect(state.requestCount >= before.requestCount)
                if isClosed { #expect(state.phase == .closed) }
            }
        }
    }
}
