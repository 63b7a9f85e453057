// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Logging

/// Tells the operator what failed and why; never the message of an error, which may be an upstream's and quote the prompt.
struct FailureLog: EndPolicy {
    let logger: Logger

    func note(_ record: UsageRecord, of call: borrowing Call) {
        guard let failure = call.failure, let cause = failure.cause else { return }
        // A request that the upstream refused is its caller's affair.
        let level: Logger.Level =
            failure.code == .upstreamRefused || failure.code == .limitExceeded ? .debug : .warning
        logger.log(
            level: level,
            "A request failed",
            metadata: [
                "request_id": "\(record.requestID)", "error": "\(failure.code)", "cause": "\(cause)",
                "destination": "\(record.destination?.label ?? "-")", "status": "\(failure.status)",
            ]
        )
    }
}
