// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Offers the tools that OpenAI defines and the client runs (local shell, shell, apply patch) as functions with the members of their action.
///
/// Calls of the answer go back as the client expects them.
struct ClientRunToolEmulation: Adaptation {
    /// The tools' types by the names of the functions.
    private var types: [JSONString: JSONString] = [:]

    static let concerns: RequestContents = .hostedTools

    static func adapt(
        _ request: inout ModelRequest,
        to target: TranslationTarget,
        _ features: UpstreamFeatures,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> (any Adaptation)? {
        guard !features.contains(.responsesTools) else { return nil }
        var emulation = ClientRunToolEmulation()
        var functions: Set<JSONString> = []
        for tool in request.tools where !tool.isHosted { functions.insert(tool.name) }
        for (index, offered) in request.tools.enumerated() {
            guard case .hosted(let type, _) = offered.kind, let tool = ClientRunTool.type(type),
                // A function of the client's with that name is the one that its answers mean.
                !functions.contains(offered.name)
            else { continue }
            request.tools[index].kind = .function
            request.tools[index].description = JSONString(tool.description)
            request.tools[index].parameters = tool.schema
            emulation.types[offered.name] = type
        }
        request.mapParts { part in
            switch part.content {
            case .toolCall(var call) where call.hostedType != nil:
                call.hostedType = nil
                part.content = .toolCall(call)
            case .toolResult(var result) where result.hostedType != nil:
                result.hostedType = nil
                part.content = .toolResult(result)
            default: break
            }
        }
        return emulation.types.isEmpty ? nil : emulation
    }

    func undo(_ event: ModelEvent, into events: inout [ModelEvent]) {
        guard case .partStart(let index, .toolCall(var call, let state)) = event else { return events.append(event) }
        call.hostedType = types[call.name]
        events.append(.partStart(candidate: index, .toolCall(call, state: state)))
    }
}

extension ModelRequest.Tool {
    /// Whether the vendor defines it.
    var isHosted: Bool { if case .hosted = kind { true } else { false } }
}
