// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Which of a service's rate limits concern a call: Databricks' precedence.
///
/// - Limits of the service and of request tags always count.
/// - Of the others those of the caller itself count; where it has none, those of its groups; where they have none, the default of users.
/// - A caller in several groups with limits is refused only once the requests of all of them, or the tokens of all of them, are used up.
///
/// Source: docs.databricks.com/aws/en/ai-gateway/rate-limits (2026-11).
package struct LimitPlan: Sendable {
    private let service: [RateLimit]
    private let tags: [RateLimit]
    private let users: [String: [RateLimit]]
    private let servicePrincipals: [String: [RateLimit]]
    private let groups: [RateLimit]
    private let userDefault: [RateLimit]

    /// nil where there are no limits.
    package init?(_ limits: [RateLimit]) {
        guard !limits.isEmpty else { return nil }
        service = limits.filter { $0.key == .service }
        tags = limits.filter { $0.key == .requestTag }
        groups = limits.filter { $0.key == .userGroup }
        userDefault = limits.filter { $0.key == .userDefault }
        func byName(_ key: RateLimit.Key) -> [String: [RateLimit]] {
            Dictionary(grouping: limits.filter { $0.key == key }) { PrincipalName.normalized($0.principal ?? "") }
        }
        users = byName(.user)
        servicePrincipals = byName(.servicePrincipal)
    }

    /// The limits of one call.
    package func limits(of caller: Caller, tags: RequestTags?) -> AppliedLimits {
        var applied = AppliedLimits()
        for limit in service { applied.all.append(AppliedLimit(limit, .service, "")) }
        if let tags, !self.tags.isEmpty { add(self.tags, for: tags, to: &applied) }
        let scope = caller.kind == .user ? LimitedUse.Scope.user : .servicePrincipal
        if let limits = (caller.kind == .user ? users : servicePrincipals)[caller.name] {
            for limit in limits { applied.all.append(AppliedLimit(limit, scope, caller.name)) }
            return applied
        }
        for limit in groups {
            guard let group = limit.principal, caller.groups.contains(group) || group == PrincipalName.everybody else {
                continue
            }
            applied.groups.append(AppliedLimit(limit, .group, group))
        }
        guard applied.groups.isEmpty else { return applied }
        for limit in userDefault { applied.all.append(AppliedLimit(limit, scope, caller.name)) }
        return applied
    }

    private func add(_ limits: [RateLimit], for tags: RequestTags, to applied: inout AppliedLimits) {
        for limit in limits {
            guard let key = limit.requestTagKey, let value = tags.value(of: key) else { continue }
            guard limit.requestTagValue == nil || limit.requestTagValue == value else { continue }
            applied.all.append(AppliedLimit(limit, .tag, "\(key)=\(value)"))
        }
    }
}

/// A rate limit, and whose use counts towards it.
package struct AppliedLimit: Sendable {
    package let limit: RateLimit
    let use: LimitedUse

    init(_ limit: RateLimit, _ scope: LimitedUse.Scope, _ subject: String) {
        self.limit = limit
        use = LimitedUse(scope: scope, period: limit.renewalPeriod, subject: subject)
    }
}

/// The rate limits of one call.
package struct AppliedLimits: Sendable {
    /// Those that must all have room.
    var all: [AppliedLimit] = []
    /// Those of groups, of which one must have room.
    var groups: [AppliedLimit] = []

    package var isEmpty: Bool { all.isEmpty && groups.isEmpty }

    /// Whether tokens count for one of them.
    package var countTokens: Bool {
        all.contains { $0.limit.tokens != nil } || groups.contains { $0.limit.tokens != nil }
    }
}

/// What is counted together: the use of one service by everybody, a caller, a group or those with a tag, within one kind of period.
package struct LimitedUse: Sendable, Hashable {
    enum Scope: UInt8, Sendable { case service, user, servicePrincipal, group, tag }

    let scope: Scope
    let period: RateLimit.RenewalPeriod
    /// The name of the caller or group, the tag with its value, or nothing.
    let subject: String
}
