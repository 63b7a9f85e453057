// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The messages of a request as formats want them that alternate between user and assistant and keep the system's words apart.
///
/// - Neighbours of one role become one turn (pain T01); no result of a tool is ever merged with another (T02).
/// - In a user's turn the results of tools come first, in the order of the calls, then everything else (T03).
/// - System messages are gathered in front, wherever they stood. That is noted where it moves one.
/// - Empty texts, which vendors refuse, are left out, and so are turns in which nothing else stands.
struct Conversation {
    struct Turn {
        var isAssistant: Bool
        var parts: [Message.Part] = []
    }

    private(set) var system: [JSONString] = []
    private(set) var turns: [Turn] = []

    init(_ messages: [Message], dropped: inout DroppedMembers) {
        turns.reserveCapacity(messages.count)
        var callOrder: [JSONString] = []
        for message in messages {
            switch message.role {
            case .system:
                if !turns.isEmpty { dropped.note("position of later system messages") }
                for case .text(let text) in message.parts where !text.isEmpty { system.append(text) }
            case .user:
                append(message.parts, isAssistant: false)
            case .assistant:
                if turns.last?.isAssistant != true { orderResults(by: callOrder) }
                append(message.parts, isAssistant: true)
                if let turn = turns.last, turn.isAssistant {
                    callOrder = turn.parts.compactMap { if case .toolCall(let call) = $0 { call.id } else { nil } }
                }
            }
        }
        if turns.last?.isAssistant == false { orderResults(by: callOrder) }
    }

    /// The name of the tool that a call asked for.
    func toolName(ofCall id: JSONString) -> JSONString? {
        for turn in turns.reversed() where turn.isAssistant {
            for case .toolCall(let call) in turn.parts where call.id == id { return call.name }
        }
        return nil
    }

    private mutating func append(_ parts: [Message.Part], isAssistant: Bool) {
        for part in parts {
            if case .text(let text) = part, text.isEmpty { continue }
            if turns.last?.isAssistant != isAssistant { turns.append(Turn(isAssistant: isAssistant)) }
            turns[turns.count - 1].parts.append(part)
        }
    }

    /// Brings the results of the last turn to its front, in the order of the calls that they answer.
    private mutating func orderResults(by calls: [JSONString]) {
        guard let turn = turns.last else { return }
        var results: [(order: Int, part: Message.Part)] = []
        var others: [Message.Part] = []
        for part in turn.parts {
            if case .toolResult(let result) = part {
                results.append((calls.firstIndex(of: result.callID) ?? calls.count, part))
            } else {
                others.append(part)
            }
        }
        guard !results.isEmpty else { return }
        if results.count > 1 { results.sort { $0.order < $1.order } }
        turns[turns.count - 1].parts = results.map(\.part) + others
    }
}
