// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Thoughts for clients that do not want to see them, from targets that show them all the same.
///
/// What proves or continues a thought is passed on, since the client's next turn needs it.
struct ThoughtHiding: Adaptation {
    /// What is open in each candidate that has a thought.
    private enum Part {
        case other
        /// A thought of which nothing was told yet, as it would begin.
        case hidden(ModelEvent)
        /// A thought of which only the state was told.
        case told
    }

    private var parts: [Int: Part] = [:]

    static let concerns: RequestContents = .hiddenThoughts

    static func adapt(
        _ request: inout ModelRequest,
        to target: TranslationTarget,
        _ features: UpstreamFeatures,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> (any Adaptation)? {
        request.reasoning.isVisible == false ? Self() : nil
    }

    mutating func undo(_ event: ModelEvent, into events: inout [ModelEvent]) {
        switch event {
        case .partStart(let index, let kind):
            guard case .reasoning = kind else {
                parts[index] = .other
                return events.append(event)
            }
            parts[index] = .hidden(event)
        case .reasoning, .reasoningBreak: break
        case .state(let index, _):
            if case .hidden(let start) = parts[index] {
                events.append(start)
                parts[index] = .told
            }
            events.append(event)
        case .partEnd(let index):
            if case .hidden = parts[index] {} else { events.append(event) }
            parts[index] = .other
        default: events.append(event)
        }
    }
}
