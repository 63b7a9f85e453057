// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GatewayPipeline

/// The budgets of the configuration file, and what the caller has spent of them, as the Databricks SDK reads them.
///
/// Shapes: PyPI `databricks-sdk` 0.162.0, `service/billing.py`, `BudgetsAPI` (2026-11). `DAY` and `WEEK` are our own.
struct BudgetRoutes {
    let keeper: BudgetKeeper

    private static let base = "/api/2.1/accounts/{account_id}"
    /// Most budgets of one answer.
    private static let maximumPage = 100

    var routes: [AdministrationRoute] {
        let all = "\(Self.base)/budgets"
        let spend = "\(Self.base)/budget-spend-statuses"
        return [
            AdministrationRoute(.get, all, .administrators) { request throws(GatewayError) in
                try Self.list(Self.budgets(request), "budgets", request) { Self.write($0, request, to: &$1) }
            },
            AdministrationRoute(.get, "\(all)/{budget_id}", .administrators) { request throws(GatewayError) in
                let budget = try Self.budget(request, of: Self.budgets(request))
                return .object { writer in
                    writer.member("budget", object: { Self.write(budget, request, to: &$0) })
                }
            },
            Self.refused(.post, all), Self.refused(.put, "\(all)/{budget_id}"),
            Self.refused(.delete, "\(all)/{budget_id}"),
            AdministrationRoute(.get, spend) { [keeper] request throws(GatewayError) in
                try Self.list(Self.blocking(request), "budget_spend_statuses", request) { budget, writer in
                    Self.writeSpend(of: budget, request, keeper, to: &writer)
                }
            },
            AdministrationRoute(.get, "\(spend)/{budget_id}") { [keeper] request throws(GatewayError) in
                let budget = try Self.budget(request, of: Self.blocking(request))
                return .object { Self.writeSpend(of: budget, request, keeper, to: &$0) }
            },
        ]
    }

    /// A change, which only the file can make.
    private static func refused(_ method: AdministrationRoute.Method, _ path: String) -> AdministrationRoute {
        AdministrationRoute(method, path, .administrators) { request throws(GatewayError) in
            let file = request.snapshot.configuration.file ?? "the configuration file"
            throw GatewayError(.conflict, "Budgets are defined in `budgets` of \(file). Change them there.")
        }
    }

    // MARK: Which

