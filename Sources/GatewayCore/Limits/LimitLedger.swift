// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What was used of one service, and what calls in flight have reserved: decides whether a limit has room.
///
/// A value without a clock; times are microseconds since 1970. A request counts once it is admitted. Tokens are reserved before, as many as a call may take, and take their true number when it
/// has ended. So calls that are in flight at once do not pass a limit that each alone would keep.
package struct LimitLedger: Sendable {
    private struct Entry {
        var requests: SlidingWindow
        var tokens: SlidingWindow
        /// Tokens that calls in flight may take.
        var reserved = 0
        var inFlight = 0
        var lastUse: Int64

        init(period: Int64, now: Int64) {
            requests = SlidingWindow(period: period)
            tokens = SlidingWindow(period: period)
            lastUse = now
        }
    }

    /// Most uses that are kept: those of further request tags count together.
    private static let maximumEntries = 100_000

    private var entries: [LimitedUse: Entry] = [:]
    /// How many entries there may be before those that nobody needs are dropped.
    private var sweepCount = 1024
    private var output = ExpectedOutput()

    package init() {}

    /// How many uses are counted.
    package var count: Int { entries.count }

    /// Asks for room for a call, and takes it.
    ///
    /// - Parameters:
    ///   - limits: The call's limits.
    ///   - inputTokens: About how many tokens its input has.
    ///   - maximumOutput: The most tokens that its answer can have, if it says.
    ///   - now: The time.
    package mutating func admit(
        _ limits: AppliedLimits,
        inputTokens: Int,
        maximumOutput: Int?,
        at now: Int64
    ) -> LimitDecision {
        let limits = bounded(limits)
        let tokens = limits.countTokens ? Self.bounded(inputTokens) + output.expected(atMost: maximumOutput) : 0
        var refusal: LimitRefusal?
        for applied in limits.all {
            for dimension in LimitDimension.allCases {
                guard let found = lack(of: dimension, applied, tokens, now) else { continue }
                if found.isLonger(than: refusal) { refusal = found }
            }
        }
        for dimension in LimitDimension.allCases {
            guard let found = lack(of: dimension, inAll: limits.groups, tokens, now) else { continue }
            if found.isLonger(than: refusal) { refusal = found }
        }
        if let refusal { return .refused(refusal, status(of: limits, now)) }
        sweep(now)
        for applied in limits.all + limits.groups {
            update(applied.use, now) { entry in
                entry.requests.add(1, at: now)
                entry.reserved += tokens
                entry.inFlight += 1
            }
        }
        let uses = (limits.all + limits.groups).map(\.use)
        return .admitted(LimitReservation(uses: uses, tokens: tokens), status(of: limits, now))
    }

    /// Takes what a call used in place of what was reserved for it.
    ///
    /// - Parameters:
    ///   - reservation: What ``admit(_:inputTokens:maximumOutput:at:)`` gave.
    ///   - usage: What the call used.
    ///   - now: When it ended.
    package mutating func settle(_ reservation: LimitReservation, _ usage: TokenUsage, at now: Int64) {
        if let tokens = usage.output { output.note(tokens) }
        for use in reservation.uses {
            update(use, now) { entry in
                entry.reserved -= reservation.tokens
                entry.inFlight -= 1
                entry.tokens.add(usage.total, at: now)
            }
        }
    }

    // MARK: Parts

    /// Why a limit has no room in one dimension; nil where it has.
    private mutating func lack(
        of dimension: LimitDimension,
        _ applied: AppliedLimit,
        _ tokens: Int,
        _ now: Int64
    ) -> LimitRefusal? {
        guard let most = dimension.most(of: applied.limit) else { return nil }
        guard most > 0 else { return LimitRefusal(limit: applied.limit, dimension: dimension, wait: nil) }
        guard var entry = entries[applied.use] else { return nil }
        var wait: Int64?
        switch dimension {
        case .requests:
            guard entry.requests.used(at: now) >= most else { return nil }
            wait = entry.requests.time(untilUsedIsAtMost: most - 1, at: now)
        case .tokens:
            let used = entry.tokens.used(at: now)
            // A call that nothing else competes with may be as large as it is.
            guard used + entry.reserved + tokens > most, used >= most || entry.reserved > 0 else { return nil }
            wait = entry.tokens.time(untilUsedIsAtMost: max(0, most - max(1, tokens)), at: now)
        case .parallelRequests:
            guard entry.inFlight >= most else { return nil }
            wait = 1_000_000
        }
        entries[applied.use] = entry
        return LimitRefusal(limit: applied.limit, dimension: dimension, wait: max(1, wait ?? 1))
    }

    /// Why no group has room in one dimension: that of the group that has it again first.
    private mutating func lack(
        of dimension: LimitDimension,
        inAll groups: [AppliedLimit],
        _ tokens: Int,
        _ now: Int64
    ) -> LimitRefusal? {
        var shortest: LimitRefusal?
        var full: [String: LimitRefusal] = [:]
        let names = Set(groups.filter { dimension.most(of: $0.limit) != nil }.map(\.use.subject))
        guard !names.isEmpty else { return nil }
        // A group has room where all of its periods have.
        for applied in groups {
            guard let found = lack(of: dimension, applied, tokens, now) else { continue }
            if found.isLonger(than: full[applied.use.subject]) { full[applied.use.subject] = found }
        }
        guard full.count == names.count else { return nil }
        for refusal in full.values where shortest?.isLonger(than: refusal) ?? true { shortest = refusal }
        return shortest
    }

    /// What is left of the limits that have least left.
    private mutating func status(of limits: AppliedLimits, _ now: Int64) -> LimitStatus {
        var status = LimitStatus()
        for applied in limits.all + limits.groups {
            var entry = entries[applied.use] ?? Entry(period: applied.limit.renewalPeriod.microseconds, now: now)
            if let most = applied.limit.requests {
                let left = max(0, most - entry.requests.used(at: now))
                status.requests.take(most, left, resetsAt: now + entry.requests.timeUntilEmpty(at: now))
            }
            if let most = applied.limit.tokens {
                let left = max(0, most - entry.tokens.used(at: now) - entry.reserved)
                status.tokens.take(most, left, resetsAt: now + entry.tokens.timeUntilEmpty(at: now))
            }
        }
        return status
    }

    private mutating func update(_ use: LimitedUse, _ now: Int64, _ body: (inout Entry) -> Void) {
        body(&entries[use, default: Entry(period: use.period.microseconds, now: now)])
        entries[use]?.lastUse = now
    }

    /// A number that somebody else gave, such that many of them can be added.
    fileprivate static func bounded(_ tokens: Int) -> Int { max(0, min(tokens, 1 << 32)) }

    /// The same limits, with request tags counted together once there are too many.
    private func bounded(_ limits: AppliedLimits) -> AppliedLimits {
        guard entries.count >= Self.maximumEntries else { return limits }
        var limits = limits
        limits.all = limits.all.map { applied in
            guard applied.use.scope == .tag, entries[applied.use] == nil else { return applied }
            return AppliedLimit(applied.limit, .tag, "")
        }
        return limits
    }

    /// Drops what nobody needs, once there is much of it.
    private mutating func sweep(_ now: Int64) {
        guard entries.count >= sweepCount else { return }
        entries = entries.filter { use, entry in
            entry.inFlight > 0 || now - entry.lastUse <= use.period.microseconds * 62 / 60
        }
        sweepCount = max(1024, 2 * entries.count)
    }
}

/// How many tokens the next answer of a service may have, by those that came before.
///
/// Nearly all clients allow many more than an answer has, so that reserving what they allow would refuse calls long before the limit.
private struct ExpectedOutput {
    /// What an answer may have before one has come.
    private static let first = 8192

    private var largest: Int?

    func expected(atMost maximum: Int?) -> Int {
        let most = LimitLedger.bounded(maximum ?? .max)
        return min(most, largest.map { max($0, 16) } ?? maximum.map { _ in most } ?? Self.first)
    }

    /// Follows larger answers at once and smaller ones slowly.
    mutating func note(_ tokens: Int) {
        let tokens = LimitLedger.bounded(tokens)
        guard let largest else { return self.largest = tokens }
        self.largest = tokens >= largest ? tokens : largest - (largest - tokens) / 32
    }
}
