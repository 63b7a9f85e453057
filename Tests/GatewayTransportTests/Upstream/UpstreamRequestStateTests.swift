// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayTransport
import Testing

@Suite("State of a request to an upstream")
struct UpstreamRequestStateTests {
    private func begun(
        bodyBytes: Int = 100,
        isRepeatable: Bool = false,
        hasServed: Bool = true,
        isHandshaking: Bool = false
    ) -> UpstreamRequestState {
        UpstreamRequestState(
            bodyBytes: bodyBytes,
            isRepeatable: isRepeatable,
            tick: 1_000,
            hasServed: hasServed,
            isHandshaking: isHandshaking
        )
    }

    @Test("A connection is used again only after all of the request was written and all of the answer read")
    func reuse() {
        for isWritten in [true, false] {
            for hasMoreInput in [true, false] {
                for keepsAlive in [true, false] {
                    var state = begun()
                    #expect(!state.mayBeReused(isWritten: isWritten, hasMoreInput: hasMoreInput))
                    state.receiveHead(status: 200, keepsAlive: keepsAlive)
                    let expected = isWritten && !hasMoreInput && keepsAlive
                    #expect(state.mayBeReused(isWritten: isWritten, hasMoreInput: hasMoreInput) == expected)
                }
            }
        }
    }

    @Test("An upstream that refuses a large request may not have read it")
    func refusedRequests() {
        for (bytes, status, expected) in [
            (UpstreamRequestState.refusedBodyBytes, 400, true), (UpstreamRequestState.refusedBodyBytes + 1, 400, false),
            (UpstreamRequestState.refusedBodyBytes + 1, 200, true), (1 << 20, 503, false),
        ] {
            var state = begun(bodyBytes: bytes)
            state.receiveHead(status: status, keepsAlive: true)
            #expect(state.mayBeReused(isWritten: true, hasMoreInput: false) == expected)
        }
    }

    @Test(
        "A request is sent again only where nothing of it can have been sent, or where that does no harm and the close came at once"
    )
    func sendingAgain() {
        // Nothing of it left before the first write failed.
        #expect(begun().mayBeSentAgain(atTick: 1_000))
        #expect(!begun(hasServed: false).mayBeSentAgain(atTick: 1_000))
        #expect(!begun(bodyBytes: UpstreamRequestState.copiedBodyBytes + 1).mayBeSentAgain(atTick: 1_000))
        for isRepeatable in [true, false] {
            var state = begun(isRepeatable: isRepeatable)
            state.endFirstWrite()
            #expect(state.mayBeSentAgain(atTick: 1_000) == isRepeatable)
            #expect(state.mayBeSentAgain(atTick: 1_010) == isRepeatable)
            #expect(!state.mayBeSentAgain(atTick: 1_011))
            state.receive()
            #expect(!state.mayBeSentAgain(atTick: 1_000))
        }
    }

    @Test("The time for the first byte begins once the request is written, and not during the handshake")
    func waits() {
        var state = begun(isHandshaking: true)
        #expect(state.wait == .handshake)
        check(state.followWriting(isWritten: false, left: 1_000), false)
        state.endHandshake()
        #expect(state.wait == .firstByte)
        check(state.followWriting(isWritten: false, left: 1_000), true)
        #expect(state.wait == .writing)
        check(state.followWriting(isWritten: false, left: 500), false)
        check(state.followWriting(isWritten: true, left: 0), true)
        #expect(state.wait == .firstByte)
        state.receiveHead(status: 200, keepsAlive: true)
        #expect(state.wait == .more)
        check(state.followWriting(isWritten: false, left: 1), false)
        #expect(state.wait == .more)
    }

    @Test("An upstream that reads on has more time, and so has one whose answer is not read")
    func progress() {
        var state = begun()
        _ = state.followWriting(isWritten: false, left: 1_000)
        check(state.hasMoreTime(isHeldBack: false, left: 900), true)
        check(state.hasMoreTime(isHeldBack: false, left: 900), false)
        check(state.hasMoreTime(isHeldBack: false, left: nil), false)
        check(state.hasMoreTime(isHeldBack: true, left: 900), true)
        state.receiveHead(status: 200, keepsAlive: true)
        check(state.hasMoreTime(isHeldBack: false, left: 1), false)
    }
}
