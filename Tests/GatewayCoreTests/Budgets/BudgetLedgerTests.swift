// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

/// The rules of budgets, with a manual clock.
@Suite("Budgets")
struct BudgetLedgerTests {
    private static let dollar: Int64 = 1_000_000_000
    /// 2026-11-25T00:00:00Z, a Wednesday.
    private static let start: Int64 = 1_795_564_800_000_000
    private static let day: Int64 = 86_400_000_000
    private let alice = Caller(name: "alice@example.com", kind: .user, groups: ["team", "leads"])
    private let bob = Caller(name: "bob@example.com", kind: .user)

    /// A gateway with budgets, used by a manual clock.
    private struct World {
        var ledger = BudgetLedger()
        let plan: BudgetPlan
        var now = BudgetLedgerTests.start
        var alerts: [BudgetAlert] = []

        init(_ budgets: [Budget]) throws {
            plan = try #require(BudgetPlan(budgets))
        }

        func budgets(
            _ caller: Caller,
            tags: RequestTags? = nil,
            service: String = "main.ai.m"
        ) -> [AppliedBudget] {
            plan.budgets(of: caller, tags: tags, service: ObjectName(service), at: now)
        }

        mutating func decide(
            _ caller: Caller,
            most: Int64,
            tags: RequestTags? = nil,
            service: String = "main.ai.m"
        ) -> BudgetDecision {
            ledger.admit(budgets(caller, tags: tags, service: service), most: most, at: now)
        }

        /// Makes a call that ends at once; the name of the budget that refused it, or nil.
        @discardableResult
        mutating func call(
            _ caller: Caller,
            cost: Int64,
            most: Int64? = nil,
            tags: RequestTags? = nil,
            service: String = "main.ai.m"
        ) -> String? {
            switch decide(caller, most: most ?? cost, tags: tags, service: service) {
            case .refused(let refusal):
                if let alert = refusal.alert { alerts.append(alert) }
                return refusal.budget.budget.name
            case .admitted(let reservation):
                alerts += ledger.settle(reservation, cost: cost, at: now)
                return nil
            }
        }
    }

    private func budget(
        _ key: Budget.Key,
        _ principal: String? = nil,
        dollars: Int64 = 1,
        period: BudgetPeriod = .month,
        name: String? = nil
    ) -> Budget {
        Budget(
            name: name ?? key.rawValue,
            key: key,
            principal: principal,
            period: period,
            amount: dollars * Self.dollar
        )
    }

    // MARK: Amounts

    @Test("U08, U11: 200 callers at once spend no more than a budget of one dollar")
    func concurrent() throws {
        var world = try World([budget(.account)])
        var taken: [BudgetReservation] = []
        var refused = 0
        for _ in 0..<200 {
            switch world.decide(bob, most: 30_000_000) {
            case .admitted(let reservation): taken.append(reservation)
            case .refused: refused += 1
            }
        }
        #expect(taken.count == 33 && refused == 167)
        // Each call costs as much as it can.
        for reservation in taken { _ = world.ledger.settle(reservation, cost: 30_000_000, at: world.now) }
        let spent = world.ledger.spent(of: [budget(.account)], at: world.now).values.reduce(0, +)
        #expect(spent == 990_000_000)
        #expect(world.call(bob, cost: 30_000_000) == "account")
        #expect(world.call(bob, cost: 10_000_000) == nil)
        #expect(world.call(bob, cost: 0) == "account")
    }

    @Test("What a call did not spend of its reservation is there for others")
    func settled() throws {
        var world = try World([budget(.account)])
        guard case .admitted(let held) = world.decide(bob, most: Self.dollar) else {
            Issue.record("refused")
            return
        }
        #expect(world.call(alice, cost: 1) == "account")
        _ = world.ledger.settle(held, cost: 1000, at: world.now)
        #expect(world.call(alice, cost: Self.dollar - 1000) == nil)
        #expect(world.call(alice, cost: 1) == "account")
    }

    @Test("A budget of nothing refuses everything, and one that only alerts refuses nothing")
    func zero() throws {
        var none = try World([budget(.account, dollars: 0)])
        #expect(none.call(bob, cost: 0) == "account")
        var watched = budget(.account)
        watched.blocks = false
        var open = try World([watched])
        for _ in 0..<5 { #expect(open.call(bob, cost: Self.dollar) == nil) }
        #expect(open.ledger.spent(of: [watched], at: open.now).values.reduce(0, +) == 5 * Self.dollar)
    }

    @Test("U09: A new period begins with nothing spent", arguments: BudgetPeriod.allCases)
    func periods(period: BudgetPeriod) throws {
        var world = try World([budget(.account, period: period)])
        let end = period.end(ofPeriodFrom: period.start(of: world.now))
        world.now = end - 1
        #expect(world.call(bob, cost: Self.dollar) == nil)
        #expect(world.call(bob, cost: 1) == "account")
        guard case .refused = world.decide(bob, most: 1) else {
            Issue.record("admitted")
            return
        }
        world.now = end
        #expect(world.call(bob, cost: Self.dollar) == nil)
        #expect(world.call(bob, cost: 1) == "account")
    }

    @Test("A call counts in the period in which it was received")
    func boundary() throws {
        var world = try World([budget(.account, period: .day)])
        world.now = Self.start + Self.day - 1
        guard case .admitted(let reservation) = world.decide(bob, most: Self.dollar) else {
            Issue.record("refused")
            return
        }
        world.now += 1
        _ = world.ledger.settle(reservation, cost: Self.dollar, at: world.now)
        #expect(world.ledger.spent(of: [budget(.account, period: .day)], at: world.now).values.reduce(0, +) == 0)
        #expect(
            world.ledger.spent(of: [budget(.account, period: .day)], at: world.now - 1).values.reduce(0, +)
                == Self.dollar
        )
    }

