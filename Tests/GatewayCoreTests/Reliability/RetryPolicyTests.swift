// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("Retries")
struct RetryPolicyTests {
    private func policy(attempts: Int = 3, unsafe: Bool = false) -> RetryPolicy {
        var policy = RetryPolicy()
        policy.attempts = attempts
        policy.backoff = .milliseconds(100)
        policy.maximumBackoff = .seconds(2)
        policy.retriesUnsafe = unsafe
        return policy
    }

    private func failure(
        _ code: GatewayError.Code = .upstreamUnavailable,
        _ meaning: ErrorMeaning? = .overloaded,
        status: Int? = nil,
        retryAfter: String? = nil
    ) -> GatewayError {
        var error = GatewayError(code, "failed", retryAfter: retryAfter)
        error.meaning = meaning
        error.upstreamStatus = status
        return error
    }

    @Test("Nothing is asked again unless the configuration says so")
    func standard() {
        #expect(RetryPolicy().wait(before: 0, after: failure(), fraction: 1) == nil)
    }

    @Test("The time doubles up to the maximum, and is random from half of it")
    func backoff() {
        let policy = policy(attempts: 10)
        let longest = (0..<8).map { policy.wait(before: $0, after: failure(), fraction: 1) }
        #expect(longest == [100, 200, 400, 800, 1600, 2000, 2000, 2000].map { .milliseconds($0) })
        #expect(policy.wait(before: 0, after: failure(), fraction: 0) == .milliseconds(50))
        #expect(policy.wait(before: 9, after: failure(), fraction: 1) != nil)
        #expect(policy.wait(before: 10, after: failure(), fraction: 1) == nil)
    }

    @Test("`retry-after` is honoured, and ends the retries where it asks for more than the maximum")
    func retryAfter() {
        let limited = { failure(.limitExceeded, .rateLimited, status: 429, retryAfter: $0) }
        #expect(policy().wait(before: 0, after: limited("1"), fraction: 1) == .seconds(1))
        #expect(policy().wait(before: 0, after: limited("1.5"), fraction: 1) == .milliseconds(1500))
        #expect(policy().wait(before: 0, after: limited("0"), fraction: 1) == .milliseconds(100))
        #expect(policy().wait(before: 0, after: limited("3"), fraction: 1) == nil)
        #expect(policy().wait(before: 0, after: limited("Fri, 31 Dec"), fraction: 1) == .milliseconds(100))
        for odd in ["-1", "nan", "inf", "1e300", ""] {
            #expect(policy().wait(before: 0, after: limited(odd), fraction: 1) == .milliseconds(100))
        }
    }

    @Test("What the upstream refused for now is asked again; what it may be working on only where that is allowed")
    func kinds() {
        func isRetried(_ failure: GatewayError, unsafe: Bool = false) -> Bool {
            policy(unsafe: unsafe).wait(before: 0, after: failure, fraction: 1) != nil
        }
        #expect(isRetried(failure(.limitExceeded, .rateLimited, status: 429)))
        #expect(isRetried(failure(.upstreamUnavailable, .overloaded, status: 503)))
        #expect(isRetried(failure(.upstreamUnavailable, .serverFailure, status: 502)))
        #expect(isRetried(failure(.upstreamTimeout, .timedOut, status: 504)))
        var unsent = failure(.upstreamUnavailable, nil)
        unsent.isUnsent = true
        #expect(isRetried(unsent))
        // The connection broke, or nothing came in time.
        for failure in [failure(.upstreamUnavailable, nil), failure(.upstreamTimeout, nil)] {
            #expect(!isRetried(failure))
            #expect(isRetried(failure, unsafe: true))
        }
        #expect(!isRetried(failure(.upstreamUnavailable, .serverFailure, status: 500)))
        #expect(isRetried(failure(.upstreamUnavailable, .serverFailure, status: 500), unsafe: true))
        var final = failure()
        final.shouldRetry = "false"
        for failure in [
            final, failure(.limitExceeded, .quotaExhausted, status: 429),
            failure(.upstreamUnavailable, .badCredential, status: 401),
            failure(.upstreamRefused, .invalidRequest, status: 400), failure(.clientClosed, nil),
            failure(.overloaded, nil), failure(.internalFailure, nil),
        ] {
            #expect(!isRetried(failure, unsafe: true))
        }
    }
}
