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
    private struct OpenCalls {
        private struct Calls {
            /// How many calls had the id, and how many names were tried for them.
            var count = 0
            /// The message of the latest.
            var message = 0
            /// The new ids of those in it that have no result yet, the earliest first.
            var open: [JSONString] = []
            /// The id that the last result got, for further results of the same call.
            var last: JSONString?
        }

        private var calls: [JSONString: Calls] = [:]

        mutating func open(_ id: JSONString, in message: Int, taken: inout Set<JSONString>) -> JSONString {
            var known = calls[id] ?? Calls()
            known.count += 1
            var new = id
            while known.count > 1 {
                new = JSONString("\(id.string)_\(known.count)")
                if taken.insert(new).inserted { break }
                known.count += 1
            }
            // What an earlier turn left without a result gets none any more.
            if known.message != message { known.open.removeAll() }
            known.message = message
            known.open.append(new)
            calls[id] = known
            return new
        }

        mutating func answer(_ id: JSONString) -> JSONString {
            guard var known = calls[id] else { return id }
            if !known.open.isEmpty { known.last = known.open.removeFirst() }
            calls[id] = known
            return known.last ?? id
        }
    }
}
