// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Offers the tools of namespaces as tools of their own, named `namespace__tool` (tools-08).
///
/// Calls of earlier turns get the same names; calls of the answer get their namespace back.
struct NamespaceFlattening: Adaptation {
    private struct Place: Hashable {
        let namespace: JSONString
        let name: JSONString

        var flatName: String { namespace.string + "__" + name.string }
    }

    /// The tools by their flat names.
    private var places: [JSONString: Place] = [:]

    static let concerns: RequestContents = .namespaces

    static func adapt(
        _ request: inout ModelRequest,
        to target: TranslationTarget,
        _ features: UpstreamFeatures,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> (any Adaptation)? {
        guard !features.contains(.namespaces) else { return nil }
        var flattening = NamespaceFlattening()
        var names: [Place: JSONString] = [:]
        var flatNames = ToolNames(taken: Set(request.tools.compactMap { $0.namespace == nil ? $0.name : nil }))
        var descriptionBytes = 0
        for (index, tool) in request.tools.enumerated() {
            guard let namespace = tool.namespace else { continue }
            let place = Place(namespace: namespace, name: tool.name)
            let name = flatNames.take(place.flatName)
            names[place] = name
            flattening.places[name] = place
            request.tools[index].name = name
            request.tools[index].namespace = nil
            // It stays beside the tool's own: encoders write both, and no copy is made of what many tools share.
            guard let description = tool.namespaceDescription, !description.isEmpty else { continue }
            descriptionBytes += description.writtenBytes
            guard descriptionBytes <= request.maximumBytes else {
                throw .expands(
                    beyond: request.maximumBytes,
                    "tools",
                    "The description of a namespace is repeated for each of its tools: shorten it or send fewer tools."
                )
            }
        }
        request.mapParts { part in
            guard case .toolCall(var call) = part.content, let namespace = call.namespace else { return }
            let place = Place(namespace: namespace, name: call.name)
            // A call of a tool that is not offered any more keeps a name that tells where it was.
            call.name = names[place] ?? flatNames.name(of: place.flatName)
            call.namespace = nil
            part.content = .toolCall(call)
        }
        var namesake: [JSONString: [JSONString]] = [:]
        for tool in request.tools {
            if let place = flattening.places[tool.name] { namesake[place.name, default: []].append(tool.name) }
        }
        // A choice names a tool without its namespace.
        request.toolChoice = request.toolChoice?.mapNames { flatNames.taken.contains($0) ? [$0] : namesake[$0] ?? [$0] }
        return flattening.places.isEmpty ? nil : flattening
    }

    func undo(_ event: ModelEvent, into events: inout [ModelEvent]) {
        guard case .partStart(let index, .toolCall(let call, let state)) = event else { return events.append(event) }
        events.append(.partStart(candidate: index, .toolCall(restored(call), state: state)))
    }

    private func restored(_ call: Message.ToolCall) -> Message.ToolCall {
        guard let place = places[call.name] else { return call }
        var call = call
        call.name = place.name
        call.namespace = place.namespace
        return call
    }
}
