// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension Message.ToolCall {
    /// The arguments as an object, for formats that want one.
    ///
    /// No text at all is an empty object.
    /// - Throws: ``GatewayError/Code/invalidRequest`` if the text is not a JSON object: sending anything else in its place would put words into the model's mouth.
    func argumentsObject() throws(GatewayError) -> JSONValue {
        switch arguments {
        case .object(let object):
            return object
        case .text(let text):
            let written = text.string
            if written.utf8.allSatisfy({ $0 <= 0x20 }) { return JSONValue { $0.raw("{}") } }
            guard let value = try? JSONValue(validating: ByteBuffer(string: written)), value.object != nil else {
                throw GatewayError(
                    .invalidRequest,
                    "The arguments of the tool call '\(id.string.prefix(128))' are not a JSON object.",
                    parameter: "messages"
                )
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