    // MARK: Whose

    @Test("Budgets count the calls of whom they are for")
    func keys() throws {
        let principal = Caller(name: "alice@example.com", kind: .servicePrincipal)
        var world = try World([
            budget(.user, "alice@example.com", name: "alice"), budget(.userGroup, "team"),
            budget(.servicePrincipal, "app-1"), budget(.userDefault, dollars: 5),
        ])
        #expect(world.budgets(alice).map(\.budget.name).sorted() == ["alice", "user_default", "user_group"])
        #expect(world.budgets(principal).map(\.budget.name) == ["user_default"])
        #expect(world.call(alice, cost: Self.dollar) == nil)
        #expect(world.call(alice, cost: 1) == "alice")
        // Each caller has a default budget of its own.
        for _ in 0..<5 { #expect(world.call(bob, cost: Self.dollar) == nil) }
        #expect(world.call(bob, cost: 1) == "user_default")
        let carol = Caller(name: "carol@example.com", kind: .user, groups: ["team"])
        #expect(world.call(carol, cost: 1) == "user_group")
        #expect(world.call(principal, cost: 1) == nil)
    }

    @Test("A budget of a service counts that service alone")
    func services() throws {
        var limited = budget(.account)
        limited.modelService = ObjectName("main.ai.dear")
        var world = try World([limited])
        #expect(world.call(bob, cost: Self.dollar, service: "main.ai.dear") == nil)
        #expect(world.call(bob, cost: 1, service: "main.ai.dear") == "account")
        #expect(world.call(bob, cost: Self.dollar) == nil)
    }

    @Test("Each value of a tag has a budget of its own, unless the budget names one")
    func tags() throws {
        let (one, two) = (try RequestTags(header: #"{"project":"a"}"#), try RequestTags(header: #"{"project":"b"}"#))
        var each = budget(.requestTag)
        each.requestTagKey = "project"
        var world = try World([each])
        #expect(world.call(bob, cost: Self.dollar, tags: one) == nil)
        #expect(world.call(bob, cost: 1, tags: one) == "request_tag")
        #expect(world.call(bob, cost: Self.dollar, tags: two) == nil)
        #expect(world.call(bob, cost: Self.dollar) == nil)
        each.requestTagValue = "b"
        world = try World([each])
        #expect(world.budgets(bob, tags: one).isEmpty)
        #expect(world.budgets(bob, tags: two).count == 1)
    }

    @Test("An override of the caller counts before those of its groups, of which the largest does")
    func overrides() throws {
        var each = budget(.userDefault)
        each.overrides = ["team": 2 * Self.dollar, "leads": 3 * Self.dollar, "bob@example.com": Self.dollar / 2]
        let world = try World([each])
        #expect(world.budgets(alice).map(\.amount) == [3 * Self.dollar])
        #expect(world.budgets(bob).map(\.amount) == [Self.dollar / 2])
        let carol = Caller(name: "carol@example.com", kind: .user)
        #expect(world.budgets(carol).map(\.amount) == [Self.dollar])
    }

    // MARK: Alerts

    @Test("Each threshold is told of once in a period, and the first refusal too")
    func alerts() throws {
        var watched = budget(.account, period: .day)
        watched.alerts = [50, 80, 100]
        var world = try World([watched])
        let tenth = Self.dollar / 10
        for _ in 0..<12 { world.call(bob, cost: tenth) }
        #expect(world.alerts.map(\.event) == [.threshold(50), .threshold(80), .threshold(100), .blocked])
        #expect(world.alerts.first?.spent == 5 * tenth && world.alerts.first?.amount == Self.dollar)
        world.alerts = []
        world.now += Self.day
        world.call(bob, cost: Self.dollar)
        #expect(world.alerts.map(\.event) == [.threshold(50), .threshold(80), .threshold(100)])
    }

    // MARK: Restarts and bounds

    @Test("What was spent before a restart counts, and is not told of again")
    func restart() throws {
        var watched = budget(.userGroup, "team")
        watched.alerts = [50]
        var world = try World([watched])
        let use = BudgetUse(budget: "user_group", subject: "team", periodStart: BudgetPeriod.month.start(of: world.now))
        world.ledger.load([use: 900_000_000])
        #expect(world.call(alice, cost: 200_000_000) == "user_group")
        #expect(world.call(alice, cost: 100_000_000) == nil)
        #expect(world.alerts.map(\.event) == [.blocked])
    }

    @Test("Past periods are forgotten, but not while a call of theirs is in flight")
    func bounded() throws {
        var each = budget(.requestTag, period: .day)
        each.requestTagKey = "run"
        var world = try World([each])
        guard case .admitted(let held) = try world.decide(bob, most: 5, tags: RequestTags(header: #"{"run":"held"}"#))
        else {
            Issue.record("refused")
            return
        }
        for run in 0..<5000 {
            try world.call(bob, cost: 1, tags: RequestTags(header: #"{"run":"\#(run)"}"#))
            if run % 500 == 0 { world.now += Self.day }
        }
        #expect(world.ledger.count < 2500)
        #expect(world.ledger.settle(held, cost: 5, at: world.now).isEmpty)
        #expect(world.ledger.spent(of: [each], at: Self.start).values.reduce(0, +) >= 5)
    }
}
