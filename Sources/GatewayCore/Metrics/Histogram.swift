// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Counts of durations by upper bound, as Prometheus wants them.
package struct Histogram: Sendable {
    /// Upper bounds in milliseconds.
    static let bounds = [
        1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 600_000,
    ]

    /// One more than there are bounds: the last counts what is beyond all of them.
    private var counts = [Int](repeating: 0, count: bounds.count + 1)
    private var sum = 0

    package init() {}

    package mutating func observe(milliseconds: Int) {
        counts[Self.bounds.firstIndex { milliseconds <= $0 } ?? Self.bounds.count] += 1
        sum += milliseconds
    }

    /// The lines of this histogram in Prometheus' text format.
    ///
    /// Times become seconds. `labels` are those that all lines have, or nothing.
    package func write(name: String, labels: String, into text: inout String) {
        var total = 0
        let own = labels.isEmpty ? "" : "{\(labels)}"
        let more = labels.isEmpty ? "" : labels + ","
        for (bound, count) in zip(Self.bounds, counts) {
            total += count
            text += "\(name)_bucket{\(more)le=\"\(Double(bound) / 1000)\"} \(total)\n"
        }
        total += counts[Self.bounds.count]
        text += "\(name)_bucket{\(more)le=\"+Inf\"} \(total)\n"
        text += "\(name)_sum\(own) \(Double(sum) / 1000)\n"
        text += "\(name)_count\(own) \(total)\n"
    }
}
