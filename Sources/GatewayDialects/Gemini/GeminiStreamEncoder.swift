// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Writes the elements of a stream, as server-sent events or as a JSON array.
///
/// Texts and thoughts go out at once (stream-14); calls have no pieces in this format, so each is collected and goes out whole. The reasons to finish and the
/// usage stand in one last element. Every candidate of an element has a part, if only an empty text: the vendor's SDK drops the whole turn of a chat for one
/// that has none (PyPI `google-genai` 3.4.0, 2026-11). No comments: the same SDK breaks on them.
struct GeminiStreamEncoder: StreamEncoder {
    /// What was written of a candidate so far.
    private struct Candidate {
        var parts = GeminiAnswerParts()
        /// The call that is being collected, or the text of an answer that is one word of a list.
        var call: (Message.ToolCall, state: OpaqueState?)?
        var collected = ""
        var isTooLong = false
        /// Whether the open part is a thought.
        var isThought = false
        var wasSeen = false
        var finishReason: FinishReason?
    }

    /// The longest arguments that are collected, in bytes.
    private static let maximumArguments = 16 << 20

    private let answer: AnswerContext
    private let isChoice: Bool
    private var id: JSONString?
    private var model: JSONString?
    /// The end of every element but the last.
    private var suffix = ByteBuffer()
    private var candidates: [Candidate] = []
    private var usage = TokenUsage()
    private var contentBytes = 0
    private var hasElements = false

    init(_ answer: AnswerContext) {
        self.answer = answer
        isChoice = GeminiChoice.isAsked(in: answer.request)
    }

    mutating func encode(_ event: ModelEvent, into output: inout ByteBuffer) {
        switch event {
        case .start(let id, let model): (self.id, self.model) = (id, model)
        case .usage(let report): usage.merge(report)
        case .partStart(let index, let kind): start(kind, of: index, into: &output)
        case .text(let index, let text):
            contentBytes &+= text.utf8Count
            if isChoice {
                collect(text, of: index)
            } else {
                write(text, isThought: false, of: index, into: &output)
            }
        case .reasoning(let index, let text):
            contentBytes &+= text.utf8Count
            write(text, isThought: true, of: index, into: &output)
        case .reasoningBreak(let index): write("\n\n", isThought: true, of: index, into: &output)
        case .toolArguments(let index, let text):
            contentBytes &+= text.utf8Count
            collect(text, of: index)
        case .state(let index, let state):
            let isThought = withCandidate(index) { $0.isThought }
            write(of: index, into: &output) { parts, writer in
                if isThought {
                    parts.write(thought: "", state: state, into: &writer)
                } else {
                    parts.write(text: "", state: state, into: &writer)
                }
            }
        case .citation(let index, let citation): withCandidate(index) { $0.parts.cite([citation]) }
        case .logprobs(let index, let logprobs):
            element(of: index, into: &output) { writer in
                writer.object { $0.member("text", "") }
            } members: { writer in
                GeminiAnnotations.write(logprobs: logprobs, into: &writer)
            }
        case .partEnd(let index): end(partOf: index, into: &output)
        case .finish(let index, let reason): withCandidate(index) { $0.finishReason = reason }
        case .end: end(into: &output)
        }
    }

    mutating func encodeFailure(_ error: GatewayError, into output: inout ByteBuffer) -> Bool {
        guard !answer.wantsServerSentEvents else { return false }
        beginElement(&output)
        output.writeImmutableBuffer(Gemini().encodeError(error, requestID: answer.identity.requestID))
        output.writeStaticString("]")
        return true
    }

    // MARK: Parts

    private mutating func start(_ kind: ModelEvent.PartKind, of index: Int, into output: inout ByteBuffer) {
        withCandidate(index) { candidate in
            candidate.wasSeen = true
            candidate.isThought = false
            candidate.collected = ""
            candidate.isTooLong = false
        }
        switch kind {
        case .text, .refusal: break
        case .reasoning: withCandidate(index) { $0.isThought = true }
        case .media(let media): write(of: index, into: &output) { $0.write(media, into: &$1) }
        case .toolCall(let call, let state): withCandidate(index) { $0.call = (call, state) }
        }
    }

    private mutating func collect(_ text: JSONString, of index: Int) {
        withCandidate(index) { candidate in
            let text = text.string
            candidate.isTooLong =
                candidate.isTooLong || candidate.collected.utf8.count + text.utf8.count > Self.maximumArguments
            if !candidate.isTooLong { candidate.collected += text }
        }
    }

    private mutating func end(partOf index: Int, into output: inout ByteBuffer) {
        let (call, collected, isTooLong) = withCandidate(index) { candidate in
            defer {
                candidate.call = nil
                candidate.collected = ""
                candidate.isThought = false
            }
            return (candidate.call, candidate.collected, candidate.isTooLong)
        }
        if let call {
            write(of: index, into: &output) { parts, writer in
                if isTooLong {
                    parts.noteMalformed(call.0)
                } else {
                    parts.write(call.0, arguments: collected, state: call.state, into: &writer)
                }
            }
        } else if !collected.isEmpty {
            let word = GeminiChoice.word(in: collected) ?? JSONString(collected)
            write(of: index, into: &output) { $0.write(text: word, into: &$1) }
        }
    }

