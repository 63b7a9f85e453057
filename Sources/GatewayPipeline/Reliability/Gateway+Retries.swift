// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// How often one destination is asked.
extension Gateway {
    /// Asks one destination, and again as the model service's retries say.
    ///
    /// `hasAlternative` says whether another destination is asked where this one fails.
    func ask(
        _ prepared: PreparedDestination,
        for call: inout Call,
        hasAlternative: Bool
    ) async throws(GatewayError) {
        guard let format = prepared.format(for: call.apiType) else {
            throw GatewayError(
                .internalFailure,
                "The destination '\(prepared.destination.label)' cannot serve this API."
            )
        }
        call.destination = prepared.destination
        call.observation = ResponseObservation()
        for policy in policies.attempt { try policy.check(&call, at: prepared.destination) }
        if call.apiType.operation == .countTokens, !prepared.countsTokens(in: format) {
            return try await estimateTokens(for: &call)
        }
        let retries = call.service?.service.retries ?? RetryPolicy()
        var retryCount = 0
        while true {
            call.hasAlternative = hasAlternative || retryCount < retries.attempts
            do throws(GatewayError) {
                return try await askOnce(prepared, for: &call, in: format, isRetry: retryCount > 0)
            } catch {
                let isWorthwhile = !call.hasStarted && (!hasAlternative || prepared.isAvailable)
                guard isWorthwhile, try await pause(retries, before: retryCount, after: error, of: call) else {
                    throw error
                }
                retryCount += 1
                call.observation = ResponseObservation()
            }
        }
    }

    /// Waits before another attempt at a destination; false where none follows.
    private func pause(
        _ retries: RetryPolicy,
        before number: Int,
        after failure: GatewayError,
        of call: borrowing Call
    ) async throws(GatewayError) -> Bool {
        guard number < retries.attempts,
            let wait = retries.wait(before: number, after: failure, fraction: .random(in: 0...1))
        else { return false }
        if let deadline = call.deadline, .now() + TimeAmount(wait) >= deadline { return false }
        do {
            try await Task.sleep(for: wait)
        } catch {
            throw GatewayError(.clientClosed, "The client closed the connection.")
        }
        return true
    }

    /// Asks one destination, a second time only where it refused opaque state that the request replays.
    ///
    /// Such a request would fail for ever: whoever replays a conversation cannot tell which part of it went bad. So it goes once more without any state,
    /// unless the answer has begun (reasoning-06).
    private func askOnce(
        _ prepared: PreparedDestination,
        for call: inout Call,
        in format: WireFormat,
        isRetry: Bool
    ) async throws(GatewayError) {
        do throws(GatewayError) {
            try await attempt(&call, at: prepared, in: format, isRetry: isRetry)
        } catch {
            let replaysState = call.apiType.operation == .generate || call.apiType.operation == .compact
            guard !call.hasStarted, call.opened != nil, replaysState, translator.refusesState(error, from: format)
            else { throw error }
            let repaired = try await translate(&call, for: prepared, in: format, withholdsState: true)
            guard repaired.withheldState else { throw error }
            call.observation = ResponseObservation()
            try await attempt(&call, at: prepared, in: format, isRetry: true, with: repaired)
        }
    }
}
