// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension Message.ToolCall {
    /// The arguments as an object, for formats that want one.
    ///
    /// No text at all is an empty object. Text that is no JSON object, because the model broke it or its answer was cut, stands whole in the field that the
    /// vendor's guide to fine-grained tool streaming names for it (Anthropic, 2026-11): a history is never refused for what a model said in it (tools-17).
    var argumentsObject: JSONValue {
        switch arguments {
        case .object(let object):
            return object
        case .text(let text):
            let written = text.string
            if written.utf8.allSatisfy({ $0 <= 0x20 }) { return JSONValue { $0.raw("{}") } }
            guard let value = try? JSONValue(validating: ByteBuffer(string: written)), value.object != nil else {
                return JSONValue { writer in writer.object { $0.member("INVALID_JSON", text) } }
            }
            return value
        }
    }
}

extension Message.ToolResult {
    /// The texts of the result as one.
    var text: JSONString {
        var texts: [JSONString] = []
        for part in parts { if let text = part.text { texts.append(text) } }
        if texts.count == 1 { return texts[0] }
        return JSONString(texts.map(\.string).joined())
    }
}