    /// Writes an element with a piece of a text or a thought, which is most of a stream, without a buffer in between.
    private mutating func write(
        _ text: JSONString,
        isThought: Bool,
        of index: Int,
        into output: inout ByteBuffer
    ) {
        guard !text.isEmpty else { return }
        withCandidate(index) { $0.parts.note(text, isThought: isThought) }
        if suffix.readableBytes == 0 { makeSuffix() }
        beginElement(&output)
        output.writeStaticString(#"{"candidates":[{"content":{"parts":[{"text":""#)
        output.writeJSONText(text)
        output.writeStaticString(isThought ? #"","thought":true}"# : #""}"#)
        output.writeStaticString(#"],"role":"model"},"index":"#)
        output.writeDecimal(index)
        output.writeStaticString("}")
        output.writeImmutableBuffer(suffix)
        endElement(&output)
    }

    /// Writes an element with the parts that `body` writes; none if it writes none.
    private mutating func write(
        of index: Int,
        into output: inout ByteBuffer,
        _ body: (inout GeminiAnswerParts, inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter(capacity: 256)
        withCandidate(index) { body(&$0.parts, &writer) }
        guard writer.buffer.readableBytes > 0 else { return }
        element(of: index, into: &output) {
            $0.raw(writer.buffer)
        } members: { _ in
        }
    }

    // MARK: Elements

    /// Writes an element of one candidate.
    private mutating func element(
        of index: Int,
        into output: inout ByteBuffer,
        parts: (inout JSONWriter) -> Void,
        members: (inout JSONWriter) -> Void
    ) {
        if suffix.readableBytes == 0 { makeSuffix() }
        beginElement(&output)
        output.writeStaticString(#"{"candidates":["#)
        output.writeJSON { writer in
            writer.beginObject()
            Self.writeContent(into: &writer, parts: parts)
            writer.member("index", index)
            members(&writer)
            writer.endObject()
        }
        output.writeImmutableBuffer(suffix)
        endElement(&output)
    }

    private static func writeContent(into writer: inout JSONWriter, parts: (inout JSONWriter) -> Void) {
        writer.beginMember("content")
        writer.key("parts")
        writer.beginArray()
        parts(&writer)
        writer.endArray()
        writer.member("role", "model")
        writer.endObject()
    }

    private mutating func makeSuffix() {
        var writer = JSONWriter(into: ByteBuffer(staticString: "],"))
        Gemini.writeIdentity(id: id, model: model, for: answer, into: &writer)
        suffix = writer.buffer
        suffix.writeStaticString("}")
    }

    private mutating func beginElement(_ output: inout ByteBuffer) {
        if answer.wantsServerSentEvents {
            output.writeStaticString("data: ")
        } else {
            output.writeStaticString(hasElements ? ",\r\n" : "[")
        }
        hasElements = true
    }

    private func endElement(_ output: inout ByteBuffer) {
        if answer.wantsServerSentEvents { output.writeStaticString("\r\n\r\n") }
    }

    /// Writes the last element.
    private mutating func end(into output: inout ByteBuffer) {
        beginElement(&output)
        let isBlocked = candidates.allSatisfy { $0.parts.isEmpty && $0.finishReason == .contentFilter }
        output.writeJSON { writer in
            writer.beginObject()
            if isBlocked, !candidates.isEmpty {
                Gemini.writeBlocked(into: &writer)
            } else {
                writer.key("candidates")
                writer.beginArray()
                for (index, candidate) in candidates.enumerated() {
                    writer.beginObject()
                    Self.writeContent(into: &writer) { writer in writer.object { $0.member("text", "") } }
                    candidate.parts.writeFinish(candidate.finishReason, into: &writer)
                    writer.member("index", index)
                    GeminiAnnotations.write(candidate.parts.citations, in: candidate.parts.offsets, into: &writer)
                    writer.endObject()
                }
                writer.endArray()
            }
            writer.key("usageMetadata")
            Gemini.write(finalUsage, into: &writer)
            Gemini.writeIdentity(id: id, model: model, for: answer, into: &writer)
            writer.endObject()
        }
        endElement(&output)
        if !answer.wantsServerSentEvents { output.writeStaticString("]") }
    }

    /// The exact figures, as far as the upstream has told them.
    private var finalUsage: TokenUsage {
        var usage = usage
        if usage.uncachedInput == nil { usage.uncachedInput = answer.estimatedInput }
        if usage.output == nil { usage.output = TokenUsage.estimate(textBytes: contentBytes) }
        return usage
    }

    private mutating func withCandidate<Result>(_ index: Int, _ body: (inout Candidate) -> Result) -> Result {
        while candidates.count <= index { candidates.append(Candidate()) }
        return body(&candidates[index])
    }
}
