// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

extension OpenAIResponses {
    /// One output item of the response.
    enum Item {
        case reasoning
        case message
        case call(Answer.ToolCall, position: Int)
    }

    static func items(of answer: Answer) -> [Item] {
        var items: [Item] = []
        if answer.reasoning.count > 0 { items.append(.reasoning) }
        if answer.text.count > 0 || answer.calls.isEmpty && answer.ending != .length { items.append(.message) }
        for (position, call) in answer.calls.enumerated() { items.append(.call(call, position: position)) }
        return items
    }

    static func id(of item: Item, _ simulation: Simulation) -> String {
        switch item {
        case .reasoning: ResponseReasoning.id(simulation)
        case .message: simulation.identity.hexID("msg_", 48)
        case .call(let call, let position):
            simulation.identity.hexID(call.tool.kind == .custom ? "ctc_" : "fc_", 48, index: position)
        }
    }

    /// Writes an item: with all of its content, or as it is when it has just been opened.
    static func writeItem(
        _ item: Item,
        isDone: Bool,
        _ answer: Answer,
        _ request: Request,
        _ simulation: Simulation,
        into writer: inout JSONWriter
    ) {
        writer.object { writer in
            writer.member("id", id(of: item, simulation))
            switch item {
            case .reasoning:
                writer.member("type", "reasoning")
                writer.member(
                    "summary",
                    array: { writer in
                        if isDone, request.showsSummary { writeSummary(answer.reasoning.kept, into: &writer) }
                    }
                )
                if request.includesEncryptedReasoning {
                    writer.key("encrypted_content")
                    writer.string(ResponseReasoning.encryptedContent(simulation, for: .openAIReasoning))
                }
            case .message:
                writer.member("type", "message")
                writer.member("status", itemStatus(isDone, answer))
                writer.member("role", "assistant")
                writer.member(
                    "content",
                    array: { writer in
                        if isDone { writePart(answer.text.kept, answer, request, into: &writer) }
                    }
                )
            case .call(let call, let position):
                writer.member("type", call.tool.kind == .custom ? "custom_tool_call" : "function_call")
                if call.tool.kind == .function { writer.member("status", isDone ? "completed" : "in_progress") }
                writer.member("call_id", OpenAIChat.callID(simulation, choice: 0, position))
                writer.member("name", call.tool.name)
                if let namespace = call.tool.namespace { writer.member("namespace", namespace) }
                writer.key(call.tool.kind == .custom ? "input" : "arguments")
                writer.string(isDone ? call.arguments.kept : "")
            }
        }
    }

    private static func itemStatus(_ isDone: Bool, _ answer: Answer) -> StaticString {
        if !isDone { return "in_progress" }
        return answer.ending == .length ? "incomplete" : "completed"
    }

    static func writeSummary(_ text: Substring, into writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", "summary_text")
            writer.key("text")
            writer.string(text)
        }
    }

    /// The one part of a message: text, or a refusal.
    static func writePart(_ text: Substring, _ answer: Answer, _ request: Request, into writer: inout JSONWriter) {
        writer.object { writer in
            if answer.ending == .refusal {
                writer.member("type", "refusal")
                writer.key("refusal")
                writer.string(text)
                return
            }
            writer.member("type", "output_text")
            writer.key("text")
            writer.string(text)
            writer.member("annotations", array: { _ in })
            writer.key("logprobs")
            let tokens = text.isEmpty ? [] : (0..<answer.text.count).map { answer.text[$0] }
            OpenAILogprobs.writeList(request.logprobs == nil ? [] : tokens, top: request.logprobs ?? 0, into: &writer)
        }
    }
}
