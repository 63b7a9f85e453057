// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// Refuses calls beyond the rate limits of their service.
///
/// What a call may use is reserved before it goes upstream, and settled with its usage row, however it ends.
struct RateLimiting: RequestPolicy {
    let translator: any Translator
    let largeBodies: LargeBodies

    func check(_ call: inout Call) async throws(GatewayError) {
        guard let service = call.service, let limits = service.limits else { return }
        let applied = limits.plan.limits(of: call.caller, tags: call.requestTags)
        guard !applied.isEmpty else { return }
        var input = 0
        var maximumOutput: Int?
        if applied.countTokens, let envelope = call.opened?.envelope, envelope.apiType.operation != .countTokens {
            let work = envelope.bytes / LargeBodies.scanShare
            if work <= largeBodies.threshold {
                input = translator.estimatedInput(of: envelope)
            } else {
                let translator = translator
                input = try await largeBodies.run(over: work) { () throws(GatewayError) in
                    translator.estimatedInput(of: envelope)
                }
            }
            maximumOutput = envelope.apiType.operation == .embed ? 0 : translator.maximumOutput(of: envelope)
        }
        let decision = limits.limiter.admit(
            applied,
            inputTokens: input,
            maximumOutput: maximumOutput,
            at: call.eventTime
        )
        switch decision {
        case .admitted(let reservation, let status):
            call.limitStatus = status
            call.settle { [limiter = limits.limiter] record in
                let end = record.eventTime + Int64(record.latencyMilliseconds) * 1000
                limiter.settle(reservation, record.usage, at: end)
            }
        case .refused(let refusal, let status):
            call.limitStatus = status
            throw GatewayError(refusal, of: service.service.name)
        }
    }
}

extension GatewayError {
    /// A call beyond a rate limit, in Databricks' words.
    ///
    /// Observed for requests of a user (`databricks-configure.md`, 2026); the others are composed alike.
    fileprivate init(_ refusal: LimitRefusal, of service: ObjectName) {
        let isMinute = refusal.limit.renewalPeriod == .minute
        let period = isMinute ? "minute (%PM)" : "hour (%PH)"
        let what =
            switch refusal.dimension {
            case .requests: "Requests-per-" + period.replacing("%", with: "R")
            case .tokens: "Tokens-per-" + period.replacing("%", with: "T")
            case .parallelRequests: "Parallel-requests"
            }
        let whose =
            switch refusal.limit.key {
            case .service: "service"
            case .user, .userDefault: "user"
            case .servicePrincipal: "service principal"
            case .userGroup: "group '\(refusal.limit.principal ?? "")'"
            case .requestTag: "request tag '\(refusal.limit.requestTagKey ?? "")'"
            }
        let end = refusal.wait == nil ? ": the limit is 0, which refuses all requests." : ""
        self.init(
            .limitExceeded,
            "User defined rate limit(s) exceeded for '\(service)'. \(what) rate limit exceeded for \(whose)\(end)",
            retryAfter: refusal.wait.map { String(($0 + 999_999) / 1_000_000) }
        )
        if refusal.wait == nil { shouldRetry = "false" }
    }
}
