// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension Budget {
    /// Most budgets of a configuration.
    static let maximumCount = 1000

    /// `budgets.<name>`, without its name.
    static let section: Section<Budget> = {
        let key = Field(
            "key",
            ValueType<Budget.Key>.choice(),
            .required,
            "Whose spending counts together: that of all callers, of each caller for itself (`user_default`), of the `principal`, or with a request tag."
        )
        let principal = Field(
            "principal",
            ValueType<String>.principal,
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
            .optional("each value has the budget for itself"),
            "The value of the request tag."
        )
        let service = Field(
            "model_service",
            ValueType<ObjectName>.objectName,
            .optional("all"),
            "The only service whose requests count: a model service, or a provider service that callers name."
        )
        let period = Field(
            "period",
            ValueType<BudgetPeriod>.choice(),
            .optional("`month`"),
            "When it begins anew, in UTC. Weeks begin on Monday."
        )
        let amount = Field("amount", ValueType<Int64>.budget, .required, "US dollars for each period; `0` refuses all.")
        let overrides = Field(
            "overrides",
            .mapping(from: .principal, to: ValueType<Int64>.budget),
            "Other amounts for some users, service principals or groups, with the key `user_default`. Of several groups the largest counts."
        )
        let action = Field(
            "action",
            ValueType<Bool>.choice([(name: "block", value: true), (name: "alert", value: false)]),
            .optional("`block`"),
            "Whether requests that could pass the amount are refused (403), or only alerts are sent."
        )
        let alerts = Field(
            "alerts",
            .list(of: .integer(1...1000), count: 0...10),
            "Per cents of the amount whose passing is logged and sent to `webhook`."
        )
        let webhook = Field(
            "webhook",
            ValueType<String>.webhook,
            "Where alerts are sent, by `POST` with JSON. Write `${NAME}` to keep it out of the file."
        )
        return Section(
            "budgets.<name>",
            "How much requests may cost in each period. All budgets that concern a request count.",
            fields: [
                key.documentation, principal.documentation, tagKey.documentation, tagValue.documentation,
                service.documentation, period.documentation, amount.documentation, overrides.documentation,
                action.documentation, alerts.documentation, webhook.documentation,
            ]
        ) { values, reading in
            let name = values.read(principal, &reading)
            let tag = (key: values.read(tagKey, &reading), value: values.read(tagValue, &reading))
            let only = values.read(service, &reading)
            let length = values.read(period, &reading)
            let others = values.read(overrides, &reading) ?? []
            let blocks = values.read(action, &reading)
            let thresholds = values.read(alerts, &reading)?.map(\.value) ?? []
            let address = values.read(webhook, &reading)
            let most = values.read(amount, &reading)
            guard let kind = values.read(key, &reading) else { return nil }
            func report(_ isThere: Bool, _ isNeeded: Bool, _ isAllowed: Bool, _ field: String, _ place: Place) {
                if isNeeded, !isThere {
                    reading.report(
                        values.place,
                        "\(values.place.name) lacks the key `\(field)`, which the key `\(kind.rawValue)` needs."
                    )
                } else if isThere, !isAllowed {
                    reading.report(place, "\(place.name) cannot be used with the key `\(kind.rawValue)`.")
                }
            }
            let (needsName, isTag) = (kind.needsPrincipal, kind == .requestTag)
            report(values.has(principal), needsName, needsName, "principal", values.place(of: principal))
            report(values.has(tagKey), isTag, isTag, "request_tag_key", values.place(of: tagKey))
            report(values.has(tagValue), false, isTag, "request_tag_value", values.place(of: tagValue))
            report(values.has(overrides), false, kind == .userDefault, "overrides", values.place(of: overrides))
            guard let most else { return nil }
            return Budget(
                name: "",
                key: kind,
                principal: name,
                requestTagKey: tag.key,
                requestTagValue: tag.value,
                modelService: only,
                period: length ?? .month,
                amount: most,
                overrides: Dictionary(
                    others.compactMap { entry in entry.value.map { (entry.key.value, $0) } },
                    uniquingKeysWith: { first, _ in first }
                ),
                blocks: blocks ?? true,
                alerts: Set(thresholds).sorted(),
                webhook: address
            )
        }
    }()
}

extension ValueType where Value == Int64 {
    /// Dollars, as nano-dollars.
    fileprivate static var budget: ValueType {
        .scalar("an amount of dollars from 0 to 1000000000, such as `250` or `2.50`", allowsQuotes: false) { text in
            guard let millionths = DollarAmount.millionths(text), millionths <= 1_000_000_000_000_000 else {
                return nil
            }
            return Int64(millionths) * 1000
        }
    }
}

extension ValueType where Value == String {
    /// Where alerts are sent; never shown, since such addresses are secrets.
    fileprivate static var webhook: ValueType {
        .scalar("a URL with `https://` or `http://` of at most 2048 characters", isSecret: true) { text in
            guard text.utf8.count <= 2048, ["https://", "http://"].contains(where: text.hasPrefix) else { return nil }
            return text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? text : nil
        }
    }
}
