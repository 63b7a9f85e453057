// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension ResponsesStreamEncoder {
    // MARK: Parts

    mutating func startPart(_ kind: ModelEvent.PartKind, into output: inout ByteBuffer) {
        start(id: nil, model: nil, into: &output)
        switch kind {
        case .text: startContent(.text, into: &output)
        case .refusal:
            hasRefused = true
            startContent(.refusal, into: &output)
        case .reasoning: startItem(.reasoning, id: nextID("rs", into: &output), into: &output)
        case .toolCall(var call, let state):
            call.id = OpaqueState.id(call.id, carrying: state)
            startCall(call, into: &output)
        case .media(let media): write(media, into: &output)
        }
    }

    /// Ends the open item, so that the id counts it.
    private mutating func nextID(_ prefix: StaticString, into output: inout ByteBuffer) -> JSONString {
        endItem(into: &output)
        return id(prefix)
    }

    private mutating func startContent(_ kind: ResponsesItem.Part.Kind, into output: inout ByteBuffer) {
        if case .message = item?.kind, textState == nil {
        } else {
            startItem(.message, id: nextID("msg", into: &output), into: &output)
        }
        open(kind, into: &output)
        part("response.content_part.added", "content_index", into: &output)
    }

    private mutating func open(_ kind: ResponsesItem.Part.Kind, into output: inout ByteBuffer) {
        item?.part = ResponsesItem.Part(kind)
        let name: StaticString =
            switch kind {
            case .text: "response.output_text.delta"
            case .refusal: "response.refusal.delta"
            case .summary: "response.reasoning_summary_text.delta"
            }
        makeDeltaPrefix(name, kind == .summary ? "summary_index" : "content_index")
    }

    mutating func endOfPart(into output: inout ByteBuffer) {
        switch item?.kind {
        case .message: endPart(into: &output)
        case .reasoning: endItem(into: &output)
        case .functionCall, .customToolCall, .clientRunCall: endCall(into: &output)
        case nil: break
        }
    }

    /// Ends the text that is open, if any.
    mutating func endPart(into output: inout ByteBuffer) {
        guard let open = item?.part else { return }
        let text = ResponsesItem.Part.string(open.text)
        switch open.kind {
        case .text:
            let logprobs = ResponsesItem.Part.array(open.logprobs)
            place("response.output_text.done", "content_index", into: &output) { writer in
                writer.key("text")
                writer.raw(text)
                writer.key("logprobs")
                writer.raw(logprobs)
            }
        case .refusal:
            place("response.refusal.done", "content_index", into: &output) { writer in
                writer.key("refusal")
                writer.raw(text)
            }
        case .summary:
            place("response.reasoning_summary_text.done", "summary_index", into: &output) { writer in
                writer.key("text")
                writer.raw(text)
            }
        }
        if open.kind == .summary {
            part("response.reasoning_summary_part.done", "summary_index", into: &output)
        } else {
            part("response.content_part.done", "content_index", into: &output)
        }
        item?.endPart()
    }

    // MARK: Pieces

    mutating func write(text: JSONString, into output: inout ByteBuffer) {
        guard !text.isEmpty, let kind = item?.part?.kind else { return }
        item?.part?.text.writeJSONText(text)
        if kind == .text, awaitsLogprobs {
            waiting = text
        } else {
            delta(
                text,
                kind == .text ? #"","logprobs":[],"sequence_number":"# : #"","sequence_number":"#,
                into: &output
            )
        }
    }

    mutating func write(logprobs: JSONValue, into output: inout ByteBuffer) {
        guard item?.part?.kind == .text, let elements = logprobs.array, !elements.isEmpty else {
            return flush(logprobs: nil, into: &output)
        }
        let logprobs = logprobs.onOneLine
        var inside = logprobs.bytes
        inside.moveReaderIndex(forwardBy: 1)
        inside.moveWriterIndex(to: inside.writerIndex - 1)
        if item?.part?.logprobs.readableBytes != 0 { item?.part?.logprobs.writeStaticString(",") }
        item?.part?.logprobs.writeImmutableBuffer(inside)
        flush(logprobs: logprobs, into: &output)
    }

    /// Writes the piece of text that waits.
    mutating func flush(logprobs: JSONValue?, into output: inout ByteBuffer) {
        guard let text = waiting else { return }
        waiting = nil
        guard writesEvents else { return }
        output.writeImmutableBuffer(deltaPrefix)
        output.writeJSONText(text)
        output.writeStaticString(#"","logprobs":"#)
        if let logprobs { output.writeImmutableBuffer(logprobs.bytes) } else { output.writeStaticString("[]") }
        output.writeStaticString(#","sequence_number":"#)
        endDelta(into: &output)
    }

    mutating func write(thought text: JSONString, into output: inout ByteBuffer) {
        guard !text.isEmpty, case .reasoning = item?.kind else { return }
        if item?.part == nil {
            open(.summary, into: &output)
            part("response.reasoning_summary_part.added", "summary_index", into: &output)
        }
        item?.part?.text.writeJSONText(text)
        delta(text, #"","sequence_number":"#, into: &output)
    }

    mutating func keep(_ state: OpaqueState) {
        if case .reasoning = item?.kind { item?.state = state } else { textState = state }
    }

    mutating func write(_ citation: Citation, into output: inout ByteBuffer) {
        guard item?.part?.kind == .text else { return }
        let end = item?.part?.countCharacters() ?? 0
        let annotation = JSONValue { ResponsesContent.write(citation, end: end, into: &$0) }
        let count = item?.part?.annotationCount ?? 0
        place("response.output_text.annotation.added", "content_index", into: &output) { writer in
            writer.member("annotation_index", count)
            writer.member("annotation", annotation)
        }
        if count > 0 { item?.part?.annotations.writeStaticString(",") }
        item?.part?.annotations.writeImmutableBuffer(annotation.bytes)
        item?.part?.annotationCount += 1
    }

    // MARK: Calls and pictures

    private mutating func startCall(_ call: Message.ToolCall, into output: inout ByteBuffer) {
        if let tool = call.hostedType.flatMap(ClientRunTool.type) {
            let id = nextID("lsh", into: &output)
            return startItem(.clientRunCall(tool, call), id: call.itemID ?? id, into: &output)
        }
        let id = nextID(call.isCustom ? "ctc" : "fc", into: &output)
        startItem(call.isCustom ? .customToolCall(call) : .functionCall(call), id: call.itemID ?? id, into: &output)
        makeDeltaPrefix(
            call.isCustom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta",
            nil
        )
    }

    mutating func write(arguments text: JSONString, into output: inout ByteBuffer) {
        guard !text.isEmpty else { return }
        switch item?.kind {
        case .functionCall, .customToolCall:
            item?.arguments.writeJSONText(text)
            delta(text, #"","sequence_number":"#, into: &output)
        case .clientRunCall: item?.arguments.writeJSONText(text)
        case .message, .reasoning, nil: break
        }
    }

    private mutating func endCall(into output: inout ByteBuffer) {
        switch item?.kind {
        case .functionCall:
            // A call without arguments is one with an empty object; clients parse what they have collected.
            if item?.arguments.readableBytes == 0 { write(arguments: "{}", into: &output) }
            let text = ResponsesItem.Part.string(item?.arguments ?? ByteBuffer())
            place("response.function_call_arguments.done", nil, into: &output) { writer in
                writer.key("arguments")
                writer.raw(text)
            }
        case .customToolCall:
            let text = ResponsesItem.Part.string(item?.arguments ?? ByteBuffer())
            place("response.custom_tool_call_input.done", nil, into: &output) { writer in
                writer.key("input")
                writer.raw(text)
            }
        case .clientRunCall, .message, .reasoning, nil: break
        }
        endItem(into: &output)
    }

    /// A picture is what OpenAI's own tool for pictures gives; other media have no item, so words stand for them.
    mutating func write(_ media: Media, into output: inout ByteBuffer) {
        guard media.kind == .image, case .base64(let type, let data) = media.source else {
            startContent(.text, into: &output)
            return write(text: media.words, into: &output)
        }
        let id = nextID("ig", into: &output)
        var writer = JSONWriter(capacity: data.utf8Count + 256)
        writer.beginObject()
        writer.member("id", id)
        writer.member("type", "image_generation_call")
        writer.member("status", "completed")
        if type.hasPrefix("image/") { writer.member("output_format", type.dropping(bytes: 6)) }
        writer.member("result", data)
        writer.endObject()
        append(writer.buffer, isNew: true, into: &output)
    }
}
