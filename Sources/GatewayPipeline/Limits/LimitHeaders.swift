// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension LimitStatus {
    /// The headers that tell a client what is left, as the vendor of its API names them.
    ///
    /// - Parameters:
    ///   - style: The vendor's.
    ///   - now: The time in microseconds since 1970.
    /// - Returns: Nothing where there is no limit.
    func headers(_ style: ClientTraits.LimitHeaders, now: Int64) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(6)
        add(requests, style, Self.requestNames, now, to: &headers)
        add(tokens, style, Self.tokenNames, now, to: &headers)
        return headers
    }

    private func add(
        _ dimension: Dimension,
        _ style: ClientTraits.LimitHeaders,
        _ names: (openAI: Names, anthropic: Names),
        _ now: Int64,
        to headers: inout [(name: String, value: String)]
    ) {
        guard dimension.isLimited else { return }
        switch style {
        case .openAI:
            headers.append((names.openAI.limit, String(dimension.limit)))
            headers.append((names.openAI.remaining, String(dimension.remaining)))
            headers.append((names.openAI.reset, Self.duration(dimension.resetsAt - now)))
        case .anthropic:
            headers.append((names.anthropic.limit, String(dimension.limit)))
            headers.append((names.anthropic.remaining, String(dimension.remaining)))
            headers.append((names.anthropic.reset, Self.time(dimension.resetsAt)))
        }
    }

    private typealias Names = (limit: String, remaining: String, reset: String)

    private static let requestNames = names("requests")
    private static let tokenNames = names("tokens")

    private static func names(_ what: String) -> (openAI: Names, anthropic: Names) {
        (
            ("x-ratelimit-limit-\(what)", "x-ratelimit-remaining-\(what)", "x-ratelimit-reset-\(what)"),
            (
                "anthropic-ratelimit-\(what)-limit", "anthropic-ratelimit-\(what)-remaining",
                "anthropic-ratelimit-\(what)-reset"
            )
        )
    }

    /// Whether a header says what is left of a limit, of the gateway's or of another.
    static func isLimitHeader(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasPrefix("x-ratelimit-") || name.hasPrefix("anthropic-ratelimit-")
    }

    /// As OpenAI writes them: `6m0s`, `59s`, `120ms`.
    private static func duration(_ microseconds: Int64) -> String {
        guard microseconds > 999_000 else { return String(max(0, (microseconds + 999) / 1000)) + "ms" }
        let seconds = (microseconds + 999_999) / 1_000_000
        let rest = String(seconds % 60) + "s"
        return seconds < 60 ? rest : String(seconds / 60) + "m" + rest
    }

    /// RFC 3339, in whole seconds.
    private static func time(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double((microseconds + 999_999) / 1_000_000)).formatted(.iso8601)
    }
}
