// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// When a destination that fails is ejected, and for how long.
package struct CircuitSettings: Sendable, Hashable {
    /// Failures in a row that eject it; 0 where it is never ejected.
    package var failures = 5
    /// How long it is ejected first; each time that it fails again at once, for twice as long.
    package var ejection: Duration = .seconds(10)
    /// The longest ejection, whatever the destination's `retry-after` asks for.
    package var maximumEjection: Duration = .seconds(300)

    package init() {}
}

/// What an attempt says of its destination.
package enum CircuitOutcome: Sendable, Equatable {
    case success
    case failure
    /// It refused for this many nanoseconds.
    case limited(for: Int64)
    /// Nothing: the caller's mistake, or a client that left.
    case none
}

/// An attempt under way, as its circuit breaker knows it.
package struct CircuitTicket: Sendable, Equatable {
    /// How often the destination had been ejected when it began.
    package let ejections: Int
    /// What the destination was then.
    package let phase: CircuitState.Phase
    /// Whether it decides if the destination is taken back.
    package let isProbe: Bool

    package init(ejections: Int, phase: CircuitState.Phase = .closed, isProbe: Bool = false) {
        self.ejections = ejections
        self.phase = phase
        self.isProbe = isProbe
    }
}

/// The circuit breaker of one destination: ejects it after failures, then lets one request find out whether it is well again.
///
/// A value without a clock; times are nanoseconds of any clock that only goes forward. It decides nothing by itself: who routes asks ``isAvailable(at:)``, and may send a
/// request to an ejected destination all the same where there is no other.
package struct CircuitState: Sendable {
    package enum Phase: Sendable, Equatable {
        /// Requests go there.
        case closed
        /// It is ejected.
        case open
        /// It is ejected, and one request is under way to find out whether it is well.
        case halfOpen
    }

    private let settings: CircuitSettings
    package private(set) var phase = Phase.closed
    /// How often it was ejected.
    package private(set) var ejections = 0
    /// Failures in a row while closed.
    private var failures = 0
    /// When the ejection ends, or the time of the request that finds out.
    package private(set) var availableAt: Int64 = 0
    /// Ejections with no good time between them.
    private var streak = 0
    private var lastEjection: Int64 = 0
    private var closedAt: Int64 = 0

    package init(_ settings: CircuitSettings) {
        self.settings = settings
    }

    /// Whether there is nothing to remember but how often it was ejected.
    package var isQuiet: Bool { phase == .closed && failures == 0 }

    /// Whether a request should go there.
    package func isAvailable(at now: Int64) -> Bool { phase == .closed || availableAt <= now }

    /// Notes that a request goes there.
    ///
    /// The first after an ejection is the probe, and the next one if the probe takes as long as the ejection did.
    package mutating func begin(at now: Int64) -> CircuitTicket {
        guard phase != .closed, availableAt <= now else { return CircuitTicket(ejections: ejections, phase: phase) }
        phase = .halfOpen
        availableAt = now + lastEjection
        return CircuitTicket(ejections: ejections, phase: phase, isProbe: true)
    }

    /// Takes what became of a request.
    ///
    /// One that began before the last ejection says nothing about now.
    package mutating func note(_ outcome: CircuitOutcome, of ticket: CircuitTicket, at now: Int64) {
        guard ticket.ejections == ejections else { return }
        switch (outcome, phase) {
        case (.success, .closed):
            failures = 0
        case (.success, _):
            phase = .closed
            failures = 0
            closedAt = now
        case (.failure, .closed):
            failures += 1
            if failures >= settings.failures { eject(at: now) }
        case (.failure, .halfOpen):
            if ticket.isProbe { eject(at: now) }
        case (.limited(let time), .closed), (.limited(let time), .halfOpen):
            eject(for: min(time, settings.maximumEjection.nanoseconds), at: now)
        case (.limited(let time), .open):
            availableAt = max(availableAt, now + min(time, settings.maximumEjection.nanoseconds))
        case (.none, .halfOpen):
            // The next request finds out.
            guard ticket.isProbe else { return }
            phase = .open
            availableAt = now
        case (.failure, .open), (.none, _): break
        }
    }

    private mutating func eject(at now: Int64) {
        if phase == .closed, now - closedAt >= lastEjection { streak = 0 }
        let first = settings.ejection.nanoseconds
        let (time, overflow) = first.multipliedReportingOverflow(by: 1 << min(streak, 30))
        streak += 1
        eject(for: overflow ? .max : time, at: now)
    }

    private mutating func eject(for time: Int64, at now: Int64) {
        phase = .open
        failures = 0
        ejections += 1
        lastEjection = max(1, min(time, settings.maximumEjection.nanoseconds))
        availableAt = now + lastEjection
    }
}

extension Duration {
    /// Whole nanoseconds; at most about 290 years.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product + attoseconds / 1_000_000_000
    }
}
