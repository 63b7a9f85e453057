// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// How a format's conversations replay opaque state, for requests that are relayed.
package struct StateRules: Sendable {
    /// The field of the body that holds the conversation.
    var conversation: StaticString
    /// Whether a turn that holds another vendor's state loses its reasoning as well, since nothing else marks it as theirs.
    var hasForeignTurns = false
    /// Whether a call may have to carry a signature, wherever that stands in its message.
    var callsProveThemselves = false
    /// Whether reasoning is told by a mark (`thought: true`), not by a type.
    var marksThoughts = false
    /// Whether a call without its signature gets the vendor's stand-in.
    var standsIn = false
    /// Whether a turn that reasons must begin with its reasoning, so that one that lost it must not reason.
    var turnsBeginWithThought = false
}
