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

    /// Where the entry of a use is.
    private var places: [LimitedUse: Int] = [:]
    private var entries: [Entry] = []
    /// Places of entries that were dropped.
    private var free: [Int] = []
    /// How many entries there may be before those that nobody needs are dropped.
    private var sweepCount = 1024
    private var output = ExpectedOutput()

    package init() {}

    /// How many uses are counted.
    package var count: Int { places.count }

    /// Asks for room for a call, and takes it.
    ///
    /// - Parameters:
    ///   - limits: The call's limits.
    ///   - inputTokens: About how many tokens its input has.
    ///   - maximumOutput: The most tokens that its answer can have, if it says.
    ///   - now: The time.
    /// - Returns: What was taken, or why there is no room.
    package mutating func admit(
        _ limits: AppliedLimits,
        inputTokens: Int,
        maximumOutput: Int?,
        at now: Int64
    ) -> LimitDecision {
        let tokens = limits.countTokens ? Self.bounded(inputTokens) + output.expected(atMost: maximumOutput) : 0
        if places.count >= sweepCount { sweep(now) }
        var status = LimitStatus()
        var refusal: LimitRefusal?
        var taken: [Int] = []
        for applied in limits.all {
            let place = place(of: applied.use, now)
            // Two limits may be about the same use.
            if !taken.contains(place) { taken.append(place) }
            look(at: place, applied.limit, tokens, now, &status) { if $0.isLonger(than: refusal) { refusal = $0 } }
        }
        if !limits.groups.isEmpty {
            let lacking = lookAtGroups(limits.groups, tokens, now, &taken, &status)
            for found in lacking where found.isLonger(than: refusal) { refusal = found }
        }
        if let refusal { return .refused(refusal, status) }
        for place in taken {
            entries[place].requests.add(1, at: now)
            entries[place].reserved += tokens
            entries[place].inFlight += 1
            entries[place].lastUse = now
        }
        status.take(tokens: tokens, at: now)
        return .admitted(LimitReservation(places: taken, tokens: tokens), status)
    }

    /// Takes what a call used in place of what was reserved for it.
    ///
    /// - Parameters:
    ///   - reservation: What ``admit(_:inputTokens:maximumOutput:at:)`` gave.
    ///   - usage: What the call used.
    ///   - now: When it ended.
    package mutating func settle(_ reservation: LimitReservation, _ usage: TokenUsage, at now: Int64) {
        if let tokens = usage.output { output.note(tokens) }
        for place in reservation.places {
            entries[place].reserved -= reservation.tokens
            entries[place].inFlight -= 1
            entries[place].tokens.add(usage.total, at: now)
            entries[place].lastUse = now
        }
    }

    // MARK: Parts

    /// Notes what is left of a limit, and tells of each dimension that has no room.
    private mutating func look(
        at place: Int,
        _ limit: RateLimit,
        _ tokens: Int,
        _ now: Int64,
        _ status: inout LimitStatus,
        refuse: (LimitRefusal) -> Void
    ) {
        if let most = limit.requests {
            let used = entries[place].requests.used(at: now)
            status.requests.take(
                limit,
                most,
                max(0, most - used),
                now + entries[place].requests.timeUntilEmpty(at: now)
            )
            if used >= most {
                let wait = most > 0 ? entries[place].requests.time(untilUsedIsAtMost: most - 1, at: now) : nil
                refuse(LimitRefusal(limit: limit, dimension: .requests, wait: wait.map { max(1, $0) }))
            }
        }
        if let most = limit.tokens {
            let used = entries[place].tokens.used(at: now)
            let reserved = entries[place].reserved
            let left = max(0, most - used - reserved)
            status.tokens.take(limit, most, left, now + entries[place].tokens.timeUntilEmpty(at: now))
            // A call that nothing else competes with may be as large as it is.
            if most == 0 || used + reserved + tokens > most, used >= most || reserved > 0 {
                let room = max(0, most - max(1, tokens))
                let wait = most > 0 ? entries[place].tokens.time(untilUsedIsAtMost: room, at: now) : nil
                refuse(LimitRefusal(limit: limit, dimension: .tokens, wait: wait.map { max(1, $0) }))
            }
        }
        if let most = limit.parallelRequests, entries[place].inFlight >= most {
            let wait: Int64? = most > 0 ? Self.parallelWait : nil
            refuse(LimitRefusal(limit: limit, dimension: .parallelRequests, wait: wait))
        }
    }

    /// How long to wait for one of the calls in flight to end, which nobody knows.
    private static let parallelWait: Int64 = 1_000_000

    /// The same for the limits of groups: of each dimension that no group has room in, the group that has it again first.
    private mutating func lookAtGroups(
        _ groups: [AppliedLimit],
        _ tokens: Int,
        _ now: Int64,
        _ taken: inout [Int],
        _ status: inout LimitStatus
    ) -> [LimitRefusal] {
        // A group has room where all of its periods have.
        var full: [LimitDimension: [String: LimitRefusal]] = [:]
        var names: [LimitDimension: Set<String>] = [:]
        for applied in groups {
            let place = place(of: applied.use, now)
            if !taken.contains(place) { taken.append(place) }
            let name = applied.use.subject
            for dimension in LimitDimension.allCases where dimension.most(of: applied.limit) != nil {
                names[dimension, default: []].insert(name)
            }
            look(at: place, applied.limit, tokens, now, &status) { found in
                if found.isLonger(than: full[found.dimension]?[name]) {
                    full[found.dimension, default: [:]][name] = found
                }
            }
        }
        return full.compactMap { dimension, refusals in
            guard refusals.count == names[dimension]?.count else { return nil }
            return refusals.values.reduce(nil) { shortest, next in
                shortest.map { $0.isLonger(than: next) ? next : $0 } ?? next
            }
        }
    }

    /// Where the entry of a use is, made where there is none; of request tags beyond the bound there is one for all.
    private mutating func place(of use: LimitedUse, _ now: Int64) -> Int {
        if let place = places[use] { return place }
        if use.scope == .tag, !use.subject.isEmpty, places.count >= Self.maximumEntries {
            return place(of: LimitedUse(scope: .tag, period: use.period, subject: ""), now)
        }
        let entry = Entry(period: use.period.microseconds, now: now)
        let place = free.popLast() ?? entries.count
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        places[use] = place
        return place
    }

    /// Drops what nobody needs, once there is much of it; entries of calls in flight keep their places.
    private mutating func sweep(_ now: Int64) {
        for (use, place) in places {
            let entry = entries[place]
            guard entry.inFlight == 0, now - entry.lastUse > use.period.microseconds * 62 / 60 else { continue }
            places[use] = nil
            free.append(place)
        }
        sweepCount = max(1024, 2 * places.count)
    }

    /// A number that somebody else gave, such that many of them can be added.
    fileprivate static func bounded(_ tokens: Int) -> Int { max(0, min(tokens, 1 << 32)) }
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
