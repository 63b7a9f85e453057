// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

/// The rules of rate limits, with a manual clock.
@Suite("Rate limits")
struct LimitLedgerTests {
    private static let second: Int64 = 1_000_000
    private static let start: Int64 = 1_793_500_000_000_000
    private let alice = Caller(name: "alice@example.com", kind: .user, groups: ["team", "everyone else"])
    private let bob = Caller(name: "bob@example.com", kind: .user)

    /// A service with limits, used by a manual clock.
    private struct Service {
        var ledger = LimitLedger()
        let plan: LimitPlan
        var now = LimitLedgerTests.start

        init(_ limits: [RateLimit]) throws {
            plan = try #require(LimitPlan(limits))
        }

        mutating func decide(
            _ caller: Caller,
            tags: RequestTags? = nil,
            input: Int = 0,
            output: Int? = 0
        ) -> LimitDecision {
            ledger.admit(
                plan.limits(of: caller, tags: tags),
                inputTokens: input,
                maximumOutput: output,
                at: now
            )
        }

        /// Makes a call that ends at once; why it was refused, or nil.
        mutating func call(
            _ caller: Caller,
            tags: RequestTags? = nil,
            input: Int = 0,
            output: Int = 0,
            most: Int? = nil
        ) -> LimitRefusal? {
            switch decide(caller, tags: tags, input: input, output: most ?? output) {
            case .refused(let refusal, _): return refusal
            case .admitted(let reservation, _):
                ledger.settle(reservation, TokenUsage(uncachedInput: input, output: output), at: now)
                return nil
            }
        }
    }

    private func limit(
        _ key: RateLimit.Key,
        _ principal: String? = nil,
        requests: Int? = nil,
        tokens: Int? = nil,
        period: RateLimit.RenewalPeriod = .minute
    ) -> RateLimit {
        RateLimit(key: key, renewalPeriod: period, principal: principal, requests: requests, tokens: tokens)
    }

    // MARK: Amounts

    @Test(
        "limits-05: A steady load at 95 % of a limit is never refused",
        arguments: [RateLimit.RenewalPeriod.minute, .hour],
        [20, 100, 6000]
    )
    func steady(period: RateLimit.RenewalPeriod, most: Int) throws {
        var service = try Service([limit(.service, requests: most, tokens: most * 10, period: period)])
        let gap = period.microseconds * 100 / (95 * Int64(most))
        for _ in 0..<10 * most {
            #expect(service.call(bob, input: 4, output: 6) == nil)
            service.now += gap
        }
    }

    @Test("At twice a limit, what is admitted in ten periods is within 1 % of it", arguments: [false, true])
    func doubled(byTokens: Bool) throws {
        let most = 600
        let limits = byTokens ? limit(.service, tokens: most * 10) : limit(.service, requests: most)
        var service = try Service([limits])
        var admitted = 0
        // A window that is full at first lets pass what it let pass a period ago.
        for _ in 0..<2 * most where service.call(bob, input: 10) == nil {
            service.now += RateLimit.RenewalPeriod.minute.microseconds / Int64(2 * most)
        }
        service.now = Self.start + RateLimit.RenewalPeriod.minute.microseconds
        for _ in 0..<20 * most {
            if service.call(bob, input: 10) == nil { admitted += 1 }
            service.now += RateLimit.RenewalPeriod.minute.microseconds / Int64(2 * most)
        }
        #expect(abs(admitted - 10 * most) <= 10 * most / 100, "\(admitted)")
    }

    @Test("limits-06: A burst of calls in flight at once does not pass the limit, nor do their tokens")
    func burst() throws {
        var service = try Service([limit(.service, requests: 300, tokens: 5000)])
        var taken: [LimitReservation] = []
        for _ in 0..<1000 {
            if case .admitted(let reservation, _) = service.decide(bob, input: 20, output: 30) {
                taken.append(reservation)
            }
        }
        #expect(taken.count == 100)
        for reservation in taken {
            service.ledger.settle(reservation, TokenUsage(uncachedInput: 20, output: 30), at: service.now)
        }
        #expect(service.call(bob, input: 20, output: 30)?.dimension == .tokens)

        var requests = try Service([limit(.service, requests: 300)])
        var admitted = 0
        for _ in 0..<1000 {
            if case .admitted = requests.decide(bob) { admitted += 1 }
        }
        #expect(admitted == 300)
    }

