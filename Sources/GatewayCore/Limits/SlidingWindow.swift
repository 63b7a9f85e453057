// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// How much was used within the last period: a window that slides with the time.
///
/// It is counted in sixtieths of the period. Of the oldest one, which the window covers only in part, that share counts. So what a window lets pass is exact over any number of
/// periods, and up to a sixtieth of a period early or late within one. Time that goes backwards counts as time that stands still.
package struct SlidingWindow: Sendable {
    private static let parts: Int64 = 60

    /// Microseconds.
    private let partLength: Int64
    /// A ring: the part of the moment and those before it, which the window covers.
    private var counts: [UInt32]
    /// The number of the newest part, counted from 1970.
    private var newest = Int64.min
    /// The number of the part that something was last added to.
    private var lastUsed = Int64.min
    private var sum = 0

    /// A window of a period in microseconds, of which nothing is used.
    package init(period: Int64) {
        partLength = max(1, period / Self.parts)
        counts = []
    }

    /// Whether nothing counts any longer.
    package var isEmpty: Bool { sum == 0 }

    /// What is used at a time in microseconds since 1970.
    package mutating func used(at now: Int64) -> Int {
        guard sum > 0 else { return 0 }
        advance(to: now)
        let oldest = Int(counts[index(of: newest - Self.parts)])
        let passed = max(0, now - newest * partLength)
        return sum - Int(Int64(oldest) * min(passed, partLength) / partLength)
    }

    /// Adds to what is used.
    package mutating func add(_ amount: Int, at now: Int64) {
        guard amount > 0 else { return }
        if counts.isEmpty { counts = Array(repeating: 0, count: Int(Self.parts) + 1) }
        advance(to: now)
        let index = index(of: newest)
        let new = UInt32(clamping: Int(counts[index]) + min(amount, Int(UInt32.max)))
        sum += Int(new - counts[index])
        counts[index] = new
        lastUsed = newest
    }

    /// Microseconds until at most so much is used, if nothing is added; nil for less than nothing.
    package mutating func time(untilUsedIsAtMost most: Int, at now: Int64) -> Int64? {
        guard most >= 0 else { return nil }
        guard sum > 0 else { return 0 }
        advance(to: now)
        var excess = sum - most
        guard excess > 0 else { return 0 }
        for part in newest - Self.parts...newest {
            let count = Int(counts[index(of: part)])
            guard count < excess else {
                let end = (part + Self.parts) * partLength
                let share = (Int64(excess) * partLength + Int64(count) - 1) / Int64(count)
                return max(0, end + share - now)
            }
            excess -= count
        }
        return 0
    }

    /// Microseconds until nothing is used, if nothing is added.
    package func timeUntilEmpty(at now: Int64) -> Int64 {
        sum == 0 ? 0 : max(0, (lastUsed + Self.parts + 1) * partLength - now)
    }

    /// Makes the part of a time the newest one, and forgets those that the window has left.
    private mutating func advance(to now: Int64) {
        let part = now / partLength
        guard part > newest else { return }
        if newest == .min || part - newest > Self.parts {
            if sum > 0 { for index in counts.indices { counts[index] = 0 } }
            sum = 0
        } else {
            for number in newest + 1...part {
                let index = index(of: number)
                sum -= Int(counts[index])
                counts[index] = 0
            }
        }
        newest = part
    }

    private func index(of part: Int64) -> Int {
        Int((part % (Self.parts + 1) + Self.parts + 1) % (Self.parts + 1))
    }
}
