// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("Circuit breakers")
struct CircuitStateTests {
    private static let second: Int64 = 1_000_000_000

    /// A destination on a manual clock.
    private struct Destination {
        var state: CircuitState
        var now: Int64 = 1_000 * second

        init(failures: Int = 3, ejection: Int64 = 10, maximum: Int64 = 60) {
            var settings = CircuitSettings()
            settings.failures = failures
            settings.ejection = .seconds(ejection)
            settings.maximumEjection = .seconds(maximum)
            state = CircuitState(settings)
        }

        mutating func attempt(_ outcome: CircuitOutcome) {
            let ticket = state.begin(at: now)
            state.note(outcome, of: ticket, at: now)
        }

        var isAvailable: Bool { state.isAvailable(at: now) }

        /// How many seconds it is ejected from now on.
        var ejectedFor: Int64 { isAvailable ? 0 : (state.availableAt - now) / second }
    }

    @Test("Failures in a row eject a destination; a success between them does not let them add up")
    func failuresInARow() {
        var destination = Destination()
        for outcome in [CircuitOutcome.failure, .failure, .success, .failure, .failure, .none, .none] {
            destination.attempt(outcome)
            #expect(destination.isAvailable)
        }
        destination.attempt(.failure)
        #expect(destination.ejectedFor == 10)
        #expect(destination.state.ejections == 1)
        destination.now += 10 * Self.second - 1
        #expect(!destination.isAvailable)
        destination.now += 1
        #expect(destination.isAvailable)
    }

    @Test("What says nothing of the destination never ejects it")
    func callersMistakes() {
        var destination = Destination(failures: 1)
        for _ in 0..<1000 { destination.attempt(.none) }
        #expect(destination.isAvailable)
        #expect(destination.state.isQuiet)
    }

    @Test("After an ejection one request finds out; its success takes the destination back")
    func probe() {
        var destination = Destination(failures: 1)
        destination.attempt(.failure)
        destination.now += 10 * Self.second
        let probe = destination.state.begin(at: destination.now)
        #expect(probe.isProbe)
        #expect(!destination.isAvailable)
        #expect(!destination.state.begin(at: destination.now).isProbe)
        destination.state.note(.success, of: probe, at: destination.now)
        #expect(destination.isAvailable)
        #expect(destination.state.isQuiet)
    }

    @Test("Each failed probe ejects for twice as long, up to the maximum; a good time begins again")
    func growth() {
        var destination = Destination(failures: 1)
        for expected: Int64 in [10, 20, 40, 60, 60] {
            destination.attempt(.failure)
            #expect(destination.ejectedFor == expected)
            destination.now += expected * Self.second
        }
        destination.attempt(.success)
        // It failed again at once, so it was not well.
        destination.attempt(.failure)
        #expect(destination.ejectedFor == 60)
        destination.now += 60 * Self.second
        destination.attempt(.success)
        destination.now += 60 * Self.second
        destination.attempt(.failure)
        #expect(destination.ejectedFor == 10)
    }

    @Test("A probe that never ends, or whose client leaves, is followed by another")
    func lostProbe() {
        var destination = Destination(failures: 1)
        destination.attempt(.failure)
        destination.now += 10 * Self.second
        let left = destination.state.begin(at: destination.now)
        destination.state.note(.none, of: left, at: destination.now)
        #expect(destination.isAvailable)
        let hanging = destination.state.begin(at: destination.now)
        #expect(hanging.isProbe && !destination.isAvailable)
        destination.now += 10 * Self.second
        #expect(destination.isAvailable)
        #expect(destination.state.begin(at: destination.now).isProbe)
    }

    @Test("Requests that began before the ejection neither prolong nor end it")
    func latecomers() {
        var destination = Destination(failures: 2)
        let tickets = (0..<10).map { _ in destination.state.begin(at: destination.now) }
        for ticket in tickets { destination.state.note(.failure, of: ticket, at: destination.now) }
        #expect(destination.state.ejections == 1)
        #expect(destination.ejectedFor == 10)
        destination.state.note(.success, of: tickets[0], at: destination.now)
        #expect(!destination.isAvailable)
    }

    @Test("A request that goes to an ejected destination for want of another takes it back if it succeeds")
    func forced() {
        var destination = Destination(failures: 1)
        destination.attempt(.failure)
        destination.attempt(.failure)
        #expect(destination.state.ejections == 1)
        #expect(destination.ejectedFor == 10)
        destination.attempt(.success)
        #expect(destination.isAvailable)
    }

    @Test("A destination that says when to come again is ejected for that time, at most the maximum")
    func retryAfter() {
        var destination = Destination()
        destination.attempt(.limited(for: 7 * Self.second))
        #expect(destination.ejectedFor == 7)
        destination.now += 7 * Self.second
        destination.attempt(.limited(for: .max))
        #expect(destination.ejectedFor == 60)
        // It is no failure that later ones add up to.
        destination.now += 60 * Self.second
        destination.attempt(.success)
        destination.attempt(.failure)
        #expect(destination.isAvailable)
    }
}
