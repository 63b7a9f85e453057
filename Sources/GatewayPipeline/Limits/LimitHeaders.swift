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
    func headers(_ style: ClientTraits.LimitHeaders, now: Int64) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for (name, dimension) in [("requests", requests), ("tokens", tokens)] where dimension.isLimited {
            let values = [String(dimension.limit), String(dimension.remaining)]
            switch style {
            case .openAI:
                let reset = Self.duration(dimension.resetsAt - now)
                for (part, value) in zip(["limit", "remaining", "reset"], values + [reset]) {
                    headers.append(("x-ratelimit-\(part)-\(name)", value))
                }
            case .anthropic:
                let reset = Self.time(dimension.resetsAt)
                for (part, value) in zip(["limit", "remaining", "reset"], values + [reset]) {
                    headers.append(("anthropic-ratelimit-\(name)-\(part)", value))
                }
            }
        }
        return headers
    }

    /// Whether a header says what is left of a limit, of the gateway's or of another.
    static func isLimitHeader(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasPrefix("x-ratelimit-") || name.hasPrefix("anthropic-ratelimit-")
    }

    /// As OpenAI writes them: `6m0s`, `59.5s`, `120ms`.
    private static func duration(_ microseconds: Int64) -> String {
        let milliseconds = max(0, (microseconds + 999) / 1000)
        guard milliseconds >= 1000 else { return "\(milliseconds)ms" }
        let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000)
        let fraction = rest % 1000 / 100
        let seconds = "\(rest / 1000)\(fraction > 0 ? ".\(fraction)" : "")s"
        return minutes > 0 ? "\(minutes)m\(seconds)" : seconds
    }

    /// RFC 3339, in whole seconds.
    private static func time(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double((microseconds + 999_999) / 1_000_000)).formatted(.iso8601)
    }
}
