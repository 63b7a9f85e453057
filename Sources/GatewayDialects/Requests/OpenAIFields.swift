// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The fields that chat completions and Responses of OpenAI have in common and that the gateway does not interpret.
///
/// Source: OpenAI's API reference of both, November 2026.
enum OpenAIFields {
    private static let shared = KeyTable<Void>([
        "prompt_cache_retention": (), "prompt_cache_options": (), "safety_identifier": (), "moderation": (),
    ])

    /// Whether the client names its end user by the newer field, and so need not be made to say it twice.
    static func nameUser(of request: ModelRequest) -> Bool {
        guard request.origin == .openAIChat || request.origin == .openAIResponses else { return false }
        return request.rest.contains { $0.key == "safety_identifier" && $0.value.text == request.user }
    }

    /// Writes those of a request's unmodelled fields that the other API spells alike, and notes the others.
    ///
    /// What names an object of the vendor's account stays behind: it was allowed, if at all, for the API of the client.
    static func writeShared(
        _ rest: [(key: JSONString, value: JSONValue)],
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) {
        var others: [(key: JSONString, value: JSONValue)] = []
        for (key, value) in rest {
            if shared[key] == nil {
                others.append((key, value))
            } else if key == "prompt_cache_options", let options = value.object {
                writer.key(key)
                writer.object { writer in
                    for (name, option) in options where name != "comparison_response_id" { writer.copy(name, option) }
                }
                if options.contains(where: { $0.key == "comparison_response_id" }) {
                    dropped.note("prompt_cache_options.comparison_response_id")
                }
            } else {
                writer.copy(key, value)
            }
        }
        dropped.note(rest: others)
    }
}
