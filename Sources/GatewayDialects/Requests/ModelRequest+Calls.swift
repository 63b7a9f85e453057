// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension ModelRequest {
    /// Gives calls of tools whose id an earlier call has already ids of their own, and their results with them (tools-21).
    ///
    /// A server that calls each turn's tool `call_0` leaves such a history. Claude refuses it, and elsewhere results find the wrong call. The new ids follow from the
    /// place in the history alone, so that a prompt keeps its prefix from turn to turn. A result answers the earliest call of its id in the latest turn that has none.
    mutating func separateCalls() {
        let ids = callIDs
        var taken = Set(ids)
        guard taken.count < ids.count else { return }
        var calls = OpenCalls()
        for message in messages.indices {
            for part in messages[message].parts.indices {
                switch messages[message].parts[part].content {
                case .toolCall(var call):
                    call.id = calls.open(call.id, in: message, taken: &taken)
                    messages[message].parts[part].content = .toolCall(call)
                case .toolResult(var result):
                    result.callID = calls.answer(result.callID)
                    messages[message].parts[part].content = .toolResult(result)
                case .text, .refusal, .reasoning, .media: break
                }
            }
        }
    }

    /// The calls of a history, by the id that the client gave them.
    fileprivate struct OpenCalls {
        fileprivate struct Calls {
            /// How many calls had the id, and how many names were tried for them.
            var count = 0
            /// The message of the latest.
            var message = 0
            /// The new ids of those in it.
            var latest: [JSONString] = []
            /// How many of these have a result.
            var answered = 0
        }

        private var calls: [JSONString: Calls] = [:]

        mutating func open(_ id: JSONString, in message: Int, taken: inout Set<JSONString>) -> JSONString {
            var new = id
            // In place: a copy of what many calls share would be made for each.
            calls[id, default: Calls()].open(&new, in: message, taken: &taken)
            return new
        }

        mutating func answer(_ id: JSONString) -> JSONString { calls[id]?.answer() ?? id }
    }
}

extension ModelRequest.OpenCalls.Calls {
    fileprivate mutating func open(_ id: inout JSONString, in message: Int, taken: inout Set<JSONString>) {
        count += 1
        let first = id
        while count > 1 {
            id = JSONString("\(first.string)_\(count)")
            if taken.insert(id).inserted { break }
            count += 1
        }
        // What an earlier turn left without a result gets none any more.
        if self.message != message {
            latest.removeAll()
            answered = 0
        }
        self.message = message
        latest.append(id)
    }

    /// The call that the next result answers; of further results the last call.
    fileprivate mutating func answer() -> JSONString? {
        if answered < latest.count { answered += 1 }
        return answered > 0 ? latest[answered - 1] : nil
    }
}
