// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension SimulatedCatalog {
    /// The vendors whose models Bedrock serves, as in an id before the dot.
    private static let vendors: Set<Substring> = [
        "anthropic", "openai", "meta", "qwen", "deepseek", "moonshot", "moonshotai", "google", "zai",
    ]

    /// The model behind an id, an inference profile or an ARN of Bedrock's, such as `us.anthropic.claude-sonnet-4-5-20250929-v1:0`.
    ///
    /// OpenAI's and Google's closed models are not to be had there.
    func model(onBedrock name: String) -> SimulatedModel? {
        var rest = Substring(name)
        if rest.hasPrefix("arn:"), let slash = rest.lastIndex(of: "/") { rest = rest[rest.index(after: slash)...] }
        var parts = rest.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        if let first = parts.first, ["us", "eu", "apac", "au", "jp", "ca", "global", "us-gov"].contains(first) {
            parts.removeFirst()
        }
        guard parts.count > 1, let vendor = parts.first, Self.vendors.contains(vendor) else { return nil }
        var model = parts.dropFirst().joined(separator: ".")[...]
        let isNumbered = model.contains(":")
        if let colon = model.firstIndex(of: ":") { model = model[..<colon] }
        if let hyphen = model.lastIndex(of: "-") {
            var version = model[model.index(after: hyphen)...]
            let isMarked = version.hasPrefix("v")
            if isMarked { version = version.dropFirst() }
            if isMarked || isNumbered, !version.isEmpty, version.allSatisfy(\.isNumber) { model = model[..<hyphen] }
        }
        guard let found = self.model(named: String(model)) else { return nil }
        switch found.family {
        case .claude, .gptOSS, .llama, .gemma, .qwen, .glm, .kimi, .deepseek: return found
        case .gpt, .gemini, .gte, .bge, .grok, .inkling, .titan, .cohere: return nil
        }
    }
}
