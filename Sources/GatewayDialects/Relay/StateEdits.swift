// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// What must change in a relayed body whose conversation holds state that the gateway wrapped.
///
/// A conversation that moved from one vendor to another carries opaque state in the gateway's own spelling. A value that this very target minted becomes the
/// vendor's bytes again; any other is taken out with what cannot be without it (reasoning-04, reasoning-07). Bodies without such a value are searched once and stay
/// as they are. Only members that hold state or ids count: a prompt, an argument or a result that quotes a wrapped value is nobody's state.
///
/// Where the target has refused state of the conversation, all of it goes, the vendor's own spelling included (reasoning-06).
struct StateEdits {
    var edits: [JSONSplice.Edit] = []
    private(set) var dropped: [String] = []
    /// Whether anything was left out because the target refused state.
    private(set) var hasWithheld = false
    /// Whether the turn that is visited is another vendor's, so that its thoughts go.
    private var isForeign = false
    private let rules: StateRules
    private let target: TranslationTarget

    /// The edits of a body, in order of position; nil if nothing of it must change.
    static func of(_ body: JSONValue, by rules: StateRules, to target: TranslationTarget) -> StateEdits? {
        guard target.withholdsState || body.bytes.contains(OpaqueState.prefix) else { return nil }
        guard let conversation = body[rules.conversation] else { return nil }
        var edits = StateEdits(rules, target)
        edits.visit(conversation, depth: 0)
        guard !edits.edits.isEmpty else { return nil }
        edits.sort()
        if rules.turnsBeginWithThought { edits.switchThinkingOff(in: body, conversation) }
        edits.sort()
        return edits
    }

    private mutating func sort() {
        edits.sort { $0.range.lowerBound < $1.range.lowerBound }
    }

    private init(_ rules: StateRules, _ target: TranslationTarget) {
        self.rules = rules
        self.target = target
    }

    // MARK: Members that count

    private enum Member {
        /// A value that a vendor minted.
        case state(OpaqueState.Kind?)
        /// An id that may have a state behind it.
        case id
        /// A value that the client or the model wrote, in which nothing is the gateway's.
        case content
        /// An object of one vendor's additions, worth nothing without the state in it.
        case additions
        /// Thoughts with all that was attached to them.
        case details
        /// The text of thoughts beside a message.
        case thoughts
    }

    private static let members = KeyTable<Member>([
        "signature": .state(.signature), "data": .state(.redacted), "encrypted_content": .state(.encrypted),
        "thoughtSignature": .state(.thought), "thought_signature": .state(.thought), "encrypted_index": .state(nil),
        "id": .id, "call_id": .id, "tool_call_id": .id, "tool_use_id": .id, "input": .content, "args": .content,
        "arguments": .content, "response": .content, "output": .content, "text": .content, "extra_content": .additions,
        "reasoning_details": .details, "reasoning_content": .thoughts, "reasoning": .thoughts,
    ])

    /// What becomes of a value.
    private enum Fate {
        case stays
        /// It is taken out of the object or array that it stands in.
        case goes
        /// The object around it goes with it.
        case goesWithOwner
    }

    /// As deep as state stands anywhere in a conversation, and some more.
    private static let maximumDepth = 16

    @discardableResult
    private mutating func visit(_ value: JSONValue, depth: Int) -> Fate {
        guard depth < Self.maximumDepth,
            target.withholdsState || isForeign || value.bytes.contains(OpaqueState.prefix)
        else { return .stays }
        if let array = value.array { return visit(array, of: value, depth: depth) }
        if let object = value.object { return visit(object, of: value, depth: depth) }
        return .stays
    }

    private mutating func visit(_ array: JSONArray, of value: JSONValue, depth: Int) -> Fate {
        var elements: [(range: Range<Int>, goes: Bool)] = []
        var isOwnerGone = false
        for element in array {
            let fate = visit(element, depth: depth + 1)
            if case .goesWithOwner = fate { isOwnerGone = true }
            if case .stays = fate {
                elements.append((element.range, false))
            } else {
                elements.append((element.range, true))
            }
        }
        guard !isOwnerGone else { return .goesWithOwner }
        guard elements.contains(where: \.goes) else { return .stays }
        if depth > 0, elements.allSatisfy(\.goes) { return .goesWithOwner }
        remove(elements, in: value)
        return .stays
    }

    private mutating func visit(_ object: JSONObject, of value: JSONValue, depth: Int) -> Fate {
        if target.withholdsState || isForeign, isThought(value) {
            hasWithheld = target.withholdsState
            return leave(since: edits.count)
        }
        let isTurn = rules.hasForeignTurns && value.isRole("assistant")
        if isTurn { isForeign = holdsForeignState(value) }
        defer { if isTurn { isForeign = false } }
        let holdsThought = Self.thoughts[value["type"]?.text ?? ""] != nil
        var owner = Owner(value)
        var members: [(range: Range<Int>, goes: Bool)] = []
        let before = edits.count
        for (key, member) in object {
            var fate = Fate.stays
            switch Self.members[key] {
            case .content: break
            case .id:
                if owner.restoredID != member.range, strip(member) {
                    owner.strippedIDs[member.range.lowerBound] = edits.count - 1
                }
            case .state(.thought) where target.withholdsState: fate = withhold(member, in: &owner)
            case .state(let kind): fate = replace(member, kind, in: &owner)
            case .additions where target.withholdsState && owner.has(.role), .details where target.withholdsState:
                hasWithheld = true
                fate = .goes
            case .thoughts where (isForeign || target.withholdsState && owner.has(.role)) && !takesThoughts(key):
                note("earlier reasoning")
                if target.withholdsState { hasWithheld = true }
                fate = .goes
            case .additions: fate = visitAdditions(member, depth: depth + 1)
            case .details, .thoughts, nil:
                fate = visit(member, depth: depth + 1)
                // A message without content is refused unless it calls tools; any other array is just left out.
                let isContent = key == "content" || key == "parts"
                if case .goesWithOwner = fate, !isContent || owner.has(.calls) { fate = .goes }
            }
            if case .goesWithOwner = fate { return leave(since: before) }
            if case .goes = fate, holdsThought { return leave(since: before) }
            if case .stays = fate {
                members.append((member.range, false))
            } else {
                members.append((member.range, true))
            }
        }
        if members.contains(where: \.goes) {
            // A text of nothing that only carried a signature.
            if target.withholdsState, value["text"]?.text?.isEmpty == true, members.count(where: { !$0.goes }) == 1 {
                return leave(since: before)
            }
            remove(members, in: value)
        }
        return .stays
    }

