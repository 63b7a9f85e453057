// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Writes the parts of one candidate for clients of this format, whole answers and streams alike, and remembers what belongs to the candidate as a whole.
struct GeminiAnswerParts {
    /// Whether nothing was written yet.
    private(set) var isEmpty = true
    private(set) var offsets = GeminiTextOffsets()
    private(set) var citations: [Citation] = []
    /// What was wrong with a call that could not be written.
    private var malformedCall: String?
    private var hasCall = false
    /// The last thought's state, which the call that follows carries as well: clients such as Gemini CLI leave thoughts out of what they send back.
    private var thoughtState: OpaqueState?

    private static let maximumCitations = 4_096

    /// Writes a part of a complete answer as elements of the open array.
    mutating func write(_ part: Message.Part, isChoice: Bool, into writer: inout JSONWriter) {
        switch part.content {
        case .text(let text), .refusal(let text):
            let word = isChoice ? GeminiChoice.word(in: text.string) : nil
            write(text: word ?? text, state: part.state, into: &writer)
            cite(part.citations)
        case .reasoning(let reasoning):
            let texts = reasoning.texts.filter { !$0.isEmpty }
            let text = texts.count == 1 ? texts[0] : JSONString(texts.map(\.string).joined(separator: "\n\n"))
            write(thought: text, state: part.state, into: &writer)
        case .media(let media): write(media, state: part.state, into: &writer)
        case .toolCall(let call):
            switch call.arguments {
            case .object(let object): write(call, arguments: object, state: part.state, into: &writer)
            case .text(let text): write(call, arguments: text.string, state: part.state, into: &writer)
            }
        case .toolResult: break
        }
    }

    /// Notes a piece that is written elsewhere.
    mutating func note(_ text: JSONString, isThought: Bool) {
        isEmpty = false
        if !isThought { offsets.append(text) }
    }

    mutating func write(text: JSONString, state: OpaqueState? = nil, into writer: inout JSONWriter) {
        guard !text.isEmpty || state != nil else { return }
        offsets.append(text)
        begin(&writer)
        writer.member("text", text)
        end(state, &writer)
    }

    mutating func write(thought: JSONString, state: OpaqueState? = nil, into writer: inout JSONWriter) {
        guard !thought.isEmpty || state != nil else { return }
        begin(&writer)
        writer.member("text", thought)
        writer.member("thought", true)
        end(state, &writer)
        if let state { thoughtState = state.kind == .encrypted || state.kind == .redacted ? state : nil }
    }

    mutating func write(_ media: Media, state: OpaqueState? = nil, into writer: inout JSONWriter) {
        switch media.source {
        case .base64(let mediaType, let data):
            begin(&writer)
            writer.beginMember("inlineData")
            writer.member("mimeType", mediaType)
            writer.member("data", data)
            writer.endObject()
        case .url(let url, let mediaType):
            begin(&writer)
            writer.beginMember("fileData")
            if let mediaType { writer.member("mimeType", mediaType) }
            writer.member("fileUri", url)
            writer.endObject()
        case .text, .file: return write(text: media.words, state: state, into: &writer)
        }
        end(state, &writer)
    }

    /// Writes a call whose arguments are a text, which must contain an object: this format has no place for anything else.
    mutating func write(
        _ call: Message.ToolCall,
        arguments: String,
        state: OpaqueState?,
        into writer: inout JSONWriter
    ) {
        if arguments.utf8.allSatisfy({ $0 <= 0x20 }) {
            return write(call, arguments: JSONValue { $0.raw("{}") }, state: state, into: &writer)
        }
        guard let value = try? JSONValue(answer: ByteBuffer(string: arguments)), value.object != nil else {
            return noteMalformed(call)
        }
        write(call, arguments: value, state: state, into: &writer)
    }

    /// Notes a call that cannot be written, for the finish reason that the vendor has for such answers.
    mutating func noteMalformed(_ call: Message.ToolCall) {
        malformedCall = "The arguments of a call of '\(call.name.string.prefix(128))' are not a JSON object."
    }

    private mutating func write(
        _ call: Message.ToolCall,
        arguments: JSONValue,
        state: OpaqueState?,
        into writer: inout JSONWriter
    ) {
        begin(&writer)
        writer.beginMember("functionCall")
        writer.member("id", call.id)
        writer.member("name", call.name)
        // Models break lines within arguments; an event of a stream is one line.
        writer.member("args", arguments.onOneLine)
        writer.endObject()
        if let state = state ?? thoughtState {
            end(state, &writer)
        } else {
            // The conversation may go on with one of the vendor's own models, which refuse a turn whose first call has none.
            if !hasCall { writer.member("thoughtSignature", GeminiSignature.standIn) }
            writer.endObject()
        }
        hasCall = true
    }

    private mutating func begin(_ writer: inout JSONWriter) {
        isEmpty = false
        writer.beginObject()
    }

    private func end(_ state: OpaqueState?, _ writer: inout JSONWriter) {
        if let state { writer.member("thoughtSignature", GeminiSignature.text(of: state)) }
        writer.endObject()
    }

    mutating func cite(_ sources: [Citation]) {
        citations += sources.prefix(Self.maximumCitations - citations.count)
    }

    /// Writes the member `finishReason` of the candidate.
    func writeFinish(_ reason: FinishReason?, into writer: inout JSONWriter) {
        guard let malformedCall else { return writer.member("finishReason", Gemini.name(of: reason)) }
        writer.member("finishReason", "MALFORMED_FUNCTION_CALL")
        writer.member("finishMessage", malformedCall)
    }
}
