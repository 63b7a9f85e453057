// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The ids of an answer's tool calls: the vendor's, and one of the gateway's where that is missing or names an earlier call of the conversation (tools-15).
///
/// A client finds the call of a result by its id, and so does the model when both come back; whoever made the id does not matter to them, so nothing is mapped back.
/// One that is made consists of the answer's id and a number, and is the same however the answer came. It has at most 40 characters, the most that OpenAI accepts.
struct CallIDs {
    private let roots: [String]
    private let earlierIDs: [JSONString]
    /// The ids of earlier answers; put together for the first call.
    private var earlier: Set<JSONString> = []
    private var given: Set<Given> = []
    private var count = 0

    /// An id of a candidate: only one of the candidates becomes part of the conversation.
    private struct Given: Hashable {
        let candidate: Int
        let id: JSONString
    }

    init(responseID: JSONString?, _ answer: AnswerContext) {
        let root = responseID.map { String($0.string.prefix(32)) } ?? ""
        let unique = String(answer.identity.requestID.filter { $0 != "-" }.prefix(32))
        roots = root.isEmpty ? [unique] : [root, unique]
        earlierIDs = answer.callIDs
    }

    /// The vendor's id of the next call, or a new one.
    mutating func next(_ id: JSONString?, candidate: Int = 0) -> JSONString {
        if count == 0 { earlier = Set(earlierIDs) }
        defer { count += 1 }
        if let id, !id.isEmpty, take(id, candidate) { return id }
        for root in roots {
            let made = JSONString("call_\(root)_\(count)")
            if take(made, candidate) { return made }
        }
        return JSONString("call_\(roots[roots.count - 1].prefix(24))_\(count)_\(given.count)")
    }

    private mutating func take(_ id: JSONString, _ candidate: Int) -> Bool {
        !earlier.contains(id) && given.insert(Given(candidate: candidate, id: id)).inserted
    }
}