    mutating func remove(_ elements: [(range: Range<Int>, goes: Bool)], in container: JSONValue) {
        edits += JSONRemoval.edits(removing: elements, from: container)
    }

    /// Additions go as a whole if anything in them goes.
    private mutating func visitAdditions(_ value: JSONValue, depth: Int) -> Fate {
        let before = edits.count
        let fate = visit(value, depth: depth)
        guard case .stays = fate, !edits[before...].contains(where: { $0.replacement.readableBytes == 0 }) else {
            edits.removeSubrange(before...)
            return .goes
        }
        return .stays
    }

    /// The types of elements that are nothing without their state.
    private static let thoughts = KeyTable<Void>([
        "thinking": (), "redacted_thinking": (), "reasoning": (), "web_search_result_location": (),
    ])

    /// Whether the target takes the text of thoughts back in this field, whoever had them.
    private func takesThoughts(_ key: JSONString) -> Bool {
        switch target.traits.replaysReasoning {
        case .reasoningContent: key == "reasoning_content"
        case .reasoning: key == "reasoning"
        case .blocks, .some(.none), nil: false
        }
    }

    /// Whether anything in a turn was minted by another than the target.
    private func holdsForeignState(_ turn: JSONValue) -> Bool {
        turn.bytes.withUnsafeReadableBytes { bytes in
            var index = 0
            while let found = WrappedState.next(in: bytes, from: index) {
                if found.origin != target.origin { return true }
                index = found.end
            }
            return false
        }
    }

    /// Whether an object is a thought, in a message or on its own.
    private func isThought(_ value: JSONValue) -> Bool {
        if rules.marksThoughts { return value["thought"]?.bool == true }
        guard let type = value["type"]?.text else { return false }
        return type == "thinking" || type == "redacted_thinking" || type == "reasoning"
    }

    /// Gives up what was changed inside an object that goes as a whole.
    private mutating func leave(since count: Int) -> Fate {
        edits.removeSubrange(count...)
        note("earlier reasoning")
        return .goes
    }

    mutating func note(_ name: String) {
        if !dropped.contains(name) { dropped.append(name) }
    }

    /// Replaces a wrapped state by the vendor's bytes where they are this target's.
    private mutating func replace(_ value: JSONValue, _ kind: OpaqueState.Kind?, in owner: inout Owner) -> Fate {
        guard let text = value.text else { return .stays }
        let wrapped = kind == .thought ? GeminiSignature.state(in: text) : OpaqueState(wrapped: text)
        guard wrapped != nil || text.hasPrefix(OpaqueState.prefix) else { return .stays }
        guard let state = wrapped, state.origin == target.origin, state.kind == kind,
            state.kind != .signature || owner.isProved(by: state)
        else {
            if rules.standsIn, owner.has(.functionCall) {
                set(value, GeminiSignature.standIn)
                return .stays
            }
            return .goes
        }
        set(value, state.data)
        // The item has the vendor's id again, not the one that the gateway's answer had.
        if kind == .encrypted, let itemID = state.itemID, owner.restoredID == nil, let id = owner.object["id"],
            id.text != nil
        {
            if let edit = owner.strippedIDs[id.range.lowerBound] {
                edits[edit] = Self.edit(id, itemID)
            } else {
                set(id, itemID)
            }
            owner.restoredID = id.range
        }
        return .stays
    }

    /// Takes a signature out that the target has refused, or puts the vendor's stand-in there where a call must have one.
    private mutating func withhold(_ value: JSONValue, in owner: inout Owner) -> Fate {
        guard let text = value.text else { return .stays }
        let isCall = rules.callsProveThemselves || owner.has(.functionCall)
        let demandsOne = isCall && GeminiModel(target.capabilities).demandsSignatures
        if demandsOne, text == GeminiSignature.standIn { return .stays }
        hasWithheld = true
        note("earlier reasoning")
        if demandsOne { set(value, GeminiSignature.standIn) }
        return demandsOne ? .stays : .goes
    }

    /// Cuts the state off an id.
    ///
    /// - Returns: Whether there was any.
    private mutating func strip(_ value: JSONValue) -> Bool {
        guard let text = value.text else { return false }
        let id = OpaqueState.split(id: text).id
        guard id.utf8Count < text.utf8Count else { return false }
        set(value, id)
        return true
    }

    private mutating func set(_ value: JSONValue, _ text: JSONString) {
        edits.append(Self.edit(value, text))
    }

    private static func edit(_ value: JSONValue, _ text: JSONString) -> JSONSplice.Edit {
        JSONSplice.Edit(value.range, with: JSONValue { $0.string(text) }.bytes)
    }
}
