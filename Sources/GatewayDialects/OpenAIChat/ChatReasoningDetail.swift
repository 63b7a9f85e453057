// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// An element of OpenRouter's `reasoning_details`: a text with its signature, or an encrypted thought.
///
/// It must come back unchanged. The hub has the text; the rest of the object is the state's data, as JSON.
/// Shape: OpenRouter's guide on reasoning tokens (2026-11): `reasoning.text`, `reasoning.summary`, `reasoning.encrypted`.
struct ChatReasoningDetail {
    private let rest: JSONValue
    private let text: JSONString?

    /// The largest object that is kept.
    private static let maximumBytes = 1 << 20

    /// The detail that a part of a request stands for; nil if its state is of another make.
    init?(_ part: Message.Part, _ state: OpaqueState) {
        guard let value = try? JSONValue(validating: ByteBuffer(string: state.data.string)), value.object != nil else {
            return nil
        }
        rest = value
        let texts = part.reasoning?.texts ?? []
        text = texts.isEmpty ? nil : texts.count == 1 ? texts[0] : JSONString(texts.map(\.string).joined())
    }

    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        if let members = rest.object {
            for (key, value) in members {
                writer.copy(key, value)
            }
        }
        if let text {
            writer.key(rest["type"]?.text.map { $0 == "reasoning.summary" } == true ? "summary" : "text")
            writer.string(text)
        }
        writer.endObject()
    }

    /// The state that an element of an answer holds; nil if it is plain text.
    static func state(of detail: JSONValue, from origin: StateOrigin) -> OpaqueState? {
        guard detail["signature"]?.text != nil || detail["data"]?.text != nil, detail.range.count <= maximumBytes else {
            return nil
        }
        let rest = JSONValue { writer in
            writer.beginObject()
            if let members = detail.object {
                for (key, value) in members where key != "text" && key != "summary" {
                    writer.copy(key, value)
                }
            }
            writer.endObject()
        }
        return OpaqueState(.encrypted, JSONString(String(buffer: rest.bytes)), from: origin)
    }
}
