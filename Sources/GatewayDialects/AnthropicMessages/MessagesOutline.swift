// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension AnthropicMessages {
    package func makeOutline() -> any AnswerOutline { MessagesOutline() }
}

/// The pieces of a Messages answer: of the events of a stream, or of a message.
struct MessagesOutline: AnswerOutline {
    private var blocks = Numbering<Int>()
    /// The number of the block that is open in the client's stream.
    private var open: Int?
    private var writtenBytes = 0

    private enum Event { case start, delta, stop, messageDelta, messageStop, error, message }

    private static let events: KeyTable<Event> = [
        "content_block_start": .start, "content_block_delta": .delta, "content_block_stop": .stop,
        "message_delta": .messageDelta, "message_stop": .messageStop, "error": .error, "message": .message,
    ]

    mutating func read(_ value: JSONValue) -> OutlinedEvent.Outline {
        var found = OutlinedEvent.Outline()
        switch value["type"]?.text.flatMap({ Self.events[$0] }) {
        case .start:
            guard let block = value["content_block"], let index = value["index"]?.int else { break }
            let part = blocks.number(of: index)
            read(block: block, part: part, at: value["index"], element: nil, into: &found)
        case .delta:
            guard let delta = value["delta"], let index = value["index"]?.int else { break }
            let part = blocks.number(of: index)
            found.pieces.append(piece(of: delta, part: part, at: value["index"]))
        case .stop:
            guard let index = value["index"]?.int else { break }
            var piece = AnswerPiece(.partEnd, part: blocks.number(of: index))
            piece.place = value["index"]
            found.pieces.append(piece)
        case .messageDelta:
            addFinish(value["delta"]?["stop_reason"], into: &found)
            if value["usage"]?.object != nil { found.pieces.append(AnswerPiece(.usage)) }
        case .messageStop: found.pieces.append(AnswerPiece(.end))
        case .error: found.pieces.append(AnswerPiece(.error))
        case .message: read(message: value, into: &found)
        case nil: break
        }
        return found
    }

    private mutating func read(message: JSONValue, into found: inout OutlinedEvent.Outline) {
        if let content = message["content"], let array = content.array {
            found.lists.append(OutlinedEvent.List(content, whenEmpty: "[]"))
            for (index, block) in array.enumerated() {
                let element = AnswerPiece.Element(list: 0, index: index)
                // Before the call, which holds the outline as it is: within it all numbers would be copied for each block.
                let part = blocks.number(of: index)
                read(block: block, part: part, at: nil, element: element, into: &found)
            }
        }
        addFinish(message["stop_reason"], into: &found)
        if message["usage"]?.object != nil { found.pieces.append(AnswerPiece(.usage)) }
    }

    private func addFinish(_ reason: JSONValue?, into found: inout OutlinedEvent.Outline) {
        guard let reason, reason.text?.isEmpty == false else { return }
        var piece = AnswerPiece(.finish, value: reason)
        piece.blanks = [AnswerPiece.Blank(range: reason.range, text: "null")]
        found.pieces.append(piece)
    }

    /// Reads a block: as it begins in a stream, or as it stands in a message.
    private func read(
        block: JSONValue,
        part: Int,
        at place: JSONValue?,
        element: AnswerPiece.Element?,
        into found: inout OutlinedEvent.Outline
    ) {
        let type = block["type"]?.text ?? ""
        let isCall = type == "tool_use" || type == "server_tool_use" || type == "mcp_tool_use"
        // In a message a text is a piece by itself: nothing of it comes later.
        var opening = AnswerPiece(isCall ? .toolCall : .other, part: part)
        opening.opensPart = true
        opening.toolName = isCall ? block["name"]?.text : nil
        (opening.place, opening.element) = (place, element)
        let kind: AnswerStep.Kind = isCall ? .toolArguments : type == "thinking" ? .reasoning : .text
        let content = isCall ? block["input"] : type == "thinking" ? block["thinking"] : block["text"]
        var inside: AnswerPiece?
        if let value = content, value.text?.isEmpty == false || value.object?.isEmpty == false {
            var piece = AnswerPiece(kind, part: part, value: value)
            (piece.place, piece.element) = (place, element)
            piece.blanks = [AnswerPiece.Blank(range: value.range, text: isCall ? "{}" : "\"\"")]
            inside = piece
        }
        if isCall || element == nil || inside == nil { found.pieces.append(opening) }
        if let inside { found.pieces.append(inside) }
    }

    private func piece(of delta: JSONValue, part: Int, at place: JSONValue?) -> AnswerPiece {
        var piece: AnswerPiece
        if let text = delta["text"], text.text != nil {
            piece = AnswerPiece(.text, part: part, value: text)
        } else if let text = delta["partial_json"], text.text != nil {
            piece = AnswerPiece(.toolArguments, part: part, value: text)
        } else if let text = delta["thinking"], text.text != nil {
            piece = AnswerPiece(.reasoning, part: part, value: text)
        } else {
            piece = AnswerPiece(.other, part: part)
        }
        piece.place = place
        return piece
    }

    // MARK: The end

    func reasonWithoutCalls(_ reason: JSONString) -> StaticString? { reason == "tool_use" ? "end_turn" : nil }

    mutating func wrote(_ piece: AnswerPiece, text: JSONString?, position: Int?) {
        writtenBytes += text?.utf8Count ?? 0
        if piece.opensPart { open = position }
        if piece.kind == .partEnd { open = nil }
    }

    func edits(
        ending body: JSONValue,
        _ event: OutlinedEvent.Outline,
        _ reason: FinishReason
    ) -> [JSONSplice.Edit] {
        let name = JSONString(AnthropicMessages.name(of: reason, hasToolCalls: false))
        return event.pieces.compactMap { $0.kind == .finish ? $0.edit(name) : nil }
    }

    mutating func ending(_ reason: FinishReason) -> [(name: StaticString?, data: ByteBuffer)] {
        var events: [(name: StaticString?, data: ByteBuffer)] = []
        if let open {
            let stop = JSONValue { writer in
                writer.object { writer in
                    writer.member("type", "content_block_stop")
                    writer.member("index", open)
                }
            }
            events.append(("content_block_stop", stop.bytes))
        }
        let output = TokenUsage.estimate(textBytes: writtenBytes)
        let delta = JSONValue { writer in
            writer.object { writer in
                writer.member("type", "message_delta")
                writer.key("delta")
                writer.object { AnthropicMessages.writeStop(reason, hasToolCalls: false, into: &$0) }
                writer.key("usage")
                writer.object { $0.member("output_tokens", output) }
            }
        }
        events.append(("message_delta", delta.bytes))
        events.append(("message_stop", ByteBuffer(staticString: #"{"type":"message_stop"}"#)))
        return events
    }
}
