// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Which budgets concern a call: all that fit, each for itself.
package struct BudgetPlan: Sendable {
    private let account: [Budget]
    private let tags: [Budget]
    private let userDefault: [Budget]
    private let own: [String: [Budget]]
    private let groups: [String: [Budget]]

    /// nil where there are no budgets.
    package init?(_ budgets: [Budget]) {
        guard !budgets.isEmpty else { return nil }
        account = budgets.filter { $0.key == .account }
        tags = budgets.filter { $0.key == .requestTag }
        userDefault = budgets.filter { $0.key == .userDefault }
        let own = budgets.filter { $0.key == .user || $0.key == .servicePrincipal }
        self.own = Dictionary(grouping: own) { Self.subject($0.key == .user ? .user : .servicePrincipal, $0.principal) }
        groups = Dictionary(grouping: budgets.filter { $0.key == .userGroup }) { $0.principal ?? "" }
    }

    /// The budgets of one call.
    ///
    /// - Parameters:
    ///   - caller: Who makes it.
    ///   - tags: Its request tags.
    ///   - service: The service that it is made to; nil for those of all services.
    ///   - time: When it was received, in microseconds since 1970 UTC.
    /// - Returns: Those that must all have money left.
    package func budgets(
        of caller: Caller,
        tags: RequestTags?,
        service: ObjectName?,
        at time: Int64
    ) -> [AppliedBudget] {
        var applied: [AppliedBudget] = []
        func add(_ budgets: [Budget], _ subject: String) {
            for budget in budgets where budget.modelService == nil || service == nil || budget.modelService == service {
                applied.append(AppliedBudget(budget, subject, caller, time))
            }
        }
        add(account, "")
        let name = Self.subject(caller.kind, caller.name)
        if let own = own[name] { add(own, name) }
        add(userDefault, name)
        if !groups.isEmpty {
            for group in caller.groups { if let budgets = groups[group] { add(budgets, group) } }
            if !caller.groups.contains(PrincipalName.everybody), let budgets = groups[PrincipalName.everybody] {
                add(budgets, PrincipalName.everybody)
            }
        }
        guard let tags, !self.tags.isEmpty else { return applied }
        for budget in self.tags {
            guard let key = budget.requestTagKey, let value = tags.value(of: key) else { continue }
            guard budget.requestTagValue == nil || budget.requestTagValue == value else { continue }
            add([budget], "\(key)=\(value)")
        }
        return applied
    }

    /// A user and a service principal may have the same name.
    private static func subject(_ kind: Caller.Kind, _ name: String?) -> String {
        (kind == .user ? "user:" : "service_principal:") + PrincipalName.normalized(name ?? "")
    }
}

/// A budget, and whose spending counts towards it.
package struct AppliedBudget: Sendable {
    package let budget: Budget
    /// Nano-dollars.
    package let amount: Int64
    package internal(set) var use: BudgetUse

    init(_ budget: Budget, _ subject: String, _ caller: Caller, _ time: Int64) {
        self.budget = budget
        use = BudgetUse(budget: budget.name, subject: subject, periodStart: budget.period.start(of: time))
        amount = budget.overrides.isEmpty ? budget.amount : Self.amount(of: budget, for: caller)
    }

    /// The caller's own amount, otherwise the largest of its groups.
    private static func amount(of budget: Budget, for caller: Caller) -> Int64 {
        if let own = budget.overrides[PrincipalName.normalized(caller.name)] { return own }
        return caller.groups.compactMap { budget.overrides[$0] }.max() ?? budget.amount
    }
}

/// What is counted together: the calls of one subject in one period of one budget.
///
/// The period is part of it, so that nothing is left of a period in the next one.
package struct BudgetUse: Sendable, Hashable {
    /// The budget's name.
    package let budget: String
    /// The name of the caller or group, the tag with its value, or nothing.
    package var subject: String
    /// Microseconds since 1970 UTC.
    package let periodStart: Int64

    package init(budget: String, subject: String, periodStart: Int64) {
        self.budget = budget
        self.subject = subject
        self.periodStart = periodStart
    }

    /// What calls cost together for each use that they count towards, in nano-dollars.
    package static func costs(of records: [UsageRecord]) -> [BudgetUse: Int64] {
        var costs: [BudgetUse: Int64] = [:]
        records.span.forEach { record in
            guard !record.budgetUses.isEmpty, let cost = record.cost?.nanodollars, cost > 0 else { return }
            for use in record.budgetUses {
                let (sum, overflow) = costs[use, default: 0].addingReportingOverflow(cost)
                costs[use] = overflow ? .max : sum
            }
        }
        return costs
    }
}
