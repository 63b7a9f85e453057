// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("Sliding windows")
struct SlidingWindowTests {
    private static let second: Int64 = 1_000_000
    private static let minute = 60 * second
    private static let start: Int64 = 1_793_500_000_123_456

    @Test("What was used counts for a period, and no longer than a sixtieth more", arguments: [Int64(60), 3600])
    func period(seconds: Int64) {
        let period = seconds * Self.second
        var window = SlidingWindow(period: period)
        window.add(7, at: Self.start)
        #expect(window.used(at: Self.start) == 7)
        #expect(window.used(at: Self.start + period - period / 60) == 7)
        #expect(window.used(at: Self.start + period + period / 60) == 0)
    }

    @Test("The time until there is room is right to a part, and not a moment early")
    func waiting() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var window = SlidingWindow(period: Self.minute)
            var now = Self.start
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                window.add(Int.random(in: 1...50, using: &random), at: now)
                now += Int64.random(in: 0...5_000_000, using: &random)
            }
            let used = window.used(at: now)
            guard used > 0 else { continue }
            let most = Int.random(in: 0..<used, using: &random)
            var copy = window
            let found = copy.time(untilUsedIsAtMost: most, at: now)
            let wait = try #require(found)
            #expect(wait > 0 && wait <= Self.minute + Self.second)
            #expect(copy.used(at: now + wait) <= most)
            var earlier = window
            let usedEarlier = earlier.used(at: now + wait - Self.second)
            #expect(wait <= Self.second || usedEarlier > most)
        }
        var window = SlidingWindow(period: Self.minute)
        window.add(1, at: Self.start)
        #expect(window.time(untilUsedIsAtMost: -1, at: Self.start) == nil)
        #expect(window.time(untilUsedIsAtMost: 1, at: Self.start) == 0)
    }

    @Test("A clock that goes back or leaps ahead does no harm")
    func clocks() {
        var window = SlidingWindow(period: Self.minute)
        window.add(5, at: Self.start)
        #expect(window.used(at: Self.start - 3 * Self.minute) == 5)
        window.add(5, at: Self.start - 3 * Self.minute)
        #expect(window.used(at: Self.start) == 10)
        #expect(window.used(at: Self.start + 1000 * Self.minute) == 0)
        window.add(3, at: Self.start + 1000 * Self.minute)
        #expect(window.used(at: Self.start + 1000 * Self.minute) == 3)
    }

    @Test("Numbers too large for a window stay at its bound")
    func overflow() {
        var window = SlidingWindow(period: Self.minute)
        for _ in 0..<3 { window.add(.max, at: Self.start) }
        #expect(window.used(at: Self.start) == Int(UInt32.max))
        window.add(0, at: Self.start)
        window.add(-5, at: Self.start)
        #expect(window.used(at: Self.start) == Int(UInt32.max))
    }
}
