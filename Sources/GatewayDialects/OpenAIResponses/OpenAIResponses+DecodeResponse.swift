// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension OpenAIResponses {
    package func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder { ResponsesStreamDecoder(answer) }

    /// Why an answer ended, from its status; one with calls waits for their results (stream-12).
    static func finishReason(of response: JSONValue, hasCalls: Bool) -> FinishReason {
        let status = response["status"]?.text
        // An event that ends the response may still have the status of the first.
        if status.map({ $0 == "completed" || $0 == "in_progress" || $0 == "queued" }) ?? true {
            return hasCalls ? .toolCalls : .stop
        }
        if let status, status != "incomplete" { return .other(status.string) }
        guard let reason = response["incomplete_details"]?["reason"]?.text else { return .other("incomplete") }
        if reason == "max_output_tokens" { return .length }
        if reason == "content_filter" { return .contentFilter }
        return .other(reason.string)
    }

    /// The encrypted thought of a reasoning item.
    static func state(of item: JSONValue, _ origin: StateOrigin) -> OpaqueState? {
        guard let data = item["encrypted_content"]?.text, !data.isEmpty, !(data == OpaqueState.unsignedText) else {
            return nil
        }
        return OpaqueState(.encrypted, data, from: origin, itemID: item["id"]?.text)
    }

    /// The picture that the vendor's tool made.
    static func image(_ item: JSONValue) -> Media? {
        guard let data = item["result"]?.text, !data.isEmpty else { return nil }
        let format = item["output_format"]?.string ?? "png"
        let isPlain = format.utf8.count <= 8 && format.utf8.allSatisfy { $0 &- UInt8(ascii: "a") < 26 }
        return Media(.image, .base64(mediaType: JSONString("image/\(isPlain ? format : "png")"), data: data))
    }

    /// The call of an item without its arguments; nil for an item that is none.
    static func call(_ item: JSONValue, ids: inout CallIDs) -> Message.ToolCall? {
        guard let type = item["type"]?.text else { return nil }
        if let tool = ClientRunTool.call(type) {
            let arguments = item[tool.action] ?? JSONValue { $0.raw("{}") }
            var call = Message.ToolCall(
                id: ids.next(item["call_id"]?.text),
                name: JSONString(tool.type),
                arguments: .object(arguments)
            )
            call.hostedType = JSONString(tool.type)
            call.itemID = item["id"]?.text
            return call
        }
        guard type == "function_call" || type == "custom_tool_call", let name = item["name"]?.text else { return nil }
        return Message.ToolCall(
            id: ids.next(item["call_id"]?.text),
            name: name,
            arguments: .text(""),
            isCustom: type == "custom_tool_call",
            namespace: item["namespace"]?.text,
            itemID: item["id"]?.text
        )
    }
}
