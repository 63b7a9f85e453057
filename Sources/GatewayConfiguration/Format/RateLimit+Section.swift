// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension RateLimit {
    /// Most limits of one service, as on Databricks.
    static let maximumCount = 20
    /// Most limits of one service that are for a group.
    static let maximumGroupCount = 5

    /// `rate_limits[]` of a model service.
    static let section: Section<RateLimit> = {
        let key = Field(
            "key",
            ValueType<RateLimit.Key>.choice(),
            .required,
            "Whose requests count: those of all callers together, of each caller without a limit of its own, of the `principal`, or with a request tag."
        )
        let period = Field(
            "renewal_period",
            ValueType<RateLimit.RenewalPeriod>.choice(),
            .required,
            "The period of the limit."
        )
        let principal = Field(
            "principal",
            .text(),
            "The user, group or service principal. Required for the keys `user`, `user_group` and `service_principal`; not allowed for the others."
        )
        let tagKey = Field(
            "request_tag_key",
            .text(limit: RequestTags.maximumLength),
            "The request tag. Required for the key `request_tag`, not allowed for the others."
        )
        let tagValue = Field(
            "request_tag_value",
            .text(limit: RequestTags.maximumLength),
            .optional("each value has the limit for itself"),
            "The value of the request tag."
        )
        let parallel = Field(
            "parallel_requests",
            .integer(0...Int.max),
            .optional("no limit"),
            "Requests in flight at once; `0` refuses all."
        )
        let requests = Field(
            "requests",
            .integer(0...Int.max),
            .optional("no limit"),
            "Requests per period; `0` refuses all. At least one of `requests`, `tokens` and `parallel_requests` is required."
        )
        let tokens = Field(
            "tokens",
            .integer(0...Int.max),
            .optional("no limit"),
            "Tokens per period; `0` refuses all."
        )
        return Section(
            "model_services.<name>.rate_limits[]",
            "A rate limit.",
            fields: [
                key.documentation, period.documentation, principal.documentation, requests.documentation,
                tokens.documentation, parallel.documentation, tagKey.documentation, tagValue.documentation,
            ]
        ) { values, reading in
            let name = values.read(principal, &reading)
            let most = (requests: values.read(requests, &reading), tokens: values.read(tokens, &reading))
            let mostParallel = values.read(parallel, &reading)
            let tag = (key: values.read(tagKey, &reading), value: values.read(tagValue, &reading))
            if !values.has(requests), !values.has(tokens), !values.has(parallel) {
                reading.report(
                    values.place,
                    "\(values.place.name) needs `requests`, `tokens` or `parallel_requests`."
                )
            }
            let renewalPeriod = values.read(period, &reading)
            guard let kind = values.read(key, &reading) else { return nil }
            if kind.needsPrincipal, !values.has(principal) {
                reading.report(
                    values.place,
                    "\(values.place.name) lacks the key `principal`, which the key `\(kind.rawValue)` needs."
                )
            } else if !kind.needsPrincipal, values.has(principal) {
                let place = values.place(of: principal)
                reading.report(place, "\(place.name) cannot be used with the key `\(kind.rawValue)`.")
            }
            if kind == .requestTag, !values.has(tagKey) {
                reading.report(
                    values.place,
                    "\(values.place.name) lacks the key `request_tag_key`, which the key `request_tag` needs."
                )
            }
            for field in [tagKey, tagValue] where kind != .requestTag && values.has(field) {
                let place = values.place(of: field)
                reading.report(place, "\(place.name) cannot be used with the key `\(kind.rawValue)`.")
            }
            return renewalPeriod.map {
                RateLimit(
                    key: kind,
                    renewalPeriod: $0,
                    principal: name,
                    requestTagKey: tag.key,
                    requestTagValue: tag.value,
                    requests: most.requests,
                    tokens: most.tokens,
                    parallelRequests: mostParallel
                )
            }
        }
    }()
}

extension ValueType where Value == [RateLimit] {
    /// `rate_limits` of a model service.
    static var rateLimits: ValueType {
        let list = ValueType<[Located<RateLimit>]>.list(
            of: .section(RateLimit.section),
            count: 0...RateLimit.maximumCount
        )
        return ValueType(list.description, sections: list.sections) { node, place, reading in
            guard let limits = list.read(node, place, &reading) else { return nil }
            let groupCount = limits.count { $0.value.key == .userGroup }
            if groupCount > RateLimit.maximumGroupCount {
                reading.report(
                    place,
                    "\(place.name) has \(groupCount) limits for groups; at most \(RateLimit.maximumGroupCount) are allowed."
                )
            }
            var seen: [RateLimit] = []
            for limit in limits {
                var kind = limit.value
                kind.requests = nil
                kind.tokens = nil
                kind.parallelRequests = nil
                if seen.contains(kind) {
                    reading.report(
                        limit.place,
                        "\(limit.place.name) repeats the key, the period and the principal or request tag of another limit."
                    )
                }
                seen.append(kind)
            }
            return limits.map(\.value)
        }
    }
}
