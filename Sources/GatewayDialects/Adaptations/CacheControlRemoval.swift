// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Anthropic's `cache_control` for targets that would refuse it; leaving it out changes no answer.
enum CacheControlRemoval {}

extension CacheControlRemoval: Adaptation {
    static let concerns: RequestContents = .cacheControl

    static func adapt(
        _ request: inout ModelRequest,
        to target: TranslationTarget,
        _ features: UpstreamFeatures,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> (any Adaptation)? {
        guard !features.contains(.cacheControl) else { return nil }
        request.cacheControl = nil
        for index in request.messages.indices { remove(from: &request.messages[index].parts) }
        for index in request.tools.indices where request.tools[index].cacheControl != nil {
            request.tools[index].cacheControl = nil
        }
        return nil
    }

    private static func remove(from parts: inout [Message.Part]) {
        for index in parts.indices {
            if parts[index].cacheControl != nil { parts[index].cacheControl = nil }
            guard case .toolResult(var result) = parts[index].content,
                result.parts.contains(where: { $0.cacheControl != nil })
            else { continue }
            remove(from: &result.parts)
            parts[index].content = .toolResult(result)
        }
    }

    mutating func undo(_ event: ModelEvent, into events: inout [ModelEvent]) {
        events.append(event)
    }
}
