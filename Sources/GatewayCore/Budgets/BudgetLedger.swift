// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What was spent of budgets, and what calls in flight may cost: decides whether a call may be made.
///
/// A value without a clock. The most that a call can cost is reserved before, and what it cost takes its place when it has ended. So calls that are in flight at once
/// do not spend more than what each of them alone would be allowed to.
package struct BudgetLedger: Sendable {
    private struct Entry {
        /// Nano-dollars.
        var spent: Int64 = 0
        /// What calls in flight may cost, in nano-dollars.
        var reserved: Int64 = 0
        var inFlight = 0
        var hasRefused = false
        /// When the period ends; nil while no call has told.
        var end: Int64?
    }

    /// Most uses that are kept: those of further request tags count together.
    private static let maximumEntries = 100_000

    private var entries: [BudgetUse: Entry] = [:]
    /// How many entries there may be before those of past periods are dropped.
    private var sweepCount = 1024

    package init() {}

    /// Takes over what was spent before this process began.
    package mutating func load(_ spent: [BudgetUse: Int64]) {
        for (use, amount) in spent { entries[use, default: Entry()].spent.addSaturating(amount) }
    }

    /// How many uses are counted.
    package var count: Int { entries.count }

    /// What was spent by those who count together, in nano-dollars.
    package func spent(_ use: BudgetUse) -> Int64 { entries[use]?.spent ?? 0 }

    /// What was spent of budgets in their periods of a time, by everybody together: nano-dollars by the budget's name.
    package func spent(of budgets: [Budget], at now: Int64) -> [String: Int64] {
        let starts = Dictionary(budgets.map { ($0.name, $0.period.start(of: now)) }) { first, _ in first }
        var sums: [String: Int64] = [:]
        for (use, entry) in entries where entry.spent > 0 && starts[use.budget] == use.periodStart {
            sums[use.budget, default: 0].addSaturating(entry.spent)
        }
        return sums
    }

    /// Asks for the money that a call can cost, and reserves it.
    ///
    /// - Parameters:
    ///   - budgets: The call's budgets.
    ///   - most: The most that it can cost, in nano-dollars.
    ///   - now: The time in microseconds since 1970 UTC.
    /// - Returns: Refused by the first budget that lacks it; then nothing is reserved.
    package mutating func admit(_ budgets: [AppliedBudget], most: Int64, at now: Int64) -> BudgetDecision {
        let budgets = bounded(budgets)
        for applied in budgets where applied.budget.blocks {
            let entry = entries[applied.use] ?? Entry()
            var needed = entry.spent
            needed.addSaturating(entry.reserved)
            let isUsedUp = entry.spent >= applied.amount
            needed.addSaturating(most)
            guard isUsedUp || needed > applied.amount else { continue }
            let isFirst = !entry.hasRefused
            entries[applied.use, default: Entry()].hasRefused = true
            let alert = isFirst ? BudgetAlert(.blocked, applied, spent: entry.spent, at: now) : nil
            return .refused(BudgetRefusal(budget: applied, isUsedUp: isUsedUp, most: most, alert: alert))
        }
        sweep(now)
        for applied in budgets {
            var entry = entries[applied.use] ?? Entry()
            entry.reserved.addSaturating(most)
            entry.inFlight += 1
            entry.end = applied.budget.period.end(ofPeriodFrom: applied.use.periodStart)
            entries[applied.use] = entry
        }
        return .admitted(BudgetReservation(budgets: budgets, most: most))
    }

    /// Takes what a call cost in place of what was reserved for it.
    ///
    /// - Parameters:
    ///   - reservation: What ``admit(_:most:at:)`` gave.
    ///   - cost: What the call cost, in nano-dollars.
    ///   - now: When it ended.
    /// - Returns: The thresholds that were passed.
    package mutating func settle(_ reservation: BudgetReservation, cost: Int64, at now: Int64) -> [BudgetAlert] {
        var alerts: [BudgetAlert] = []
        for applied in reservation.budgets {
            var entry = entries[applied.use] ?? Entry()
            let before = entry.spent
            entry.reserved = max(0, entry.reserved - reservation.most)
            entry.inFlight -= 1
            entry.spent.addSaturating(cost)
            entries[applied.use] = entry
            for percent in applied.budget.alerts {
                let threshold = Int64(clamping: Int128(applied.amount) * Int128(percent) / 100)
                guard before < threshold, entry.spent >= threshold else { continue }
                alerts.append(BudgetAlert(.threshold(percent), applied, spent: entry.spent, at: now))
            }
        }
        return alerts
    }

    // MARK: Bounds

    /// The same budgets, with request tags counted together once there are too many.
    private func bounded(_ budgets: [AppliedBudget]) -> [AppliedBudget] {
        guard entries.count >= Self.maximumEntries else { return budgets }
        return budgets.map { applied in
            guard applied.budget.key == .requestTag, entries[applied.use] == nil else { return applied }
            var applied = applied
            applied.use.subject = ""
            return applied
        }
    }

    /// Drops what belongs to past periods, once there is much of it.
    private mutating func sweep(_ now: Int64) {
        guard entries.count >= sweepCount else { return }
        // What was loaded and nobody has asked for since has no end yet: no period is longer than this.
        let month: Int64 = 31 * 86_400_000_000
        entries = entries.filter { use, entry in entry.inFlight > 0 || (entry.end ?? use.periodStart + month) > now }
        sweepCount = max(1024, 2 * entries.count)
    }
}

/// Whether there is money for a call.
package enum BudgetDecision: Sendable {
    case admitted(BudgetReservation)
    case refused(BudgetRefusal)
}

/// What was reserved for a call, until it is settled.
package struct BudgetReservation: Sendable {
    let budgets: [AppliedBudget]
    /// Nano-dollars.
    package let most: Int64

    /// Where the call counts.
    package var uses: [BudgetUse] { budgets.map(\.use) }
}

/// Why there is no money for a call.
package struct BudgetRefusal: Sendable {
    package let budget: AppliedBudget
    /// Whether nothing is left, rather than less than the call can cost.
    package let isUsedUp: Bool
    /// The most that the call can cost, in nano-dollars.
    package let most: Int64
    /// Set where it is the first refusal of this use.
    package let alert: BudgetAlert?
}

/// What whoever watches a budget is told.
package struct BudgetAlert: Sendable, Equatable {
    package enum Event: Sendable, Equatable {
        /// So many per cent of the amount are spent.
        case threshold(Int)
        /// A call was refused.
        case blocked
    }

    package let event: Event
    package let budget: Budget
    package let use: BudgetUse
    /// Nano-dollars.
    package let amount: Int64
    /// Nano-dollars.
    package let spent: Int64
    /// Microseconds since 1970 UTC.
    package let time: Int64

    init(_ event: Event, _ applied: AppliedBudget, spent: Int64, at time: Int64) {
        self.event = event
        budget = applied.budget
        use = applied.use
        amount = applied.amount
        self.spent = spent
        self.time = time
    }
}

extension Int64 {
    fileprivate mutating func addSaturating(_ other: Int64) {
        let (sum, overflow) = addingReportingOverflow(other)
        self = overflow ? .max : sum
    }
}
