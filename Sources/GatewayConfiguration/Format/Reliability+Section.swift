// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension CallTimeouts {
    /// `timeouts` of a model service.
    static let section: Section<CallTimeouts> = {
        let day = Duration.seconds(86_400)
        func field(_ name: String, _ standard: String, _ text: String) -> Field<Duration> {
            Field(name, .duration(.milliseconds(1)...day), .optional(standard), text)
        }
        let connect = field("connect", "the provider service's", "To connect, including name lookup and TLS.")
        let firstToken = field(
            "first_token",
            "the provider service's `first_byte`, for the head alone",
            "From the connection to the first content of a stream, or to the head of any other response."
        )
        let idle = field("idle", "the provider service's", "Between two bytes of a response.")
        let total = field("total", "no limit", "From the first attempt to the end of the response, with all attempts.")
        return Section(
            "model_services.<name>.timeouts",
            "How long to wait for an answer. What is not set here is as the provider service has it.",
            fields: [connect.documentation, firstToken.documentation, idle.documentation, total.documentation]
        ) { values, reading in
            var timeouts = CallTimeouts()
            timeouts.connect = values.read(connect, &reading)
            timeouts.firstToken = values.read(firstToken, &reading)
            timeouts.idle = values.read(idle, &reading)
            timeouts.total = values.read(total, &reading)
            return timeouts
        }
    }()
}

extension RetryPolicy {
    /// `retries` of a model service.
    static let section: Section<RetryPolicy> = {
        let standard = RetryPolicy()
        let hour = Duration.seconds(3600)
        let attempts = Field(
            "attempts",
            .integer(0...10),
            .optional("`\(standard.attempts)`"),
            "Attempts at a destination after the first, before a fallback is tried."
        )
        let backoff = Field(
            "backoff",
            .duration(.milliseconds(1)...hour),
            .optional("`\(durationText(standard.backoff))`"),
            "The longest time before the first of them; doubles each time. The time is random, at least half of it."
        )
        let maximumBackoff = Field(
            "maximum_backoff",
            .duration(.milliseconds(1)...hour),
            .optional("`\(durationText(standard.maximumBackoff))`"),
            "The longest time before an attempt. A destination whose `retry-after` asks for more is not asked again."
        )
        let unsafe = Field(
            "retry_unsafe",
            .boolean,
            .optional("`false`"),
            "Whether to send a request again after a time-out, a broken connection or a status 500, although the upstream may have worked on it."
        )
        return Section(
            "model_services.<name>.retries",
            "How often a destination that failed is asked again.",
            fields: [
                attempts.documentation, backoff.documentation, maximumBackoff.documentation, unsafe.documentation,
            ]
        ) { values, reading in
            var policy = RetryPolicy()
            policy.attempts = values.read(attempts, &reading) ?? policy.attempts
            policy.backoff = values.read(backoff, &reading) ?? policy.backoff
            policy.maximumBackoff = values.read(maximumBackoff, &reading) ?? policy.maximumBackoff
            policy.retriesUnsafe = values.read(unsafe, &reading) ?? policy.retriesUnsafe
            return policy
        }
    }()
}
