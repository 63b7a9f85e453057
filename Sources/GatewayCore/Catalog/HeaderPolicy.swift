// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOHTTP1

/// What headers travel between a client and an upstream; all others end at the gateway.
///
/// A provider states what its vendor takes; the configuration's `header_policy` of a provider service replaces any part of it.
package struct HeaderPolicy: Sendable, Hashable {
    /// The client's headers that go on to the upstream; never a credential, nor one that HTTP itself needs.
    package var request: NameFilter
    /// The upstream's headers that are passed to the client.
    package var response: NameFilter
    /// The flags that pass of `anthropic-beta`, header and body member; the header itself need not be in ``request``.
    ///
    /// Claude Code sends new flags with every release; Anthropic takes what it does not know, other clouds refuse the request (client-01).
    package var anthropicBeta: NameFilter

    package init(
        request: NameFilter = .none,
        response: NameFilter = .none,
        anthropicBeta: NameFilter = .none
    ) {
        self.request = request
        self.response = response
        self.anthropicBeta = anthropicBeta
    }

    /// Whether a client's header may never go on: it is the client's credential for this gateway, the connection's, or the gateway's own.
    package static func isNeverForwarded(_ name: String) -> Bool {
        switch name {
        case "authorization", "proxy-authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie": true
        case "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade": true
        case "host", "content-length", "content-type", "content-encoding", "accept-encoding", "expect": true
        default: name.utf8.starts(with: "databricks-".utf8) || name.utf8.starts(with: "x-databricks-".utf8)
        }
    }

    /// Whether a client's header decides whose account pays or answers: it goes on only where the policy names it, not by a pattern.
    package static func namesAccount(_ name: String) -> Bool {
        switch name {
        case "openai-organization", "openai-project", "anthropic-workspace-id", "x-goog-user-project": true
        case "x-goog-iam-authority-selector", "x-amz-security-token", "x-amz-target", "helicone-auth": true
        case "x-ms-oai-deployment", "azureml-model-deployment", "x-vertex-ai-llm-request-type": true
        default: name.hasPrefix("x-amzn-bedrock-guardrail")
        }
    }

    /// Whether an upstream's header may never go on to the client.
    package static func isNeverAnswered(_ name: String) -> Bool {
        switch name {
        case "connection", "keep-alive", "proxy-connection", "trailer", "transfer-encoding", "upgrade": true
        case "content-length", "content-type", "content-encoding", "date", "server", "set-cookie": true
        case "cache-control", "x-accel-buffering", "x-request-id", "request-id", "www-authenticate": true
        default: name.hasPrefix("x-gatehouse-")
        }
    }

    /// The header whose comma-separated values ``anthropicBeta`` decides.
    package static let anthropicBetaName = "anthropic-beta"

    /// The flags of an `anthropic-beta` value that pass.
    ///
    /// - Returns: the value itself where all pass, so that it stays as the client wrote it; nil where none does.
    package func anthropicBeta(_ value: String) -> String? {
        let flags = Self.flags(in: value)
        let passed = flags.filter { anthropicBeta.passes(String($0)) }
        guard !passed.isEmpty else { return nil }
        return passed.count == flags.count ? value : passed.joined(separator: ",")
    }

    /// The flags of an `anthropic-beta` value that do not pass.
    package func refusedAnthropicBeta(_ value: String) -> [String] {
        guard anthropicBeta != .all else { return [] }
        return Self.flags(in: value).map(String.init).filter { !anthropicBeta.passes($0) }
    }

    /// The flags of a client's headers that do not pass, as the header `x-gatehouse-dropped` tells them: for people, so some of them, of plain characters.
    package func droppedFlags(of headers: HTTPHeaders) -> [String] {
        guard headers.contains(name: Self.anthropicBetaName), anthropicBeta != .all else { return [] }
        return headers[Self.anthropicBetaName].flatMap(refusedAnthropicBeta).prefix(32).map { flag in
            let plain = flag.utf8.prefix(64).map { (0x21..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }
            return "\(Self.anthropicBetaName) \(String(decoding: plain, as: UTF8.self))"
        }
    }

    private static func flags(in value: String) -> [Substring] {
        value.split(separator: ",").map { $0.trimmingSpaces() }.filter { !$0.isEmpty }
    }
}

extension Substring {
    fileprivate func trimmingSpaces() -> Substring {
        var rest = self
        while let first = rest.utf8.first, first == 0x20 || first == 0x09 { rest = rest.dropFirst() }
        while let last = rest.utf8.last, last == 0x20 || last == 0x09 { rest = rest.dropLast() }
        return rest
    }
}
