// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The messages of a request as formats want them that alternate between user and assistant and keep the system's words apart.
///
/// - Neighbours of one role become one turn (tools-01); no result of a tool is ever merged with another (tools-02).
/// - In a user's turn the results of tools come first, in the order of the calls, then everything else (tools-03).
/// - System messages are gathered in front, wherever they stood. That is noted where it moves one.
/// - Empty texts, which vendors refuse, are left out, and so are turns in which nothing else stands.
struct Conversation {
    struct Turn {
        var isAssistant: Bool
        var parts: [Message.Part] = []
    }

    private(set) var system: [Message.Part] = []
    private(set) var turns: [Turn] = []
    /// The names of the tools that were called, by the ids of the calls.
    private(set) var toolNames: [JSONString: JSONString] = [:]

    /// The places of the calls of the latest assistant's turn, by their ids.
    private var callOrder: [JSONString: Int] = [:]

    /// - Parameters:
    ///   - messages: The messages in order.
    ///   - dropped: Takes what is left out.
    ///   - prepare: Changes what an assistant said before it becomes part of a turn, or leaves pieces of it out; a turn in which nothing is left vanishes.
    init(
        _ messages: [Message],
        dropped: inout DroppedMembers,
        preparingAnswers prepare: (inout [Message.Part], inout DroppedMembers) -> Void = { _, _ in }
    ) {
        turns.reserveCapacity(messages.count)
        for message in messages {
            if message.name != nil { dropped.note("messages[].name") }
            switch message.role {
            case .system:
                if !turns.isEmpty, !message.parts.isEmpty { dropped.note("position of later system messages") }
                for part in message.parts where part.text?.isEmpty == false { system.append(part) }
            case .user: append(message.parts, isAssistant: false)
            case .assistant:
                var parts = message.parts
                prepare(&parts, &dropped)
                append(parts, isAssistant: true)
            }
        }
        orderResults()
    }

    private mutating func append(_ parts: [Message.Part], isAssistant: Bool) {
        for part in parts {
            if let text = part.text, text.isEmpty, part.state == nil { continue }
            if turns.last?.isAssistant != isAssistant {
                if isAssistant {
                    orderResults()
                    // Room for many calls of an early turn is not cleared again at each later one.
                    if !callOrder.isEmpty { callOrder = [:] }
                }
                turns.append(Turn(isAssistant: isAssistant))
            }
            turns[turns.count - 1].parts.append(part)
            if let call = part.toolCall {
                if callOrder[call.id] == nil { callOrder[call.id] = callOrder.count }
                toolNames[call.id] = call.name
            }
        }
    }

    /// Puts a turn of the user in front where the assistant's comes first, as it does in histories that open with a greeting (tools-18).
    ///
    /// Anthropic and Bedrock refuse such a conversation. The turn says next to nothing, since nobody said anything.
    mutating func beginWithUser(dropped: inout DroppedMembers) {
        guard turns.first?.isAssistant == true else { return }
        turns.insert(Turn(isAssistant: false, parts: [.text(".")]), at: 0)
        dropped.note("an assistant message as the first: a user message '.' was put before it")
    }

    /// Brings the results of the last turn to its front, in the order of the calls that they answer.
    private mutating func orderResults() {
        guard let turn = turns.last, turn.parts.contains(where: { $0.toolResult != nil }) else { return }
        var results: [(order: (Int, Int), part: Message.Part)] = []
        var others: [Message.Part] = []
        for part in turn.parts {
            if let result = part.toolResult {
                results.append(((callOrder[result.callID] ?? callOrder.count, results.count), part))
            } else {
                others.append(part)
            }
        }
        if results.count > 1 { results.sort { $0.order < $1.order } }
        turns[turns.count - 1].parts = results.map(\.part) + others
    }
}
