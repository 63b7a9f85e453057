// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// How an answer of the Responses API ends before its time.
extension ResponsesOutline {
    /// The reason as `incomplete_details` names it; nil for an answer that is complete.
    private static func incompleteReason(_ reason: FinishReason) -> StaticString? {
        switch reason {
        case .length, .other: "max_output_tokens"
        case .contentFilter, .refusal: "content_filter"
        case .stop, .stopSequence, .toolCalls, .pause: nil
        }
    }

    private static func write(details reason: StaticString?, into writer: inout JSONWriter) {
        guard let reason else { return writer.null() }
        writer.object { $0.member("reason", reason) }
    }

    func edits(
        ending body: JSONValue,
        _ event: OutlinedEvent.Outline,
        _ reason: FinishReason
    ) -> [JSONSplice.Edit] {
        let why = Self.incompleteReason(reason)
        var edits: [JSONSplice.Edit] = []
        if let status = body["status"] {
            let name: StaticString = why == nil ? "completed" : "incomplete"
            edits.append(JSONSplice.Edit(status.range, with: JSONValue { $0.string(name) }.bytes))
        }
        if let details = body["incomplete_details"] {
            edits.append(
                JSONSplice.Edit(details.range, with: JSONValue { Self.write(details: why, into: &$0) }.bytes)
            )
        }
        return edits
    }

    mutating func ending(_ reason: FinishReason) -> [(name: StaticString?, data: ByteBuffer)] {
        let why = Self.incompleteReason(reason)
        var writer = EndingWriter(sequence: sequence)
        var items = done
        if let open, let index = open.contentIndex { items.append(writer.end(open, contentIndex: index)) }
        let output = JSONValue { writer in
            writer.array { writer in
                for item in items { writer.raw(item) }
            }
        }
        let response = JSONValue { writer in
            writer.beginObject()
            if let object = created?.object {
                let gone: KeyTable<Void> = ["status": (), "incomplete_details": (), "output": ()]
                for (key, value) in object where gone[key] == nil {
                    writer.key(key)
                    writer.value(value.onOneLine)
                }
            }
            writer.member("status", why == nil ? "completed" as StaticString : "incomplete")
            writer.key("incomplete_details")
            Self.write(details: why, into: &writer)
            writer.member("output", output)
            writer.endObject()
        }
        writer.add(why == nil ? "response.completed" : "response.incomplete") { $0.member("response", response) }
        return writer.events
    }

    /// The events that end an answer.
    private struct EndingWriter {
        private(set) var events: [(name: StaticString?, data: ByteBuffer)] = []
        private var sequence: Int

        init(sequence: Int) {
            self.sequence = sequence
        }

        mutating func add(_ name: StaticString, _ members: (inout JSONWriter) -> Void) {
            // The upstream's own number may be the last there is.
            if sequence < .max { sequence += 1 }
            let event = JSONValue { writer in
                writer.beginObject()
                writer.member("type", name)
                writer.member("sequence_number", sequence)
                members(&writer)
                writer.endObject()
            }
            events.append((name, event.bytes))
        }

        /// Ends a message within its text.
        ///
        /// - Returns: The item.
        mutating func end(_ open: OpenItem, contentIndex: Int) -> ByteBuffer {
            let id = open.item["id"]?.text ?? ""
            let part = JSONValue { writer in
                writer.object { writer in
                    writer.member("type", "output_text")
                    writer.member("text", open.text)
                    writer.key("annotations")
                    writer.raw("[]")
                    writer.key("logprobs")
                    writer.raw("[]")
                }
            }
            let item = JSONValue { writer in
                writer.object { writer in
                    writer.member("id", id)
                    writer.member("type", "message")
                    writer.member("status", "incomplete")
                    writer.member("role", "assistant")
                    writer.key("content")
                    writer.array { $0.value(part) }
                }
            }
            add("response.output_text.done") { writer in
                writer.member("item_id", id)
                writer.member("output_index", open.position)
                writer.member("content_index", contentIndex)
                writer.member("text", open.text)
                writer.key("logprobs")
                writer.raw("[]")
            }
            add("response.content_part.done") { writer in
                writer.member("item_id", id)
                writer.member("output_index", open.position)
                writer.member("content_index", contentIndex)
                writer.member("part", part)
            }
            add("response.output_item.done") { writer in
                writer.member("output_index", open.position)
                writer.member("item", item)
            }
            return item.bytes
        }
    }
}