    @Test("What a call did not use is free again once it has ended, and a call that used more counts in full")
    func settling() throws {
        var service = try Service([limit(.service, tokens: 1000)])
        guard case .admitted(let first, _) = service.decide(bob, input: 100, output: 800) else {
            Issue.record("refused")
            return
        }
        #expect(service.call(bob, input: 100, output: 100) != nil)
        var usage = TokenUsage(uncachedInput: 60, cacheRead: 40, output: 30, reasoning: 10)
        service.ledger.settle(first, usage, at: service.now)
        #expect(service.call(bob, input: 100, output: 100) == nil)
        usage = TokenUsage(uncachedInput: 3000)
        guard case .admitted(let large, let status) = service.decide(bob, input: 10, output: 0) else {
            Issue.record("refused")
            return
        }
        #expect(status.tokens.remaining == 1000 - 130 - 200 - 10)
        service.ledger.settle(large, usage, at: service.now)
        service.now += 30 * Self.second
        #expect(service.call(bob)?.dimension == .tokens)
    }

    @Test("A call larger than a whole limit passes alone")
    func larger() throws {
        var service = try Service([limit(.service, tokens: 1000)])
        #expect(service.call(bob, input: 5000, output: 10) == nil)
        let refusal = service.call(bob, input: 1, output: 1)
        #expect(refusal?.wait ?? 0 > 0)
    }

    @Test("The wait that a refusal names is long enough, for requests and tokens", arguments: [false, true])
    func waits(byTokens: Bool) throws {
        var service = try Service([limit(.service, requests: byTokens ? nil : 10, tokens: byTokens ? 100 : nil)])
        for _ in 0..<10 {
            #expect(service.call(bob, input: 10) == nil)
            service.now += 2 * Self.second
        }
        let refusal = service.call(bob, input: 10)
        let wait = try #require(refusal?.wait)
        #expect(wait <= 60 * Self.second)
        service.now += wait
        #expect(service.call(bob, input: 10) == nil)
    }

    @Test("Requests and tokens have windows of their own")
    func independent() throws {
        var service = try Service([limit(.service, requests: 1), limit(.service, tokens: 1000, period: .hour)])
        #expect(service.call(bob, input: 500) == nil)
        #expect(service.call(bob, input: 1)?.dimension == .requests)
        service.now += 62 * Self.second
        #expect(service.call(bob, input: 500) == nil)
        service.now += 62 * Self.second
        #expect(service.call(bob, input: 1)?.dimension == .tokens)
    }

    @Test("A limit of 0 refuses all, for ever")
    func zero() throws {
        for limits in [limit(.service, requests: 0), limit(.userDefault, tokens: 0)] {
            var service = try Service([limits])
            let refusal = service.call(bob)
            #expect(refusal != nil && refusal?.wait == nil)
        }
        var parallel = RateLimit(key: .service, renewalPeriod: .minute)
        parallel.parallelRequests = 0
        var service = try Service([parallel])
        #expect(service.call(bob)?.dimension == .parallelRequests)
    }

    @Test("limits-01: Of parallel requests so many are in flight, and one that ends makes room")
    func parallel() throws {
        var limits = RateLimit(key: .userDefault, renewalPeriod: .minute)
        limits.parallelRequests = 2
        var service = try Service([limits])
        var taken: [LimitReservation] = []
        for _ in 0..<5 {
            if case .admitted(let reservation, _) = service.decide(bob) { taken.append(reservation) }
        }
        #expect(taken.count == 2)
        for _ in 0..<1000 {
            service.ledger.settle(taken.removeFirst(), TokenUsage(), at: service.now)
            guard case .admitted(let next, _) = service.decide(bob) else {
                Issue.record("A place was lost")
                return
            }
            taken.append(next)
            #expect(service.call(bob) != nil)
        }
    }

    // MARK: Whose

