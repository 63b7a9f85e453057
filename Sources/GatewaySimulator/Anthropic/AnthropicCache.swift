// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// What a prompt cache would have done with a request.
///
/// The simulator has no cache. It treats everything before the last breakpoint as cached: written by the first turn of a conversation, read by every
/// later one. Anthropic's least length of 1,024 tokens does not apply, so that tests can be short.
enum AnthropicCache {
    /// Notes a breakpoint on a block or tool that has just been counted.
    static func note(_ block: JSONValue, in prompt: inout Prompt) {
        guard let control = block["cache_control"], !control.isNull else { return }
        mark(control, in: &prompt)
    }

    /// Notes the breakpoint of the whole request, and decides between read and written.
    static func settle(_ root: JSONValue, in prompt: inout Prompt) {
        if let control = root["cache_control"], !control.isNull { mark(control, in: &prompt) }
        if let asked = prompt.instructions.cachedTokens {
            prompt.cached = Prompt.CachedTokens(read: min(asked, prompt.inputTokens))
            return
        }
        let isLaterTurn =
            root["messages"]?.array?.contains { $0["role"].isText("assistant") } ?? false
        if isLaterTurn { prompt.cached = Prompt.CachedTokens(read: prompt.cached.total) }
    }

    private static func mark(_ control: JSONValue, in prompt: inout Prompt) {
        let new = prompt.inputTokens - prompt.cached.total
        if control["ttl"].isText("1h") {
            prompt.cached.written1h += new
        } else {
            prompt.cached.written5m += new
        }
    }
}
