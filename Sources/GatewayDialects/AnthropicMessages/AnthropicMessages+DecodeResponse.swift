// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension AnthropicMessages {
    package func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder { AnthropicStreamDecoder(answer) }

    /// What a `stop_reason` means.
    static func finishReason(_ reason: JSONString, stopSequence: JSONString?) -> FinishReason {
        if reason == "end_turn" { return .stop }
        if reason == "tool_use" { return .toolCalls }
        if reason == "max_tokens" || reason == "model_context_window_exceeded" { return .length }
        if reason == "stop_sequence" { return .stopSequence(stopSequence) }
        if reason == "refusal" { return .refusal }
        if reason == "pause_turn" { return .pause }
        return .other(reason.string)
    }
}
