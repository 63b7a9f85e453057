// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import Synchronization

/// What was spent of all budgets, over all event loops; the same one in every snapshot.
package final class BudgetKeeper: Sendable {
    private struct State {
        var ledger = BudgetLedger()
        /// By budget.
        var refusals: [String: Int] = [:]
    }

    private let state = Mutex(State())
    /// Gets alerts; must not wait.
    private let alert: @Sendable (BudgetAlert) -> Void

    /// Makes one; `alert` gets what watchers of budgets are told, and must not wait.
    package init(alert: @escaping @Sendable (BudgetAlert) -> Void = { _ in }) {
        self.alert = alert
    }

    /// When the earliest of the periods began that a time is in; both in microseconds since 1970 UTC.
    package static func earliestPeriod(now: Int64) -> Int64 {
        BudgetPeriod.allCases.map { $0.start(of: now) }.reduce(now, min)
    }

    /// Takes over what was spent before this process began.
    package func load(_ spent: [BudgetUse: Int64]) {
        state.withLock { $0.ledger.load(spent) }
    }

    /// Asks for the money that a call can cost, as ``BudgetLedger/admit(_:most:at:)`` does.
    func admit(_ budgets: [AppliedBudget], most: Int64, at now: Int64) -> BudgetDecision {
        let decision = state.withLock { state in
            let decision = state.ledger.admit(budgets, most: most, at: now)
            if case .refused(let refusal) = decision {
                state.refusals[refusal.budget.budget.name, default: 0] += 1
            }
            return decision
        }
        if case .refused(let refusal) = decision, let found = refusal.alert { alert(found) }
        return decision
    }

    /// Takes what a call cost in place of what was reserved for it.
    func settle(_ reservation: BudgetReservation, cost: Int64, at now: Int64) {
        let alerts = state.withLock { $0.ledger.settle(reservation, cost: cost, at: now) }
        for found in alerts { alert(found) }
    }

    /// What was spent by those who count together, in nano-dollars.
    package func spent(_ use: BudgetUse) -> Int64 { state.withLock { $0.ledger.spent(use) } }

    /// What was spent of budgets in the periods of a time, and how many calls they refused.
    package func status(of budgets: [Budget], at now: Int64) -> [BudgetStatus] {
        guard !budgets.isEmpty else { return [] }
        // Calls wait for the lock: one look at the entries, however many budgets there are.
        let (spent, refusals) = state.withLock { ($0.ledger.spent(of: budgets, at: now), $0.refusals) }
        return budgets.map { budget in
            BudgetStatus(
                budget: budget.name,
                spent: spent[budget.name] ?? 0,
                refusals: refusals[budget.name] ?? 0
            )
        }
    }
}

/// What was spent of a budget, for `/metrics`.
package struct BudgetStatus: Sendable {
    package let budget: String
    /// Nano-dollars of the current period, of all subjects together.
    package let spent: Int64
    /// Calls that were refused since the start.
    package let refusals: Int
}
