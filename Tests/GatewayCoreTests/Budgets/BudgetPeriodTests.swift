// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite("Periods of budgets")
struct BudgetPeriodTests {
    private static func time(_ text: String) throws -> Int64 {
        Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970) * 1_000_000
    }

    @Test(
        "Periods follow the calendar in UTC",
        arguments: [
            (BudgetPeriod.day, "2026-11-28T23:59:59Z", "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z"),
            (.week, "2026-11-28T12:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            (.week, "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            (.week, "2026-11-22T23:59:59Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
            (.week, "1970-01-02T00:00:00Z", "1969-12-29T00:00:00Z", "1970-01-05T00:00:00Z"),
            (.month, "2026-11-30T23:59:59Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            (.month, "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            (.month, "2028-02-29T08:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
            (.month, "2027-03-01T00:00:00Z", "2027-03-01T00:00:00Z", "2027-04-01T00:00:00Z"),
            (.month, "2027-02-28T23:59:59Z", "2027-02-01T00:00:00Z", "2027-03-01T00:00:00Z"),
        ]
    )
    func calendar(period: BudgetPeriod, moment: String, start: String, end: String) throws {
        let found = period.start(of: try Self.time(moment))
        #expect(found == (try Self.time(start)))
        #expect(period.end(ofPeriodFrom: found) == (try Self.time(end)))
    }

    @Test("Every period ends where the next one begins", arguments: BudgetPeriod.allCases)
    func seamless(period: BudgetPeriod) {
        var start = period.start(of: 0)
        for _ in 0..<3000 {
            let end = period.end(ofPeriodFrom: start)
            #expect(period.start(of: end - 1) == start && period.start(of: end) == end && end > start)
            start = end
        }
    }
}
