// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// A conversation as it was stored: the input of a request and the answer to it.
struct StoredConversation {
    private let input: JSONValue
    private let response: JSONValue

    /// - Throws: ``GatewayError/Code/internalFailure`` if what was stored is not JSON.
    init(_ exchange: StoredResponse.Exchange) throws(GatewayError) {
        do throws(JSONError) {
            input = try JSONValue(validating: exchange.input)
            response = try JSONValue(answer: exchange.response)
        } catch {
            throw GatewayError(
                .internalFailure,
                "The stored response cannot be read.",
                cause: "stored response is not JSON: \(error)"
            )
        }
    }

    /// The items of the input and then those of the answer.
    func forEachItem(_ body: (JSONValue) -> Void) {
        forEachInputItem(body)
        Self.forEachItem(of: response["output"], body)
    }

    func forEachInputItem(_ body: (JSONValue) -> Void) { Self.forEachItem(of: input, body) }

    var responseID: String { response["id"]?.string ?? "" }

    /// The items that a value of `input` or `output` stands for: a text is a message of the user.
    static func forEachItem(of value: JSONValue?, _ body: (JSONValue) -> Void) {
        if let items = value?.array {
            for item in items { body(item) }
        } else if let text = value?.text {
            body(
                JSONValue { writer in
                    writer.object { writer in
                        writer.member("type", "message")
                        writer.member("role", "user")
                        writer.key("content")
                        writer.array { $0.object { Self.write(text, into: &$0) } }
                    }
                }
            )
        }
    }

    private static func write(_ text: JSONString, into writer: inout JSONWriter) {
        writer.member("type", "input_text")
        writer.member("text", text)
    }

    /// Writes an item as a list of items has it: with an id, and with its content as an array.
    ///
    /// Vendors give ids to items; those that clients sent without one get one that stays the same.
    static func write(_ item: JSONValue, id: String, into writer: inout JSONWriter) {
        guard let members = item.object else { return writer.value(item) }
        let isAnswer = item["role"]?.text.map { $0 == "assistant" } ?? false
        writer.object { writer in
            if item["id"]?.text == nil { writer.member("id", id) }
            if item["type"] == nil { writer.member("type", "message") }
            for (key, value) in members {
                if key == "id", value.isNull { continue }
                writer.key(key)
                if key == "content", let text = value.text {
                    writer.array { writer in
                        writer.object { writer in
                            writer.member("type", isAnswer ? "output_text" : "input_text")
                            writer.member("text", text)
                            guard isAnswer else { return }
                            writer.key("annotations")
                            writer.array { _ in }
                        }
                    }
                } else {
                    writer.value(value)
                }
            }
        }
    }
}
