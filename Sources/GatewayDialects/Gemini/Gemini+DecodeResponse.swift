// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension Gemini {
    /// A picture or a sound in an answer.
    static func media(of part: GeminiPart) -> Media? {
        if let data = part.inlineData { return GeminiMedia.decode(inlineData: data) }
        return part.fileData.flatMap(GeminiMedia.decode(fileData:))
    }

    /// What a `finishReason` means; this vendor says `STOP` where tools are called (stream-12).
    ///
    /// Reasons: PyPI `google-genai` 3.4.0 (2026-11).
    static func finishReason(_ reason: JSONString, hasToolCalls: Bool) -> FinishReason {
        if reason == "STOP" { return hasToolCalls ? .toolCalls : .stop }
        if reason == "MAX_TOKENS" { return .length }
        let name = reason.string
        return switch name {
        case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR", "LANGUAGE":
            .contentFilter
        default: .other(name)
        }
    }

    package func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder {
        GeminiStreamDecoder(answer)
    }
}
