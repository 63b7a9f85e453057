// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// How often a destination that failed is asked again before another one is, and after what time.
///
/// None by default: the SDKs of the vendors retry by themselves, and what a gateway adds to that multiplies.
package struct RetryPolicy: Sendable, Hashable {
    /// Attempts after the first.
    package var attempts = 0
    /// About the time before the first of them; doubles each time.
    package var backoff: Duration = .milliseconds(250)
    /// The longest time before an attempt, also where `retry-after` asks for it; a destination that asks for more is not asked again.
    package var maximumBackoff: Duration = .seconds(5)
    /// Whether a request may be sent again that the upstream may be working on.
    package var retriesUnsafe = false

    package init() {}

    /// How long to wait before an attempt.
    ///
    /// - Parameters:
    ///   - number: How many have followed the first.
    ///   - failure: What the last one ended with.
    ///   - fraction: Evenly distributed from 0 to 1: callers that failed together come back one by one.
    /// - Returns: The time; nil where no attempt follows.
    package func wait(before number: Int, after failure: GatewayError, fraction: Double) -> Duration? {
        guard number < attempts, failure.mayBeRetried(unsafe: retriesUnsafe) else { return nil }
        let most = maximumBackoff.nanoseconds
        let (grown, overflow) = backoff.nanoseconds.multipliedReportingOverflow(by: 1 << min(number, 30))
        let longest = overflow ? most : min(grown, most)
        let wait = Int64(Double(longest) * (0.5 + 0.5 * min(max(fraction, 0), 1)))
        guard let asked = failure.retryWait?.nanoseconds else { return .nanoseconds(wait) }
        return asked <= most ? .nanoseconds(max(wait, asked)) : nil
    }
}

extension GatewayError {
    /// How long the upstream asks to wait; nil where it does not say, or says a date.
    package var retryWait: Duration? {
        guard let retryAfter, let seconds = Double(retryAfter), seconds >= 0, seconds < 1e9 else { return nil }
        return .nanoseconds(Int64(seconds * 1e9))
    }

    /// Whether the same destination may do better in a moment, and gets nothing twice by it.
    fileprivate func mayBeRetried(unsafe: Bool) -> Bool {
        guard code.allowsFallback, shouldRetry != "false" else { return false }
        if isUnsent { return true }
        switch meaning {
        case .rateLimited, .overloaded, .timedOut: return true
        case .serverFailure: return upstreamStatus == 502 || (unsafe && upstreamStatus != nil)
        case nil: return unsafe
        default: return false
        }
    }
}
