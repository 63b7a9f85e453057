// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Answers of the type `text/x.enum`: one bare word of a list.
///
/// Other vendors' models follow a schema whose root is an object, so the word stands in a member of one, and is taken out of it again for the client.
enum GeminiChoice {
    static let mimeType = "text/x.enum"

    /// The schema of an object that holds the word.
    static func schema(around schema: JSONValue) -> ModelRequest.ResponseFormat.Schema {
        let object = JSONValue { writer in
            writer.object { writer in
                writer.member("type", "object")
                writer.member("properties", object: { writer in writer.member("value", schema) })
                writer.member("required", array: { writer in writer.string("value") })
                writer.member("additionalProperties", false)
            }
        }
        return ModelRequest.ResponseFormat.Schema(name: "choice", schema: object)
    }

    /// The word in an answer's text; nil if the text is not such an object.
    static func word(in text: String) -> JSONString? {
        guard let value = try? JSONValue(validating: ByteBuffer(string: text), maximumDepth: 8) else { return nil }
        return value["value"]?.text ?? value.text
    }

    /// Whether a client asked for such an answer.
    static func isAsked(in body: JSONScan?) -> Bool {
        guard let config = body?.value.member("generationConfig", "generation_config") else { return false }
        return config.member("responseMimeType", "response_mime_type")?.text.map { $0 == mimeType } ?? false
    }
}
