// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// The parts of a stream that are not plain text.
extension ChatStreamEncoder {
    private static var chunkEnd: StaticString { #"},"logprobs":null,"finish_reason":null}]"# }

    /// Opens a part.
    mutating func start(_ kind: ModelEvent.PartKind, candidate index: Int, into output: inout ByteBuffer) {
        switch kind {
        case .text: break
        case .refusal: withCandidate(index) { ($0.isRefusal, $0.hasRefused) = (true, true) }
        case .reasoning:
            withCandidate(index) { candidate in
                candidate.isReasoning = true
                candidate.hasThought = false
                candidate.thoughtBytes = 0
            }
        case .media(let media): write(media, candidate: index, into: &output)
        case .toolCall(let call, let state): startCall(call, state, candidate: index, into: &output)
        }
    }

    /// Ends the open part, with what was attached to it.
    mutating func endPart(candidate index: Int, into output: inout ByteBuffer) {
        // A call without arguments is one with an empty object; clients parse what they have collected.
        if withCandidate(index, { $0.awaitsArguments }) { write(arguments: "{}", candidate: index, into: &output) }
        let (state, isReasoning) = withCandidate(index) { candidate in
            defer {
                candidate.isRefusal = false
                candidate.isReasoning = false
                candidate.isCustomCall = false
                candidate.state = nil
            }
            return (candidate.state, candidate.isReasoning)
        }
        if isReasoning {
            endReasoning(state, candidate: index, into: &output)
        } else if let state {
            writeDelta("\"extra_content\":", candidate: index, into: &output) { writer in
                writer.object { writer in
                    writer.key("google")
                    writer.object { $0.member("thought_signature", state.wrapped) }
                }
            }
        }
    }

    // MARK: Reasoning

    mutating func reasoning(_ text: JSONString, candidate index: Int, into output: inout ByteBuffer) {
        guard !text.isEmpty else { return }
        contentBytes &+= text.utf8Count
        let isMLflow = isMLflow
        let needsSeparator = withCandidate(index) { candidate in
            defer {
                candidate.needsSeparator = false
                candidate.hasThought = true
                if !isMLflow { candidate.thoughtBytes &+= text.utf8Count }
            }
            return candidate.needsSeparator
        }
        beginChunk(candidate: index, &output)
        if isMLflow {
            beginDelta(
                candidate: index,
                #""content":[{"type":"reasoning","summary":[{"type":"summary_text","text":""#,
                orFirst:
                    #""role":"assistant","content":[{"type":"reasoning","summary":[{"type":"summary_text","text":""#,
                &output
            )
        } else {
            beginDelta(
                candidate: index,
                #""reasoning_content":""#,
                orFirst: #""role":"assistant","content":null,"reasoning_content":""#,
                &output
            )
        }
        if needsSeparator { output.writeStaticString(#"\n\n"#) }
        output.writeJSONText(text)
        output.writeStaticString(isMLflow ? #""}]}]"# : "\"")
        output.writeStaticString(Self.chunkEnd)
        endChunk(&output)
    }

    /// Ends reasoning: what is attached to it goes out with the last block of Databricks', for OpenAI's clients beside the text.
    private mutating func endReasoning(_ state: OpaqueState?, candidate index: Int, into output: inout ByteBuffer) {
        if isMLflow {
            guard let state else { return }
            let hasThought = withCandidate(index) { $0.hasThought }
            let part = Message.Part(.reasoning(Message.Reasoning(texts: [])), state: state)
            writeDelta("\"content\":", candidate: index, into: &output) { writer in
                writer.beginArray()
                ChatReasoning.writeBlock(
                    Message.Reasoning(texts: hasThought ? [""] : []),
                    part,
                    as: { JSONString($0.wrapped) },
                    into: &writer
                )
                writer.endArray()
            }
            return
        }
        var thoughts = withCandidate(index) { candidate in
            candidate.thoughts.add(bytes: candidate.thoughtBytes)
            candidate.thoughts.end(state)
            // What another part thought stands behind this.
            candidate.needsSeparator = candidate.hasThought || candidate.needsSeparator
            return candidate.thoughts
        }
        guard !thoughts.isEmpty else { return }
        writeDelta("\"extra_content\":", candidate: index, into: &output) { writer in
            writer.object { thoughts.write(into: &$0) }
        }
        withCandidate(index) { $0.thoughts = thoughts }
    }

    // MARK: Calls

    private mutating func startCall(
        _ call: Message.ToolCall,
        _ state: OpaqueState?,
        candidate index: Int,
        into output: inout ByteBuffer
    ) {
        let position = withCandidate(index) { candidate in
            defer { candidate.toolCalls += 1 }
            candidate.awaitsArguments = !call.isCustom
            candidate.isCustomCall = call.isCustom
            return candidate.toolCalls
        }
        if usesFunctions {
            // The older form has room for one.
            guard position == 0 else { return }
            writeDelta("\"function_call\":", candidate: index, into: &output) { writer in
                writer.object {
                    $0.member("name", call.name)
                    $0.member("arguments", "")
                }
            }
            return
        }
        beginChunk(candidate: index, &output)
        beginDelta(
            candidate: index,
            #""tool_calls":[{"index":"#,
            orFirst: #""role":"assistant","content":null,"tool_calls":[{"index":"#,
            &output
        )
        output.writeDecimal(position)
        output.writeStaticString(#","id":""#)
        output.writeJSONText(OpaqueState.id(call.id, carrying: state))
        output.writeStaticString(
            call.isCustom ? #"","type":"custom","custom":{"name":""# : #"","type":"function","function":{"name":""#
        )
        output.writeJSONText(call.name)
        output.writeStaticString(call.isCustom ? #"","input":""}"# : #"","arguments":""}"#)
        if let state {
            output.writeStaticString(#","extra_content":{"google":{"thought_signature":""#)
            output.writeJSONText(JSONString(state.wrapped))
            output.writeStaticString(#""}}"#)
        }
        output.writeStaticString(#"}]},"logprobs":null,"finish_reason":null}]"#)
        endChunk(&output)
    }

    mutating func write(arguments text: JSONString, candidate index: Int, into output: inout ByteBuffer) {
        contentBytes &+= text.utf8Count
        let (position, isCustom) = withCandidate(index) { candidate in
            candidate.awaitsArguments = false
            return (max(0, candidate.toolCalls - 1), candidate.isCustomCall)
        }
        if usesFunctions, position > 0 { return }
        beginChunk(candidate: index, &output)
        if usesFunctions {
            output.writeStaticString(#"{"function_call":{"arguments":""#)
            output.writeJSONText(text)
            output.writeStaticString(#""}},"logprobs":null,"finish_reason":null}]"#)
            return endChunk(&output)
        }
        output.writeStaticString(#"{"tool_calls":[{"index":"#)
        output.writeDecimal(position)
        output.writeStaticString(isCustom ? #","custom":{"input":""# : #","function":{"arguments":""#)
        output.writeJSONText(text)
        output.writeStaticString(#""}}]},"logprobs":null,"finish_reason":null}]"#)
        endChunk(&output)
    }

    // MARK: Media and log probabilities

    private mutating func write(_ media: Media, candidate index: Int, into output: inout ByteBuffer) {
        switch media.kind {
        case .image where isMLflow:
            writeDelta("\"content\":", candidate: index, into: &output) { writer in
                writer.array { ChatMessageWriter.writeImageBlock(media, into: &$0) }
            }
        case .image:
            let position = withCandidate(index) { candidate in
                defer { candidate.images += 1 }
                return candidate.images
            }
            writeDelta("\"images\":", candidate: index, into: &output) { writer in
                writer.array { ChatMessageWriter.write(media, index: position, into: &$0) }
            }
        case .audio:
            guard case .base64(_, let data) = media.source else {
                return encode(.text(candidate: index, media.words), into: &output)
            }
            writeDelta("\"audio\":", candidate: index, into: &output) { writer in
                writer.object { writer in
                    if let id = media.name { writer.member("id", id) }
                    writer.member("data", data)
                }
            }
        case .video, .document: encode(.text(candidate: index, media.words), into: &output)
        }
    }

    mutating func write(logprobs: JSONValue, candidate index: Int, into output: inout ByteBuffer) {
        beginChunk(candidate: index, &output)
        output.writeStaticString(#"{},"logprobs":{"content":"#)
        output.writeImmutableBuffer(logprobs.onOneLine.bytes)
        output.writeStaticString(#","refusal":null},"finish_reason":null}]"#)
        endChunk(&output)
    }

    /// Writes a chunk whose delta has one member beside the role; `key` is its key with quotes and colon.
    private mutating func writeDelta(
        _ key: StaticString,
        candidate index: Int,
        into output: inout ByteBuffer,
        _ value: (inout JSONWriter) -> Void
    ) {
        beginChunk(candidate: index, &output)
        beginDelta(candidate: index, "", orFirst: #""role":"assistant","#, &output)
        output.writeStaticString(key)
        output.writeJSON(value)
        output.writeStaticString(Self.chunkEnd)
        endChunk(&output)
    }
}
