// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// `header_policy` as in the file; the provider's defaults apply to what it leaves out.
struct HeaderPolicyEntry: Sendable {
    var request: NameFilterEntry?
    var response: NameFilterEntry?
    var anthropicBeta: NameFilterEntry?

    func over(_ policy: HeaderPolicy) -> HeaderPolicy {
        HeaderPolicy(
            request: request?.over(policy.request) ?? policy.request,
            response: response?.over(policy.response) ?? policy.response,
            anthropicBeta: anthropicBeta?.over(policy.anthropicBeta) ?? policy.anthropicBeta
        )
    }

    /// `header_policy` of a provider service.
    static let section: Section<HeaderPolicyEntry> = {
        let request = Field(
            "request",
            .section(NameFilterEntry.section("request", "headers", refuses: refusal(ofForwarded:))),
            "The client's headers that are passed to the upstream. Credentials and headers that HTTP itself needs are never passed."
        )
        let response = Field(
            "response",
            .section(NameFilterEntry.section("response", "headers", refuses: refusal(ofAnswered:))),
            "The upstream's headers that are passed to the client."
        )
        let anthropicBeta = Field(
            "anthropic_beta",
            .section(NameFilterEntry.section("anthropic_beta", "flags")),
            "The flags in the header `anthropic-beta` and in the body's `anthropic_beta` that are passed."
        )
        return Section(
            "provider_services.<name>.header_policy",
            "The headers that are passed between clients and the upstream. All others are removed.",
            fields: [request.documentation, response.documentation, anthropicBeta.documentation]
        ) { values, reading in
            HeaderPolicyEntry(
                request: values.read(request, &reading),
                response: values.read(response, &reading),
                anthropicBeta: values.read(anthropicBeta, &reading)
            )
        }
    }()
}

/// Some names that pass.
struct NameFilterEntry: Sendable {
    var allow: [String]?
    var deny: [String]?

    func over(_ filter: NameFilter) -> NameFilter {
        NameFilter(allow: allow ?? filter.allow, deny: deny ?? filter.deny)
    }

    /// `allow` and `deny`; `refuses` says why a name may not be allowed.
    static func section(
        _ name: String,
        _ what: String,
        refuses: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Section<NameFilterEntry> {
        let allow = Field(
            "allow",
            ValueType.patterns,
            .optional("the provider's"),
            "The \(what) to pass; `*` matches any characters. Replaces the provider's own list."
        )
        let deny = Field("deny", ValueType.patterns, "The \(what) to remove even if they are allowed.")
        return Section(
            "provider_services.<name>.header_policy.\(name)",
            "Which \(what) pass.",
            fields: [allow.documentation, deny.documentation]
        ) { values, reading in
            let allowed = values.read(allow, &reading)
            for pattern in allowed ?? [] {
                guard let reason = refuses(pattern.value) else { continue }
                reading.report(pattern.place, "\(pattern.place.name): \(reason).")
            }
            return NameFilterEntry(
                allow: allowed?.map(\.value),
                deny: values.read(deny, &reading)?.map(\.value)
            )
        }
    }
}

extension ValueType where Value == [Located<String>] {
    /// Names in which `*` stands for any characters, in lower case.
    fileprivate static var patterns: ValueType {
        .list(
            of: ValueType<String>.scalar("1 to 128 printable ASCII characters without spaces or commas") { text in
                let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") }
                return isPlain && (1...128).contains(text.utf8.count) ? text.lowercased() : nil
            },
            count: 0...64
        )
    }
}

/// Why the file may not let a client's header pass; nil if it may.
private func refusal(ofForwarded pattern: String) -> String? {
    if let reason = refusal(ofHeader: pattern) { return reason }
    return HeaderPolicy.isNeverForwarded(pattern)
        ? "this header is for the gateway's own caller" : nil
}

/// Why the file may not let an upstream's header pass; nil if it may.
private func refusal(ofAnswered pattern: String) -> String? {
    HeaderPolicy.isNeverAnswered(pattern) ? "the gateway sets this header itself, or it belongs to one connection" : nil
}
