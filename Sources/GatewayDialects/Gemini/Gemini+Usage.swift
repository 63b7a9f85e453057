// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension Gemini {
    /// The members of a `usageMetadata` object as the vendor reports them.
    struct UsageMetadata {
        var prompt: Int?
        var toolUsePrompt: Int?
        var cached: Int?
        var candidates: Int?
        var thoughts: Int?

        /// The disjoint buckets: the prompt includes what caches served, the candidates do not include thoughts.
        var usage: TokenUsage {
            var usage = TokenUsage()
            if prompt != nil || toolUsePrompt != nil {
                usage.uncachedInput = max(0, (prompt ?? 0) + (toolUsePrompt ?? 0) - (cached ?? 0))
            }
            usage.cacheRead = cached
            if candidates != nil || thoughts != nil { usage.output = (candidates ?? 0) + (thoughts ?? 0) }
            usage.reasoning = thoughts
            return usage
        }

        /// Reads the object that comes next.
        init(_ walk: inout JSONWalk) {
            guard walk.enterObject() else {
                walk.value()
                return
            }
            while let key = walk.nextKey() {
                if walk.isKey(key, "promptTokenCount") {
                    prompt = walk.tokenCount()
                } else if walk.isKey(key, "toolUsePromptTokenCount") {
                    toolUsePrompt = walk.tokenCount()
                } else if walk.isKey(key, "cachedContentTokenCount") {
                    cached = walk.tokenCount()
                } else if walk.isKey(key, "candidatesTokenCount") {
                    candidates = walk.tokenCount()
                } else if walk.isKey(key, "thoughtsTokenCount") {
                    thoughts = walk.tokenCount()
                } else {
                    walk.value()
                }
            }
        }
    }

    /// Reads a `usageMetadata` object.
    static func usage(_ value: JSONValue) -> TokenUsage {
        value.bytes.withUnsafeReadableBytes { bytes in
            var walk = JSONWalk(bytes)
            return UsageMetadata(&walk).usage
        }
    }
}
