// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore

/// Anthropic's rule: a turn that thinks must begin with a thought.
extension StateEdits {
    /// Switches thinking off for this call where the turn that goes on has lost its thoughts: the vendor would refuse it (reasoning-03).
    mutating func switchThinkingOff(in body: JSONValue, _ conversation: JSONValue) {
        guard let thinking = body["thinking"], thinking["type"]?.text.map({ $0 == "enabled" }) == true else { return }
        guard let messages = conversation.array.map(Array.init), let last = messages.last, last.isRole("user"),
            last["content"]?.array?.contains(where: { $0.isType("tool_result") }) == true,
            let answer = messages.last(where: { $0.isRole("assistant") }), let content = answer["content"]
        else { return }
        // Edits and blocks both ascend.
        var next = 0
        let first = content.array?.first { block in
            while next < edits.count, edits[next].range.upperBound < block.range.upperBound { next += 1 }
            return next == edits.count || !edits[next].removes(block.range)
        }
        if let first, first.isType("thinking") || first.isType("redacted_thinking") { return }
        edits.append(JSONSplice.Edit(thinking.range, with: ByteBuffer(string: #"{"type":"disabled"}"#)))
        note("reasoning of this turn")
        // An edit of the context that concerns thoughts is refused without them.
        if let strategies = body["context_management"]?["edits"], let array = strategies.array {
            remove(array.map { ($0.range, $0["type"]?.text?.hasPrefix("clear_thinking") == true) }, in: strategies)
        }
    }
}

extension JSONSplice.Edit {
    /// Whether it takes all of these bytes out.
    fileprivate func removes(_ bytes: Range<Int>) -> Bool {
        replacement.readableBytes == 0 && range.lowerBound <= bytes.lowerBound && range.upperBound >= bytes.upperBound
    }
}

extension JSONValue {
    func isRole(_ role: StaticString) -> Bool { self["role"]?.text.map { $0 == role } ?? false }
    func isType(_ type: StaticString) -> Bool { self["type"]?.text.map { $0 == type } ?? false }
}