    private static func budgets(_ request: AdministrationRequest) -> [Budget] {
        request.snapshot.configuration.budgets.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The budgets that may refuse requests of the caller, other than by request tags.
    private static func blocking(_ request: AdministrationRequest) -> [Budget] {
        let concerned = Set(applied(request).map(\.budget.name))
        return budgets(request).filter { $0.blocks && concerned.contains($0.name) }
    }

    private static func applied(_ request: AdministrationRequest) -> [AppliedBudget] {
        request.snapshot.budgets?.budgets(of: request.caller, tags: nil, service: nil, at: request.time) ?? []
    }

    private static func budget(_ request: AdministrationRequest, of budgets: [Budget]) throws(GatewayError) -> Budget {
        let id = request["budget_id"]
        guard let budget = budgets.first(where: { $0.id == id.lowercased() }) else {
            throw GatewayError(.notFound, "There is no budget with id \(id.prefixOfUTF8(64)).")
        }
        return budget
    }

    private static func list(
        _ budgets: [Budget],
        _ member: StaticString,
        _ request: AdministrationRequest,
        _ write: (Budget, inout JSONWriter) -> Void
    ) throws(GatewayError) -> AdministrationAnswer {
        let size = try request.number("page_size", in: 0...Int.max, default: maximumPage)
        let page = try Page(
            budgets,
            after: request.query["page_token"],
            size: size == 0 ? maximumPage : min(size, maximumPage),
            name: \.name
        )
        return .object { writer in
            writer.member(
                member,
                array: { writer in
                    for budget in page.elements { writer.object { write(budget, &$0) } }
                }
            )
            writer.optional("next_page_token", page.nextToken)
        }
    }

    // MARK: JSON

    private static func write(_ budget: Budget, _ request: AdministrationRequest, to writer: inout JSONWriter) {
        writer.member("budget_configuration_id", budget.id)
        writer.member("account_id", request["account_id"])
        writer.member("display_name", budget.name)
        writer.member("resource_type", "BUDGET_RESOURCE_TYPE_UNITY_AI_GATEWAY")
        writer.member("include_external_spend", true)
        if let key = budget.requestTagKey {
            writer.member(
                "filter",
                object: { writer in
                    writer.member(
                        "tags",
                        array: { writer in
                            writer.object { writer in
                                writer.member("key", key)
                                guard let value = budget.requestTagValue else { return }
                                writer.member(
                                    "value",
                                    object: { writer in
                                        writer.member("operator", "IN")
                                        writer.member("values", array: { $0.string(value) })
                                    }
                                )
                            }
                        }
                    )
                }
            )
        }
        writer.member(
            "alert_configurations",
            array: { writer in
                for percent in budget.alerts where !(budget.blocks && percent == 100) {
                    let amount = Int64(clamping: Int128(budget.amount) * Int128(percent) / 100)
                    writer.object { writeAlert(of: budget, amount, blocks: false, request, to: &$0) }
                }
                if budget.blocks {
                    writer.object { writeAlert(of: budget, budget.amount, blocks: true, request, to: &$0) }
                }
            }
        )
    }

    private static func writeAlert(
        of budget: Budget,
        _ amount: Int64,
        blocks: Bool,
        _ request: AdministrationRequest,
        to writer: inout JSONWriter
    ) {
        writer.member("scope_type", budget.scopeType)
        writer.member("time_period", budget.period.rawValue.uppercased())
        writer.member("trigger_type", "CUMULATIVE_SPENDING_EXCEEDED")
        writer.member("quantity_type", "LIST_PRICE_DOLLARS_USD")
        writer.member("quantity_threshold", DollarAmount.text(nanodollars: amount))
        guard blocks else { return }
        writer.member(
            "action_configurations",
            array: { writer in writer.object { $0.member("action_type", "BLOCK_USAGE") } }
        )
        let overrides = budget.overrides.compactMap { name, amount in
            request.metastore.principal(named: name).map { (id: Int($0.id), amount: amount) }
        }
        guard !overrides.isEmpty else { return }
        writer.member(
            "principal_overrides",
            array: { writer in
                for (id, amount) in overrides.sorted(by: { $0.id < $1.id }) {
                    writer.object { writer in
                        writer.member("principal_id", id)
                        writer.member("override_threshold", DollarAmount.text(nanodollars: amount))
                    }
                }
            }
        )
    }

    /// What was spent of a budget where the caller counts; of shared ones only the share.
    private static func writeSpend(
        of budget: Budget,
        _ request: AdministrationRequest,
        _ keeper: BudgetKeeper,
        to writer: inout JSONWriter
    ) {
        writer.member("name", "accounts/\(request["account_id"])/budget-spend-statuses/\(budget.id)")
        writer.member(
            "alert_spend_statuses",
            array: { writer in
                for applied in applied(request) where applied.budget.name == budget.name {
                    let spent = keeper.spent(applied.use)
                    writer.object { writer in
                        writer.member("scope_type", budget.scopeType)
                        writer.member("time_period", budget.period.rawValue.uppercased())
                        if budget.isPersonal {
                            writer.member("spend", DollarAmount.text(nanodollars: spent))
                            writer.member("threshold", DollarAmount.text(nanodollars: applied.amount))
                        }
                        writer.member("percent_consumed", percent(spent, of: applied.amount))
                    }
                }
            }
        )
    }

    /// Rounded down to one digit after the point.
    private static func percent(_ spent: Int64, of amount: Int64) -> String {
        guard amount > 0 else { return "100.0" }
        let thousandths = Int128(spent) * 1000 / Int128(amount)
        return "\(thousandths / 10).\(thousandths % 10)"
    }
}

extension Budget {
    /// An id in the form of a UUID that follows from the name.
    fileprivate var id: String { CatalogLayer.stableUUID(of: "budget \(name)") }

    /// Whether nobody else's spending counts together with a caller's.
    fileprivate var isPersonal: Bool {
        switch key {
        case .user, .servicePrincipal, .userDefault: true
        case .account, .userGroup, .requestTag: false
        }
    }

    fileprivate var scopeType: StaticString {
        isPersonal ? "ALERT_CONFIGURATION_SCOPE_TYPE_PER_USER" : "ALERT_CONFIGURATION_SCOPE_TYPE_SHARED"
    }
}
