// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The ids of an answer's tool calls, for formats that may leave them out.
///
/// One that is missing is made of the answer's id and a number, so that it is unique in a conversation and the same however the answer came. It has at most 40
/// characters, the most that OpenAI accepts.
struct CallIDs {
    private var root: String
    private var count = 0

    init(responseID: JSONString?, _ answer: AnswerContext) {
        root = responseID.map { String($0.string.prefix(32)) } ?? ""
        if root.isEmpty { root = String(answer.identity.requestID.filter { $0 != "-" }.prefix(32)) }
    }

    /// The vendor's id of the next call, or a new one.
    mutating func next(_ id: JSONString?) -> JSONString {
        defer { count += 1 }
        if let id, !id.isEmpty { return id }
        return JSONString("call_\(root)_\(count)")
    }
}
