// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Work whose cost is measured for inputs of two sizes.
struct GrowthCase {
    /// What is repeated.
    let element: String
    /// Who asks whom, `client > upstream`.
    let pair: String
    /// What is done: a request translated, an answer, a stream, ...
    let direction: String
    /// The largest number of repetitions that is not refused.
    let most: Int
    /// Makes the input for a number of repetitions, which is not measured, and returns the work; nil where there is none.
    ///
    /// The work returns a note for the table, such as why the input was refused.
    let prepare: (_ count: Int) -> (() -> String)?
}

/// What one case cost, in seconds of the thread's CPU time.
struct GrowthRow {
    let growthCase: GrowthCase
    let count: Int
    let small: Double
    let large: Double
    let note: String

    var ratio: Double { large / max(small, 1e-9) }

    /// Linear work has a ratio of 4, `n log n` one of about 4.5, quadratic work one of 16.
    static let largestRatio = 7.0
    /// A case that looks wrong at first is measured again.
    static let suspiciousRatio = 5.0
    /// Below this nothing can be said, and nobody is hurt.
    static let leastSeconds = 100e-6

    var hasFailed: Bool { large >= Self.leastSeconds && ratio > Self.largestRatio }

    var verdict: String { hasFailed ? "FAILS" : "ok" }
}

/// Measures cases with `count` and `4 * count` repetitions.
struct GrowthMeter {
    /// How often an element is repeated in the smaller input, unless the case allows fewer.
    var count: Int

    func measure(_ growthCase: GrowthCase) -> GrowthRow? {
        let count = min(count, growthCase.most / 4)
        guard let row = measure(growthCase, count: count, repetitions: (3, 2)) else { return nil }
        guard row.large >= GrowthRow.leastSeconds, row.ratio > GrowthRow.suspiciousRatio else { return row }
        return measure(growthCase, count: count, repetitions: (8, 6))
    }

    private func measure(_ growthCase: GrowthCase, count: Int, repetitions: (Int, Int)) -> GrowthRow? {
        guard let small = growthCase.prepare(count), let large = growthCase.prepare(4 * count) else { return nil }
        var note = ""
        let shortest = Self.shortest(of: repetitions.0) { note = small() }
        let longest = Self.shortest(of: repetitions.1) { note = large() }
        return GrowthRow(growthCase: growthCase, count: count, small: shortest, large: longest, note: note)
    }

    private static func shortest(of repetitions: Int, _ body: () -> Void) -> Double {
        var shortest = Double.infinity
        for _ in 0..<repetitions {
            let start = threadSeconds()
            body()
            let elapsed = threadSeconds() - start
            shortest = min(shortest, elapsed)
            // Long enough to be certain, and too long to be done again.
            if elapsed > 0.5 { break }
        }
        return shortest
    }

    /// CPU time of this thread, so that a busy machine changes nothing.
    private static func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
