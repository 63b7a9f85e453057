// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Refuses calls for which a budget has no money left.
///
/// The most that a call can cost is reserved before it goes upstream, and settled with its usage row, however it ends. Calls whose tokens nobody counts cost nothing
/// that is known, and are refused once a budget is used up.
struct BudgetEnforcement: RequestPolicy {
    let translator: any Translator
    let keeper: BudgetKeeper

    func check(_ call: inout Call) async throws(GatewayError) {
        guard let plan = call.snapshot.budgets, let service = call.service else { return }
        guard call.apiType.operation != .countTokens || call.isUnmanaged else { return }
        if case .stored = call.subject { return }
        let applied = plan.budgets(
            of: call.caller,
            tags: call.requestTags,
            service: service.service.name,
            at: call.eventTime
        )
        guard !applied.isEmpty else { return }
        let standard = call.snapshot.configuration.defaultPrice
        let time = call.eventTime
        let most = call.opened.map { self.most(of: $0.envelope, to: service, standard, at: time) } ?? 0
        switch keeper.admit(applied, most: most, at: call.eventTime) {
        case .admitted(let reservation):
            call.budgetUses = reservation.uses
            call.settle { [keeper] record in
                let end = record.eventTime + Int64(record.latencyMilliseconds) * 1000
                keeper.settle(reservation, cost: record.cost?.nanodollars ?? 0, at: end)
            }
        case .refused(let refusal):
            throw GatewayError(refusal)
        }
    }

    /// The tokens that upstreams add to what a body says: the vendors' words around tools, and marks around messages.
    private static let addedTokens = 1024
    /// What an answer may have where neither the request nor the model says it.
    private static let unknownOutput = 128_000
    /// What may be read where the conversation is the vendor's, and nobody knows the model's context.
    private static let unknownContext = 1_000_000

    /// The most that a request can cost at any destination of a service, in nano-dollars.
    ///
    /// No text has more tokens than bytes.
    private func most(
        of envelope: RequestEnvelope,
        to service: PreparedService,
        _ standard: ModelPrice?,
        at time: Int64
    ) -> Int64 {
        let scan = envelope.scan
        func number(_ name: StaticString) -> Int? { (try? scan.unique(name))?.int }
        let asked = envelope.apiType.operation == .embed ? 0 : translator.maximumOutput(of: envelope)
        let gemini = (try? scan.unique("generationConfig"))?.object?["candidateCount"]?.int
        let choices = [number("n"), number("best_of"), gemini].reduce(1) { max($0, min($1 ?? 1, 128)) }
        let tier = PriceTier(named: (try? scan.unique("service_tier"))?.string)
        let isElsewhere = ["previous_response_id", "conversation"].contains { (name: StaticString) in
            (try? scan.unique(name)).map { !$0.isNull } ?? false
        }
        var most: Int64 = 0
        for prepared in service.destinations + service.fallback {
            let destination = prepared.destination
            guard let price = destination.price ?? standard else { continue }
            let context = destination.limits.context
            var input = envelope.bytes + Self.addedTokens
            if isElsewhere { input = max(input, context ?? Self.unknownContext) }
            let output = asked ?? destination.limits.maximumOutput ?? Self.unknownOutput
            let (all, isMore) = max(0, output).multipliedReportingOverflow(by: choices)
            let cost = price.most(input: input, output: isMore ? .max : all, tier: tier, at: time)
            most = max(most, cost)
        }
        return most
    }
}

extension GatewayError {
    /// A call that a budget has no money for.
    ///
    /// The status is Databricks' (public notebooks, 2026); no body of it is known. What others have spent is not told.
    fileprivate init(_ refusal: BudgetRefusal) {
        let budget = refusal.budget.budget
        let name = "The budget '\(budget.name)'"
        let period = budget.period.rawValue
        let message =
            refusal.isUsedUp
            ? "\(name) of this \(period) is used up."
            : "\(name) has less left for this \(period) than this request can cost, which is up to $\(DollarAmount.text(nanodollars: refusal.most)). A smaller maximum of output tokens, or a shorter request, may fit."
        self.init(.forbidden, message + " Ask an administrator to raise it.")
        shouldRetry = "false"
    }
}
