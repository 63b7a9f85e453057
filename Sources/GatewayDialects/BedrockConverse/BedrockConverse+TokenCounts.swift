// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON
import NIOCore

/// Bedrock's CountTokens: botocore 1.43.11, `bedrock-runtime/2023-09-30` (2026-11).
extension BedrockConverse: TokenCountUpstreamDialect {
    private static let countMembers = KeyTable<Void>([
        "messages": (), "system": (), "toolConfig": (), "additionalModelRequestFields": (),
    ])

    package func encodeCount(of request: JSONObject, to target: TranslationTarget, into writer: inout JSONWriter) {
        writer.key("input")
        writer.beginObject()
        writer.key("converse")
        writer.beginObject()
        writer.members(of: request, in: Self.countMembers)
        writer.endObject()
        writer.endObject()
    }

    package func decodeCount(_ answer: JSONValue) -> Int? { answer["inputTokens"]?.tokenCount }
}
