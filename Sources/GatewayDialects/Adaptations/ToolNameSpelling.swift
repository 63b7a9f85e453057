// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Offers tools under names that the target takes, where the client's are too long for it or have other characters (tools-16).
///
/// Calls of earlier turns get the same names; calls of the answer get the client's back.
struct ToolNameSpelling: Adaptation {
    /// The client's names by those that the target gets.
    private var originals: [JSONString: JSONString] = [:]

    static let concerns: RequestContents = .unusualToolNames

    static func adapt(
        _ request: inout ModelRequest,
        to target: TranslationTarget,
        _ features: UpstreamFeatures,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> (any Adaptation)? {
        let bounds = ToolNameBounds(features)
        var spelling = ToolNameSpelling()
        var spelled: [JSONString: JSONString] = [:]
        var names = ToolNames(taken: Set(request.tools.map(\.name)), bounds)
        for (index, tool) in request.tools.enumerated() where !tool.isHosted && !bounds.takes(tool.name) {
            let name = spelled[tool.name] ?? names.take(tool.name.string)
            spelled[tool.name] = name
            spelling.originals[name] = tool.name
            request.tools[index].name = name
        }
        // A tool that is not offered any more keeps a name that tells which it was.
        func spell(_ name: JSONString) -> JSONString {
            spelled[name] ?? (bounds.takes(name) ? name : names.name(of: name.string))
        }
        request.mapParts { part in
            switch part.content {
            case .toolCall(var call) where call.hostedType == nil:
                call.name = spell(call.name)
                part.content = .toolCall(call)
            case .toolResult(var result):
                guard let name = result.name else { return }
                result.name = spell(name)
                part.content = .toolResult(result)
            case .text, .refusal, .reasoning, .media, .toolCall: return
            }
        }
        request.toolChoice = request.toolChoice?.mapNames { [spell($0)] }
        return spelling.originals.isEmpty ? nil : spelling
    }

    func undo(_ event: ModelEvent, into events: inout [ModelEvent]) {
        guard case .partStart(let index, .toolCall(var call, let state)) = event, let name = originals[call.name] else {
            return events.append(event)
        }
        call.name = name
        events.append(.partStart(candidate: index, .toolCall(call, state: state)))
    }
}
