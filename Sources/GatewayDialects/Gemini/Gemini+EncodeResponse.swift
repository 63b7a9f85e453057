// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension Gemini {
    package func makeStreamEncoder(for answer: AnswerContext) -> any StreamEncoder { GeminiStreamEncoder(answer) }

    package func streamContentType(for answer: AnswerContext) -> String {
        answer.wantsServerSentEvents ? "text/event-stream" : "application/json"
    }

    package func writeResponse(
        _ response: ModelResponse,
        for answer: AnswerContext,
        into writer: inout JSONWriter
    ) {
        writer.beginObject()
        let isBlocked = response.candidates.allSatisfy { $0.parts.isEmpty && $0.finishReason == .contentFilter }
        if isBlocked {
            Self.writeBlocked(into: &writer)
        } else {
            let isChoice = GeminiChoice.isAsked(in: answer.request)
            writer.key("candidates")
            writer.beginArray()
            for (index, candidate) in response.candidates.enumerated() {
                Self.write(candidate, index, isChoice: isChoice, into: &writer)
            }
            writer.endArray()
        }
        writer.key("usageMetadata")
        Self.write(response.usage, into: &writer)
        Self.writeIdentity(id: response.id, model: response.model, for: answer, into: &writer)
        writer.endObject()
    }

    /// Writes what the vendor says of a prompt to which nothing was answered.
    static func writeBlocked(into writer: inout JSONWriter) {
        writer.beginMember("promptFeedback")
        writer.member("blockReason", "SAFETY")
        writer.endObject()
    }

    /// Writes the members that name the answer and the model.
    static func writeIdentity(
        id: JSONString?,
        model: JSONString?,
        for answer: AnswerContext,
        into writer: inout JSONWriter
    ) {
        if let model, !model.isEmpty {
            writer.member("modelVersion", model)
        } else {
            writer.member("modelVersion", answer.model)
        }
        if let id, !id.isEmpty {
            writer.member("responseId", id)
        } else {
            writer.member("responseId", answer.identity.requestID)
        }
    }

    private static func write(
        _ candidate: ModelResponse.Candidate,
        _ index: Int,
        isChoice: Bool,
        into writer: inout JSONWriter
    ) {
        var parts = GeminiAnswerParts()
        writer.beginObject()
        writer.beginMember("content")
        writer.key("parts")
        writer.beginArray()
        for part in candidate.parts { parts.write(part, isChoice: isChoice, into: &writer) }
        // The vendor's SDK takes a content without parts for a broken answer.
        if parts.isEmpty { writer.object { $0.member("text", "") } }
        writer.endArray()
        writer.member("role", "model")
        writer.endObject()
        parts.writeFinish(candidate.finishReason, into: &writer)
        writer.member("index", index)
        GeminiAnnotations.write(parts.citations, in: parts.offsets, into: &writer)
        if let logprobs = candidate.logprobs { GeminiAnnotations.write(logprobs: logprobs, into: &writer) }
        writer.endObject()
    }

    /// The name of a finish reason; calls of tools simply end an answer here.
    ///
    /// Reasons: PyPI `google-genai` 3.4.0 (2026-11).
    static func name(of reason: FinishReason?) -> String {
        switch reason {
        case .stop, .stopSequence, .toolCalls, nil: "STOP"
        case .length: "MAX_TOKENS"
        case .contentFilter, .refusal: "SAFETY"
        case .pause: "OTHER"
        case .other(let name): isReason(name) ? name : "OTHER"
        }
    }

    /// Whether a reason looks like one of this vendor's, whose SDK takes names that it does not know.
    private static func isReason(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || $0 &- UInt8(ascii: "A") < 26 }
    }

    /// Writes a `usageMetadata` object: the prompt includes what caches served, the candidates do not include thoughts (usage-01).
    static func write(_ usage: TokenUsage, into writer: inout JSONWriter) {
        let thoughts = min(usage.reasoning ?? 0, usage.output ?? 0)
        writer.beginObject()
        writer.member("promptTokenCount", usage.totalInput)
        if let cached = usage.cacheRead { writer.member("cachedContentTokenCount", cached) }
        writer.member("candidatesTokenCount", (usage.output ?? 0) - thoughts)
        if usage.reasoning != nil { writer.member("thoughtsTokenCount", thoughts) }
        writer.member("totalTokenCount", usage.total)
        writer.endObject()
    }
}
