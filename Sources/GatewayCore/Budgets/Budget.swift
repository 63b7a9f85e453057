// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// How much calls may cost in each period, and whose calls they are.
package struct Budget: Sendable, Equatable {
    /// Whose calls count together.
    package enum Key: String, Sendable, CaseIterable {
        case account, user
        case userGroup = "user_group"
        case servicePrincipal = "service_principal"
        case userDefault = "user_default"
        case requestTag = "request_tag"

        /// Whether a budget with this key must name a principal; the others must not.
        package var needsPrincipal: Bool {
            switch self {
            case .account, .userDefault, .requestTag: false
            case .user, .userGroup, .servicePrincipal: true
            }
        }
    }

    package var name: String
    package var key: Key
    package var principal: String?
    /// The request tag that a budget with the key `request_tag` is for.
    package var requestTagKey: String?
    /// The only value of the tag that it is for; nil gives each value a budget of its own.
    package var requestTagValue: String?
    /// The only service whose calls count.
    package var modelService: ObjectName?
    package var period: BudgetPeriod
    /// Nano-dollars.
    package var amount: Int64
    /// Nano-dollars for some users or groups in place of ``amount``, where each caller has a budget of its own.
    package var overrides: [String: Int64]
    /// Whether calls are refused once it is used up.
    package var blocks: Bool
    /// Per cents of the amount that are worth an alert, in ascending order.
    package var alerts: [Int]
    /// Where alerts are sent; a secret.
    package var webhook: String?

    package init(
        name: String,
        key: Key,
        principal: String? = nil,
        requestTagKey: String? = nil,
        requestTagValue: String? = nil,
        modelService: ObjectName? = nil,
        period: BudgetPeriod = .month,
        amount: Int64,
        overrides: [String: Int64] = [:],
        blocks: Bool = true,
        alerts: [Int] = [],
        webhook: String? = nil
    ) {
        self.name = name
        self.key = key
        self.principal = principal
        self.requestTagKey = requestTagKey
        self.requestTagValue = requestTagValue
        self.modelService = modelService
        self.period = period
        self.amount = amount
        self.overrides = overrides
        self.blocks = blocks
        self.alerts = alerts
        self.webhook = webhook
    }
}

/// The period of a budget, by the calendar in UTC.
package enum BudgetPeriod: String, Sendable, CaseIterable {
    case day
    /// From Monday on.
    case week
    case month

    private static let dayLength: Int64 = 86_400_000_000

    /// When the period of a time begins; both in microseconds since 1970 UTC.
    package func start(of time: Int64) -> Int64 {
        let day = Self.day(of: time)
        switch self {
        case .day: return day * Self.dayLength
        case .week:
            // 1970-01-01 was a Thursday.
            let weekday = ((day + 3) % 7 + 7) % 7
            return (day - weekday) * Self.dayLength
        case .month: return (day - Self.dayOfMonth(day) + 1) * Self.dayLength
        }
    }

    /// When the period that begins at a time ends.
    package func end(ofPeriodFrom start: Int64) -> Int64 {
        switch self {
        case .day: start + Self.dayLength
        case .week: start + 7 * Self.dayLength
        // No month is longer, and none shorter than what is left of this.
        case .month: Self.month.start(of: start + 31 * Self.dayLength)
        }
    }

    private static func day(of time: Int64) -> Int64 {
        time >= 0 ? time / dayLength : (time - dayLength + 1) / dayLength
    }

    /// The day of the month of a day since 1970, by Howard Hinnant's `civil_from_days`.
    private static func dayOfMonth(_ day: Int64) -> Int64 {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        return dayOfYear - (153 * month + 2) / 5 + 1
    }
}
