// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Leaves out the tools that only the client's own vendor has, such as web search, and names them (tools-07).
struct HostedToolRemoval: Adaptation {
    static let concerns: RequestContents = .hostedTools

    static func adapt(
        _ request: inout ModelRequest,
        to target: TranslationTarget,
        _ features: UpstreamFeatures,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> (any Adaptation)? {
        if features.contains(.responsesTools), request.origin == .openAIResponses { return nil }
        var removed: Set<JSONString> = []
        request.tools.removeAll { tool in
            guard case .hosted(let type, _) = tool.kind else { return false }
            dropped.note("tools[].\(DroppedMembers.printable(type))")
            removed.insert(tool.name)
            return true
        }
        guard !removed.isEmpty, let choice = request.toolChoice else { return nil }
        if request.tools.isEmpty {
            if choice != .auto, choice != .none { dropped.note("tool_choice") }
            request.toolChoice = nil
        } else {
            let kept = choice.mapNames { removed.contains($0) ? [] : [$0] }
            if kept == .auto, choice != .auto { dropped.note("tool_choice") }
            request.toolChoice = kept
        }
        return nil
    }

    func undo(_ event: ModelEvent, into events: inout [ModelEvent]) { events.append(event) }
}
