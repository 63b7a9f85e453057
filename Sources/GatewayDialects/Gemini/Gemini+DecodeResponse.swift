// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import NIOCore

extension Gemini {
    package func decodeResponse(
        _ body: JSONValue,
        for answer: AnswerContext
    ) throws(GatewayError) -> ModelResponse {
        // Some servers answer with the array of a stream that has one element.
        let body = body.array?.first ?? body
        if let error = body["error"], error.object != nil { throw ErrorReader.streamError(body) }
        var ids = CallIDs(responseID: body["responseId"]?.text, answer)
        var candidates: [ModelResponse.Candidate] = []
        for value in body["candidates"]?.array.map(Array.init) ?? [] {
            candidates.append(Self.candidate(value, ids: &ids, answer.origin))
        }
        if candidates.isEmpty {
            guard body["promptFeedback"]?["blockReason"] != nil else {
                throw .unreadableAnswer("the response has no candidates")
            }
            candidates.append(ModelResponse.Candidate(parts: [], finishReason: .contentFilter))
        }
        return ModelResponse(
            id: body["responseId"]?.text,
            model: body["modelVersion"]?.text,
            candidates: candidates,
            usage: body["usageMetadata"].map(Self.usage) ?? TokenUsage()
        )
    }

    private static func candidate(
        _ value: JSONValue,
        ids: inout CallIDs,
        _ origin: StateOrigin
    ) -> ModelResponse.Candidate {
        var parts = CandidateParts(origin)
        for part in value["content"]?["parts"]?.array.map(Array.init) ?? [] {
            parts.append(GeminiPart(part), ids: &ids)
        }
        parts.flush()
        let citations = GeminiAnnotations.citations(
            of: value["citationMetadata"],
            value["groundingMetadata"],
            in: parts.offsets
        )
        if !citations.isEmpty { parts.cite(citations) }
        return ModelResponse.Candidate(
            parts: parts.parts,
            finishReason: value["finishReason"]?.text.map { finishReason($0, hasToolCalls: parts.hasToolCalls) },
            logprobs: value["logprobsResult"].flatMap(GeminiAnnotations.openAILogprobs)
        )
    }

    /// The parts of a complete candidate in the hub's terms: what ``GeminiStreamDecoder`` tells, at once.
    private struct CandidateParts {
        private let origin: StateOrigin
        private(set) var parts: [Message.Part] = []
        private(set) var hasToolCalls = false
        private(set) var offsets = GeminiTextOffsets()
        /// The pieces of the last part's text.
        private var pieces: [JSONString] = []

        init(_ origin: StateOrigin) {
            self.origin = origin
        }

        mutating func append(_ part: GeminiPart, ids: inout CallIDs) {
            let state = part.signature.map { OpaqueState(.thought, $0, from: origin) }
            if let text = part.text {
                if part.isThought {
                    appendThought(text, state)
                } else {
                    offsets.append(text)
                    appendText(text, state)
                }
            } else if let call = part.functionCall, let name = call["name"]?.text {
                hasToolCalls = true
                flush()
                let arguments = call["args"].flatMap { $0.object == nil ? nil : $0 } ?? JSONValue { $0.raw("{}") }
                let id = ids.next(call["id"]?.text)
                let call = Message.ToolCall(id: id, name: name, arguments: .object(arguments))
                parts.append(Message.Part(.toolCall(call), state: state))
            } else if let media = Gemini.media(of: part) {
                flush()
                parts.append(Message.Part(.media(media), state: state))
            } else if let state {
                appendText("", state)
            }
        }

        private mutating func appendText(_ text: JSONString, _ state: OpaqueState?) {
            guard !text.isEmpty || state != nil else { return }
            if parts.last?.text != nil, parts.last?.state == nil {
                if !text.isEmpty { pieces.append(text) }
                parts[parts.count - 1].state = state
            } else {
                flush()
                pieces = text.isEmpty ? [] : [text]
                parts.append(Message.Part(.text(""), state: state))
            }
        }

        private mutating func appendThought(_ text: JSONString, _ state: OpaqueState?) {
            guard !text.isEmpty || state != nil else { return }
            if parts.last?.reasoning != nil, parts.last?.state == nil {
                if !text.isEmpty { pieces.append(text) }
                parts[parts.count - 1].state = state
            } else {
                flush()
                pieces = text.isEmpty ? [] : [text]
                parts.append(Message.Part(.reasoning(Message.Reasoning(texts: [], isSummary: true)), state: state))
            }
        }

        /// Gives the last part the pieces of its text, joined once: an answer may have very many.
        mutating func flush() {
            guard !pieces.isEmpty else { return }
            let whole = pieces.count == 1 ? pieces[0] : JSONString(pieces.map(\.string).joined())
            pieces.removeAll(keepingCapacity: true)
            if parts.last?.reasoning != nil {
                let reasoning = Message.Reasoning(texts: [whole], isSummary: true)
                parts[parts.count - 1].content = .reasoning(reasoning)
            } else {
                parts[parts.count - 1].content = .text(whole)
            }
        }

        mutating func cite(_ citations: [Citation]) {
            if parts.last?.text == nil { parts.append(.text("")) }
            parts[parts.count - 1].citations = citations
        }
    }

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
