// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

extension APIType {
    package static let anthropicMessages = APIType("anthropic/v1/messages", .anthropicMessages)
    package static let anthropicCountTokens = APIType(
        "anthropic/v1/messages/count_tokens",
        .anthropicMessages,
        operation: .countTokens
    )
}

extension Endpoint.Family {
    fileprivate static let anthropic = Endpoint.Family("/anthropic", isVendors: true)
}

extension AnthropicMessages {
    package var endpoints: [Endpoint] {
        [
            Endpoint(.anthropic, "/messages", .anthropicMessages),
            Endpoint(.anthropic, "/messages/count_tokens", .anthropicCountTokens),
            Endpoint(.root, "/messages", .anthropicMessages),
            Endpoint(.root, "/messages/count_tokens", .anthropicCountTokens),
        ]
    }

    package var modelLists: [any ModelListFormat] { [AnthropicModelList()] }

    package var stateRules: StateRules? { StateRules(conversation: "messages", turnsBeginWithThought: true) }

    package func session(of envelope: RequestEnvelope) -> String? {
        (try? envelope.member("metadata")?["user_id"]?.string).flatMap(Self.session(ofUser:))
    }

    /// The session in Claude Code's `metadata.user_id`: what follows `_session_`, or a member of a JSON object.
    ///
    /// Both forms: Claude Code 2.1 (2026-11). Another `user_id` names a user, who may have many sessions.
    private static func session(ofUser id: String) -> String? {
        if let marker = id.firstRange(of: "_session_") { return String(id[marker.upperBound...]) }
        guard id.utf8.first == UInt8(ascii: "{"),
            let value = try? JSONValue(validating: ByteBuffer(string: id))
        else { return nil }
        return value["session_id"]?.string
    }
}
