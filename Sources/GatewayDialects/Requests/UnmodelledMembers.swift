// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension DroppedMembers {
    /// Notes the members of an OpenAI request that another vendor's format has no place for.
    ///
    /// Members that change nothing in the answer pass in silence: they label, store, cache or bill. So do values that only spell out the default.
    mutating func note(rest: [(key: JSONString, value: JSONValue)]) {
        for (key, value) in rest where !Self.isHarmless(key) && !Self.isDefault(key, value) {
            note(Self.printable(key))
        }
    }

    /// A key of the client's as it may stand in a header: short and of plain characters.
    static func printable(_ key: JSONString) -> String {
        String(
            decoding: key.string.utf8.prefix(64).map { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    byte
                default: UInt8(ascii: "?")
                }
            },
            as: UTF8.self
        )
    }

    private static func isHarmless(_ key: JSONString) -> Bool { harmless[key] != nil }

    private static let harmless = KeyTable<Void>([
        "metadata": (), "store": (), "service_tier": (), "prompt_cache_key": (), "prompt_cache_retention": (),
        "prompt_cache_options": (), "safety_identifier": (), "stream_options": (),
        "client_metadata": (), "include": (),
    ])

    /// Whether a member asks for nothing beyond what happens without it.
    private static func isDefault(_ key: JSONString, _ value: JSONValue) -> Bool {
        if value.isNull || value.bool == false { return true }
        if key == "response_format" { return value["type"]?.text.map { $0 == "text" } ?? false }
        if key == "logit_bias" { return value.object?.isEmpty ?? false }
        if key == "top_logprobs" { return value.int == 0 }
        if key == "truncation" { return value.text.map { $0 == "disabled" } ?? false }
        if key == "modalities", let modalities = value.array {
            return modalities.allSatisfy { $0.text.map { $0 == "text" } ?? false }
        }
        return false
    }
}
