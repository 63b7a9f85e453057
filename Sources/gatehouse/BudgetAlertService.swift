// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import AsyncHTTPClient
import Foundation
import GatewayCore
import GatewayJSON
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Tells who watches budgets what happened: in the log, and by webhooks.
///
/// Requests never wait for it. When more than ``capacity`` alerts wait, the oldest are dropped.
struct BudgetAlertService: Service {
    private static let capacity = 1000
    private static let timeout = TimeAmount.seconds(10)
    private static let attempts = 3

    private let alerts: AsyncStream<BudgetAlert>
    private let continuation: AsyncStream<BudgetAlert>.Continuation
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
        (alerts, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.capacity))
    }

    /// Adds an alert; does not wait.
    @Sendable
    func add(_ alert: BudgetAlert) {
        continuation.yield(alert)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await alert in alerts {
                log(alert)
                guard let webhook = alert.budget.webhook else { continue }
                await send(alert, to: webhook)
            }
        }
    }

    private func log(_ alert: BudgetAlert) {
        let what: Logger.Message =
            switch alert.event {
            case .threshold(let percent): "\(percent) % of a budget are spent"
            case .blocked: "A budget refuses requests"
            }
        logger.warning(
            what,
            metadata: [
                "budget": "\(alert.budget.name)", "subject": "\(alert.use.subject)",
                "period": "\(alert.budget.period.rawValue)",
                "spent_usd": "\(DollarAmount.text(nanodollars: alert.spent))",
                "amount_usd": "\(DollarAmount.text(nanodollars: alert.amount))",
            ]
        )
    }

    private func send(_ alert: BudgetAlert, to webhook: String) async {
        var request = HTTPClientRequest(url: webhook)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(Self.body(alert))
        for attempt in 1...Self.attempts {
            do {
                let response = try await HTTPClient.shared.execute(request, timeout: Self.timeout)
                if (200...299).contains(response.status.code) { return }
                throw Refusal(status: response.status.code)
            } catch is CancellationError {
                return
            } catch {
                // Without the address and the client's words, which may repeat it: it is a secret.
                let reason = (error as? Refusal).map { "status \($0.status)" } ?? "\(type(of: error))"
                logger.error(
                    "The alert of a budget cannot be sent",
                    metadata: ["budget": "\(alert.budget.name)", "error": "\(reason)", "attempt": "\(attempt)"]
                )
                guard attempt < Self.attempts else { return }
                try? await Task.sleep(for: .seconds(1 << attempt))
            }
        }
    }

    private struct Refusal: Error {
        let status: UInt
    }

    private static func body(_ alert: BudgetAlert) -> ByteBuffer {
        var writer = JSONWriter(into: ByteBuffer())
        writer.object { writer in
            switch alert.event {
            case .threshold(let percent):
                writer.member("event", "budget.threshold")
                writer.member("percent", percent)
            case .blocked: writer.member("event", "budget.blocked")
            }
            writer.member("budget", alert.budget.name)
            writer.member("subject", alert.use.subject)
            writer.member("period", alert.budget.period.rawValue)
            writer.member("period_start", time(alert.use.periodStart))
            writer.member("spent_usd", DollarAmount.text(nanodollars: alert.spent))
            writer.member("amount_usd", DollarAmount.text(nanodollars: alert.amount))
            writer.member("time", time(alert.time))
        }
        return writer.buffer
    }

    private static func time(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(microseconds / 1_000_000)).formatted(.iso8601)
    }
}
