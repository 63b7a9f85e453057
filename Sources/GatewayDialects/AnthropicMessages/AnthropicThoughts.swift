// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension OpaqueState {
    /// What stands in a member that this format demands where nobody minted anything for it.
    ///
    /// No target's origin is this one, so what bears it is left out wherever a vendor would check it.
    static let unsigned = OpaqueState(.signature, "-", from: StateOrigin(tag: .max))
    static let unsignedText = unsigned.wrapped

    /// Whether it is ``unsigned``.
    var isUnsigned: Bool { origin == Self.unsigned.origin }
}

/// The thoughts of this vendor's models on their way to clients of other formats and back.
///
/// A signature is worth something only beside the very text that it was minted for. So the text's checksum travels with it, in the place of the item's id, and a
/// thought whose text a client shortened or lost stays out instead of wedging the conversation (reasoning-02, reasoning-05).
enum AnthropicThoughts {
    /// The state of a thought with this signature.
    static func state(_ signature: JSONString, of checksum: FNV1a, from origin: StateOrigin) -> OpaqueState {
        OpaqueState(.signature, signature, from: origin, itemID: checksum.text)
    }

    /// Whether the vendor will know its signature for these texts, as far as can be told.
    static func proves(_ state: OpaqueState, _ texts: [JSONString]) -> Bool {
        guard let expected = state.itemID else { return true }
        var checksum = FNV1a()
        for text in texts { checksum.add(text) }
        return checksum.text == expected
    }

    /// Leaves in an assistant's message what this target takes back.
    ///
    /// Thoughts of others, and those that have lost their proof, are left out. A client may have cut a thought in pieces with the proof on the last: they
    /// become one again.
    static func prepare(_ parts: inout [Message.Part], for origin: StateOrigin, dropped: inout DroppedMembers) {
        if parts.allSatisfy(isPlain) { return }
        var kept: [Message.Part] = []
        kept.reserveCapacity(parts.count)
        // The pieces without a proof that stand right before.
        var pieces: [JSONString] = []
        for part in parts {
            guard let reasoning = part.reasoning else {
                if !pieces.isEmpty { dropped.note("earlier reasoning") }
                pieces.removeAll()
                switch part.content {
                case .text(let text), .refusal(let text): if !text.isBlank { kept.append(part) }
                case .media: dropped.note("media of the assistant")
                case .toolCall, .toolResult, .reasoning: kept.append(part)
                }
                continue
            }
            guard let state = part.state, state.origin == origin else {
                if part.state == nil { pieces += reasoning.texts } else { dropped.note("earlier reasoning") }
                continue
            }
            if state.kind == .redacted {
                kept.append(Message.Part(.reasoning(Message.Reasoning(texts: [])), state: state))
                continue
            }
            if state.kind == .signature, proves(state, reasoning.texts) {
                if !pieces.isEmpty { dropped.note("earlier reasoning") }
                kept.append(part)
            } else if state.kind == .signature, proves(state, pieces + reasoning.texts) {
                kept.append(Message.Part(.reasoning(Message.Reasoning(texts: pieces + reasoning.texts)), state: state))
            } else {
                dropped.note("earlier reasoning")
            }
            // What stood before a proof belongs to it or to none; it is never read twice.
            pieces.removeAll()
        }
        if !pieces.isEmpty { dropped.note("earlier reasoning") }
        parts = kept
    }

    /// Whether any target of this format takes the part as it is.
    private static func isPlain(_ part: Message.Part) -> Bool {
        switch part.content {
        case .text(let text), .refusal(let text): !text.isBlank
        case .toolCall, .toolResult: true
        case .reasoning, .media: false
        }
    }

    /// Brings the first thoughts of a turn to its front, where the vendor wants them.
    static func order(_ parts: inout [Message.Part]) {
        guard let start = parts.firstIndex(where: { $0.isReasoning }), start > 0 else { return }
        let thoughts = parts[start...].prefix { $0.isReasoning }
        parts = Array(thoughts) + parts[..<start] + parts[(start + thoughts.count)...]
    }
}
