// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import Synchronization

/// What `/metrics` shows, in Prometheus' text format.
///
/// Everything about requests comes from the usage rows as they are written, off the hot path; so the metrics and the table agree, and the metrics lag by at most
/// ``UsageWriter/interval``. Only what leaves no row is counted where it happens.
package final class Metrics: Sendable {
    fileprivate struct RequestKey: Hashable {
        /// nil for a path that is none of the gateway's APIs.
        var apiType: APIType?
        var service: String
        var status: Int
    }

    fileprivate struct TokenKey: Hashable {
        var service: String
        var kind: String
    }

    fileprivate struct UpstreamErrorKey: Hashable {
        var destination: String
        var status: Int
    }

    fileprivate struct State {
        var requests: [RequestKey: Int] = [:]
        var tokens: [TokenKey: Int] = [:]
        /// In nano-dollars, by service.
        var costs: [String: Int64] = [:]
        var upstreamErrors: [UpstreamErrorKey: Int] = [:]
        var latency: [APIType?: Histogram] = [:]
        var firstByte: [APIType?: Histogram] = [:]
    }

    /// Figures of the moment, handed in by whoever knows them.
    package struct Gauges: Sendable {
        package var connections: Int
        package var bodyBytesInFlight: Int
        package var usageQueueDepth: Int
        /// Lines of the log that nobody read in time.
        package var droppedLogLines: Int
        /// How late event loops did what was due.
        package var eventLoopLag: Histogram
        /// What the circuit breakers of destinations show.
        package var circuits: [CircuitBreakers.Reading]
        package var budgets: [BudgetStatus] = []

        package init(
            connections: Int,
            bodyBytesInFlight: Int,
            usageQueueDepth: Int,
            droppedLogLines: Int = 0,
            eventLoopLag: Histogram = Histogram(),
            circuits: [CircuitBreakers.Reading] = []
        ) {
            self.circuits = circuits
            self.droppedLogLines = droppedLogLines
            self.eventLoopLag = eventLoopLag
            self.connections = connections
            self.bodyBytesInFlight = bodyBytesInFlight
            self.usageQueueDepth = usageQueueDepth
        }
    }

    private let state = Mutex(State())
    private let unauthenticated = Atomic<Int>(0)
    private let usageQueueFull = Atomic<Int>(0)
    private let usageRowsDeleted = Atomic<Int>(0)
    private let responsesLost = Atomic<Int>(0)

    package init() {}

    /// A request without a valid caller: it leaves no usage row.
    package func countUnauthenticated() {
        unauthenticated.add(1, ordering: .relaxed)
    }

    /// A request that was refused because the usage queue was full.
    package func countUsageQueueFull() {
        usageQueueFull.add(1, ordering: .relaxed)
    }

    /// Usage rows that were deleted because the table was too large.
    ///
    /// - Returns: How many there were so far.
    func countUsageRowsDeleted(_ count: Int) -> Int {
        usageRowsDeleted.add(count, ordering: .relaxed).newValue
    }

    /// Responses that could not be stored for later requests.
    ///
    /// - Returns: How many there were so far.
    func countResponsesLost(_ count: Int) -> Int {
        responsesLost.add(count, ordering: .relaxed).newValue
    }

    package func observe(_ records: [UsageRecord]) {
        guard !records.isEmpty else { return }
        state.withLock { state in
            records.span.forEach { state.observe($0) }
        }
    }

    package func render(_ gauges: Gauges) -> String {
        let state = state.withLock { $0 }
        var text = ""
        func family(_ name: String, _ type: String, _ help: String) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        }
        family("gatehouse_requests_total", "counter", "Requests with a caller, by API, model service and status.")
        for (key, count) in state.requests.sorted(by: {
            ($0.key.service, $0.key.status) < ($1.key.service, $1.key.status)
        }) {
            text +=
                "gatehouse_requests_total{\(Self.label(key.apiType)),\(Self.label("service", key.service)),"
            text += "\(Self.label("status", "\(key.status)"))} \(count)\n"
        }
        family(
            "gatehouse_request_duration_seconds",
            "histogram",
            "From the head of the request to the end of the response."
        )
        for (type, histogram) in state.latency.sorted(by: { Self.label($0.key) < Self.label($1.key) }) {
            let label = Self.label(type)
            histogram.write(name: "gatehouse_request_duration_seconds", labels: label, into: &text)
        }
        family(
            "gatehouse_time_to_first_byte_seconds",
            "histogram",
            "From the head of the request to the first byte of the response."
        )
        for (type, histogram) in state.firstByte.sorted(by: { Self.label($0.key) < Self.label($1.key) }) {
            let label = Self.label(type)
            histogram.write(name: "gatehouse_time_to_first_byte_seconds", labels: label, into: &text)
        }
        family("gatehouse_tokens_total", "counter", "Tokens by model service and kind; input includes cached tokens.")
        for (key, count) in state.tokens.sorted(by: { ($0.key.service, $0.key.kind) < ($1.key.service, $1.key.kind) }) {
            text +=
                "gatehouse_tokens_total{\(Self.label("service", key.service)),\(Self.label("kind", key.kind))} \(count)\n"
        }
        family("gatehouse_cost_dollars_total", "counter", "What the tokens of model services with a price cost.")
        for (service, cost) in state.costs.sorted(by: { $0.key < $1.key }) {
            let amount = DollarAmount.text(nanodollars: cost)
            text += "gatehouse_cost_dollars_total{\(Self.label("service", service))} \(amount)\n"
        }
        family("gatehouse_upstream_errors_total", "counter", "Failed attempts at a destination, by status.")
        for (key, count) in state.upstreamErrors.sorted(by: {
            ($0.key.destination, $0.key.status) < ($1.key.destination, $1.key.status)
        }) {
            text += "gatehouse_upstream_errors_total{\(Self.label("destination", key.destination)),"
            text += "\(Self.label("status", "\(key.status)"))} \(count)\n"
        }
        family(
            "gatehouse_circuit_breaker_state",
            "gauge",
            "The circuit breaker of a destination: 0 closed, 1 half-open, 2 open."
        )
        for circuit in gauges.circuits {
            text += "gatehouse_circuit_breaker_state{\(Self.label("destination", circuit.destination))} "
            text += "\(circuit.phase.number)\n"
        }
        family("gatehouse_circuit_breaker_ejections_total", "counter", "How often a destination was ejected.")
        for circuit in gauges.circuits {
            text += "gatehouse_circuit_breaker_ejections_total{\(Self.label("destination", circuit.destination))} "
            text += "\(circuit.ejections)\n"
        }
        family(
            "gatehouse_unauthenticated_requests_total",
            "counter",
            "Requests without a valid caller; they leave no usage row."
        )
        text += "gatehouse_unauthenticated_requests_total \(unauthenticated.load(ordering: .relaxed))\n"
        family("gatehouse_usage_queue_full_total", "counter", "Requests refused because the usage queue was full.")
        text += "gatehouse_usage_queue_full_total \(usageQueueFull.load(ordering: .relaxed))\n"
        family(
            "gatehouse_usage_rows_deleted_total",
            "counter",
            "Usage rows deleted because the table reached its size limit."
        )
        text += "gatehouse_usage_rows_deleted_total \(usageRowsDeleted.load(ordering: .relaxed))\n"
        family(
            "gatehouse_responses_lost_total",
            "counter",
            "Responses that could not be stored for later requests."
        )
        text += "gatehouse_responses_lost_total \(responsesLost.load(ordering: .relaxed))\n"
        family(
            "gatehouse_log_lines_dropped_total",
            "counter",
            "Log lines dropped because standard error was not read fast enough."
        )
        text += "gatehouse_log_lines_dropped_total \(gauges.droppedLogLines)\n"
        if !gauges.budgets.isEmpty {
            family(
                "gatehouse_budget_spent_dollars",
                "gauge",
                "What was spent of a budget in its current period, by everybody together."
            )
            for budget in gauges.budgets {
                let amount = DollarAmount.text(nanodollars: budget.spent)
                text += "gatehouse_budget_spent_dollars{\(Self.label("budget", budget.budget))} \(amount)\n"
            }
            family("gatehouse_budget_refusals_total", "counter", "Requests that a budget refused.")
            for budget in gauges.budgets {
                text +=
                    "gatehouse_budget_refusals_total{\(Self.label("budget", budget.budget))} \(budget.refusals)\n"
            }
        }
        family(
            "gatehouse_event_loop_lag_seconds",
            "histogram",
            "How late an event loop was for what was due, looked at ten times a second."
        )
        gauges.eventLoopLag.write(name: "gatehouse_event_loop_lag_seconds", labels: "", into: &text)
        family("gatehouse_connections", "gauge", "Open client connections.")
        text += "gatehouse_connections \(gauges.connections)\n"
        family("gatehouse_request_body_bytes", "gauge", "Bytes of request bodies in flight.")
        text += "gatehouse_request_body_bytes \(gauges.bodyBytesInFlight)\n"
        family(
            "gatehouse_usage_queue_depth",
            "gauge",
            "Places taken in the usage queue: in-flight requests and rows not yet written."
        )
        text += "gatehouse_usage_queue_depth \(gauges.usageQueueDepth)\n"
        return text
    }

    private static func label(_ apiType: APIType?) -> String { label("api_type", apiType?.name ?? "unmanaged") }

    private static func label(_ name: String, _ value: String) -> String {
        var escaped = ""
        // By scalars: CR LF is one character.
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return "\(name)=\"\(escaped)\""
    }
}

