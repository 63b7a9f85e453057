// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

extension OpenAIResponses {
    package func makeStreamDecoder(for answer: AnswerContext) -> any StreamDecoder { ResponsesStreamDecoder(answer) }

    package func decodeResponse(
        _ body: JSONValue,
        for answer: AnswerContext
    ) throws(GatewayError) -> ModelResponse {
        let status = body["status"]?.text
        if let error = body["error"], error.object != nil || status.map({ $0 == "failed" }) ?? false {
            throw Self.failure(body)
        }
        guard let output = body["output"]?.array else { throw .unreadableAnswer("the response has no output") }
        if let status, status != "completed", status != "incomplete" {
            throw .unreadableAnswer("the response has the status '\(status.string.prefix(32))'")
        }
        var ids = CallIDs(responseID: body["id"]?.text, answer)
        var parts: [Message.Part] = []
        var logprobs: [JSONValue] = []
        for item in output {
            for (part, probabilities) in Self.parts(of: item, answer.origin, ids: &ids) {
                parts.append(part)
                if let probabilities, probabilities.array?.isEmpty == false { logprobs.append(probabilities) }
            }
        }
        let hasCalls = parts.contains { $0.toolCall != nil }
        let candidate = ModelResponse.Candidate(
            parts: parts,
            finishReason: Self.finishReason(of: body, hasCalls: hasCalls),
            logprobs: logprobs.count < 2 ? logprobs.first : JSONValue { $0.joined(logprobs) }
        )
        var response = ModelResponse(
            id: body["id"]?.text,
            model: body["model"]?.text,
            candidates: [candidate],
            usage: body["usage"].flatMap { $0.object == nil ? nil : Self.usage($0) } ?? TokenUsage()
        )
        response.serviceTier = body["service_tier"]?.string
        return response
    }

    /// Why an answer ended, from its status; one with calls waits for their results (stream-12).
    static func finishReason(of response: JSONValue, hasCalls: Bool) -> FinishReason {
        guard response["status"]?.text.map({ $0 == "incomplete" }) ?? false else {
            return hasCalls ? .toolCalls : .stop
        }
        guard let reason = response["incomplete_details"]?["reason"]?.text else { return .other("incomplete") }
        if reason == "max_output_tokens" { return .length }
        if reason == "content_filter" { return .contentFilter }
        return .other(reason.string)
    }

    /// The parts that an output item means, a text's log probabilities beside it; none for items of tools that the vendor ran.
    static func parts(
        of item: JSONValue,
        _ origin: StateOrigin,
        ids: inout CallIDs
    ) -> [(part: Message.Part, logprobs: JSONValue?)] {
        guard let type = item["type"]?.text else { return [] }
        if type == "message" {
            return item["content"]?.array?.compactMap(content) ?? []
        } else if type == "reasoning" {
            return reasoning(item, origin).map { [($0, nil)] } ?? []
        } else if type == "image_generation_call" {
            return image(item).map { [(Message.Part(.media($0)), nil)] } ?? []
        }
        guard var call = call(item, ids: &ids) else { return [] }
        if let arguments = (item["arguments"] ?? item["input"])?.text { call.arguments = .text(arguments) }
        return [(.toolCall(call), nil)]
    }

    /// What a part of a message says, and its log probabilities; nil for one without text.
    static func content(_ part: JSONValue) -> (Message.Part, JSONValue?)? {
        let type = part["type"]?.text
        if type == "output_text", let text = part["text"]?.text, !text.isEmpty {
            var decoded = Message.Part.text(text)
            decoded.citations = part["annotations"]?.array?.compactMap(ResponsesContent.citation) ?? []
            return (decoded, part["logprobs"])
        }
        if type == "refusal", let text = part["refusal"]?.text, !text.isEmpty {
            return (Message.Part(.refusal(text)), nil)
        }
        return nil
    }

    private static func reasoning(_ item: JSONValue, _ origin: StateOrigin) -> Message.Part? {
        let summary = item["summary"]?.array?.compactMap { $0["text"]?.text } ?? []
        let content = item["content"]?.array?.compactMap { $0["text"]?.text } ?? []
        let state = state(of: item, origin)
        guard !summary.isEmpty || !content.isEmpty || state != nil else { return nil }
        let reasoning = Message.Reasoning(
            texts: summary.isEmpty ? content : summary,
            isSummary: content.isEmpty || !summary.isEmpty
        )
        return Message.Part(.reasoning(reasoning), state: state)
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

extension JSONWriter {
    /// Writes the elements of several arrays as one.
    fileprivate mutating func joined(_ arrays: [JSONValue]) {
        beginArray()
        for array in arrays { for element in array.array.map(Array.init) ?? [] { value(element) } }
        endArray()
    }
}