    @Test("Each caller has the default for itself, and its own limit instead where it has one")
    func callers() throws {
        var service = try Service([
            limit(.userDefault, requests: 1), limit(.user, "bob@example.com", requests: 3),
            limit(.servicePrincipal, "bob@example.com", requests: 2),
        ])
        #expect(service.call(alice) == nil)
        #expect(service.call(alice)?.limit.key == .userDefault)
        for _ in 0..<3 { #expect(service.call(bob) == nil) }
        #expect(service.call(bob)?.limit.key == .user)
        let robot = Caller(name: "bob@example.com", kind: .servicePrincipal)
        for _ in 0..<2 { #expect(service.call(robot) == nil) }
        #expect(service.call(robot)?.limit.key == .servicePrincipal)
    }

    @Test("A group shares its limit, which takes the place of the default and gives way to the caller's own")
    func groups() throws {
        let carol = Caller(name: "carol", kind: .user, groups: ["team"])
        var service = try Service([
            limit(.userDefault, requests: 100), limit(.userGroup, "team", requests: 2),
            limit(.user, "dave", requests: 1),
        ])
        #expect(service.call(alice) == nil)
        #expect(service.call(carol) == nil)
        #expect(service.call(alice)?.limit.key == .userGroup)
        #expect(service.call(carol)?.limit.principal == "team")
        #expect(service.call(bob) == nil)
        let dave = Caller(name: "dave", kind: .user, groups: ["team"])
        #expect(service.call(dave) == nil)
        #expect(service.call(dave)?.limit.key == .user)
    }

    @Test("In several groups a caller is refused once all of their requests, or all of their tokens, are used up")
    func severalGroups() throws {
        let both = Caller(name: "both", kind: .user, groups: ["small", "large"])
        let small = Caller(name: "small", kind: .user, groups: ["small"])
        var service = try Service([
            limit(.userGroup, "small", requests: 1), limit(.userGroup, "large", requests: 3),
            limit(.userGroup, "large", tokens: 1000, period: .hour),
        ])
        for _ in 0..<3 { #expect(service.call(both) == nil) }
        #expect(service.call(both)?.dimension == .requests)
        #expect(service.call(small)?.limit.principal == "small")
        service.now += 62 * Self.second
        #expect(service.call(both, input: 1000) == nil)
        service.now += 62 * Self.second
        // Only one of its groups limits tokens, and those are used up.
        #expect(service.call(both, input: 1)?.dimension == .tokens)
    }

    @Test("The limit of the service counts in addition to every other")
    func wholeService() throws {
        var service = try Service([limit(.service, requests: 3), limit(.userDefault, requests: 2)])
        #expect(service.call(alice) == nil)
        #expect(service.call(alice) == nil)
        #expect(service.call(alice)?.limit.key == .userDefault)
        #expect(service.call(bob) == nil)
        #expect(service.call(bob)?.limit.key == .service)
    }

    @Test("A request tag has a limit for each of its values, or for one of them")
    func tags() throws {
        var byProject = RateLimit(key: .requestTag, renewalPeriod: .minute, requestTagKey: "project", requests: 2)
        var service = try Service([byProject])
        let red = try RequestTags(header: #"{"project": "red", "x": "y"}"#)
        let blue = try RequestTags(header: #"{"project": "blue"}"#)
        for tags in [red, blue, red, blue] { #expect(service.call(bob, tags: tags) == nil) }
        #expect(service.call(alice, tags: red)?.limit.key == .requestTag)
        #expect(service.call(bob) == nil)
        byProject.requestTagValue = "red"
        service = try Service([byProject])
        for _ in 0..<5 { #expect(service.call(bob, tags: blue) == nil) }
        for _ in 0..<2 { #expect(service.call(bob, tags: red) == nil) }
        #expect(service.call(bob, tags: red) != nil)
    }

    // MARK: Bounds

    @Test("Numbers that clients and upstreams make up do no harm")
    func hostileNumbers() throws {
        var service = try Service([limit(.service, tokens: 1000), limit(.userDefault, requests: .max, tokens: .max)])
        for number in [Int.max, .min, -1, 0] {
            for _ in 0..<3 {
                if case .admitted(let reservation, _) = service.decide(bob, input: number, output: number) {
                    let usage = TokenUsage(uncachedInput: number, cacheRead: number, output: number)
                    service.ledger.settle(reservation, usage, at: service.now)
                }
                service.now += 62 * Self.second
            }
        }
        service.now += 62 * Self.second
        #expect(service.call(bob, input: 1) == nil)
    }

    @Test("What nobody uses any longer is forgotten")
    func memory() throws {
        var service = try Service([limit(.userDefault, requests: 1)])
        for number in 0..<5000 {
            #expect(service.call(Caller(name: "user-\(number)", kind: .user)) == nil)
            service.now += Self.second
        }
        #expect(service.ledger.count < 2100)
    }

    @Test("limits-07: What is left falls with each request, and is that of the limit that has least left")
    func status() throws {
        var service = try Service([limit(.service, requests: 10), limit(.userDefault, requests: 3, tokens: 100)])
        var left: [Int] = []
        for _ in 0..<4 {
            switch service.decide(bob, input: 10, output: 0) {
            case .admitted(let reservation, let status):
                left.append(status.requests.remaining)
                #expect(status.requests.limit == 3)
                #expect(status.requests.resetsAt > service.now)
                #expect(status.requests.resetsAt <= service.now + 61 * Self.second)
                service.ledger.settle(reservation, TokenUsage(uncachedInput: 10, output: 0), at: service.now)
            case .refused(_, let status):
                left.append(status.requests.remaining)
                #expect(status.tokens.remaining == 70)
            }
            service.now += 10_000
        }
        #expect(left == [2, 1, 0, 0])
    }
}
