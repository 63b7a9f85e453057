// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

import GatewayProviders

@Suite("Which request fetches a token")
struct TokenStateTests {
    private var state = TokenState<Int>()
    private let hour = OAuthToken(value: "t1", start: 1000, end: 4600)

    @Test("The first one fetches, the others wait and are woken")
    func single() {
        var state = state
        #expect(state.step(now: 1000) == .fetch)
        #expect(state.step(now: 1000) == .wait)
        #expect(state.add(1, ticket: 1) == nil)
        #expect(state.add(2, ticket: 2) == nil)
        #expect(state.finish(hour) == [1, 2])
        #expect(state.step(now: 1001) == .use("t1"))
    }

    @Test("Who comes to wait after the end is given back at once")
    func late() {
        var state = state
        _ = state.step(now: 1000)
        _ = state.finish(hour)
        #expect(state.add(1, ticket: 3) == 1)
    }

    @Test("Who leaves the line is not woken, and the others are")
    func leaving() {
        var state = state
        #expect(state.step(now: 1000) == .fetch)
        let tickets = (0..<3).map { _ in state.makeTicket() }
        #expect(Set(tickets).count == 3)
        for (waiter, ticket) in tickets.enumerated() { #expect(state.add(waiter, ticket: ticket) == nil) }
        #expect(state.remove(ticket: tickets[1]) == 1)
        #expect(state.remove(ticket: tickets[1]) == nil)
        #expect(state.finish(hour) == [0, 2])
        #expect(state.remove(ticket: tickets[0]) == nil)
    }

    @Test("A token that nears its end is renewed by one, while the others go on with it")
    func renewal() {
        var state = state
        _ = state.step(now: 1000)
        _ = state.finish(hour)
        #expect(state.step(now: 4299) == .use("t1"))
        #expect(state.step(now: 4300) == .fetch)
        #expect(state.step(now: 4300) == .use("t1"))
        #expect(state.fail() == [])
        #expect(state.usable(now: 4569) == "t1")
        #expect(state.usable(now: 4570) == nil)
        #expect(state.step(now: 4570) == .fetch)
        #expect(state.step(now: 4571) == .wait)
    }

    @Test("A token that lives a minute is not renewed all the time")
    func short() {
        var state = state
        _ = state.step(now: 1000)
        _ = state.finish(OAuthToken(value: "s", start: 1000, end: 1100))
        #expect(state.step(now: 1069) == .use("s"))
        #expect(state.step(now: 1070) == .fetch)
    }

    @Test("After a failure the next one tries again")
    func failure() {
        var state = state
        _ = state.step(now: 0)
        #expect(state.add(7, ticket: 4) == nil)
        #expect(state.fail() == [7])
        #expect(state.step(now: 0) == .fetch)
    }

    @Test("A refused token is forgotten, unless it has only just come")
    func refusal() {
        var state = state
        _ = state.step(now: 1000)
        _ = state.finish(hour)
        state.noteRefusal(now: 1009)
        #expect(state.step(now: 1009) == .use("t1"))
        state.noteRefusal(now: 1010)
        #expect(state.step(now: 1010) == .fetch)
    }
}