extension CircuitState.Phase {
    /// How the metrics write it.
    fileprivate var number: Int {
        switch self {
        case .closed: 0
        case .halfOpen: 1
        case .open: 2
        }
    }
}

extension Metrics.State {
    fileprivate mutating func observe(_ record: UsageRecord) {
        // Names that clients make up must not become labels without bound.
        let service = record.service?.name.description ?? "unknown"
        let key = Metrics.RequestKey(apiType: record.apiType, service: service, status: record.statusCode)
        requests[key, default: 0] += 1
        latency[record.apiType, default: Histogram()].observe(milliseconds: record.latencyMilliseconds)
        if let first = record.timeToFirstByteMilliseconds {
            firstByte[record.apiType, default: Histogram()].observe(milliseconds: first)
        }
        let usage = record.usage
        for (kind, count) in [
            ("input", usage.totalInput), ("output", usage.output ?? 0), ("cache_read", usage.cacheRead ?? 0),
            ("cache_write", usage.cacheWrite), ("reasoning", usage.reasoning ?? 0),
        ] where count > 0 {
            // Whatever an upstream reports, a counter must not trap.
            let key = Metrics.TokenKey(service: service, kind: kind)
            let (sum, overflow) = tokens[key, default: 0].addingReportingOverflow(count)
            tokens[key] = overflow ? .max : sum
        }
        if let cost = record.cost {
            let (sum, overflow) = costs[service, default: 0].addingReportingOverflow(cost.nanodollars)
            costs[service] = overflow ? .max : sum
        }
        for attempt in record.attempts where attempt.statusCode >= 400 {
            upstreamErrors[
                Metrics.UpstreamErrorKey(destination: attempt.destination, status: attempt.statusCode),
                default: 0
            ] += 1
        }
    }
}
