// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Google's enumerations whose values clients may send as numbers.
///
/// Clients made from Google's protocol buffers do so (PyPI `google-ai-generativelanguage` 0.12.1 over REST, 2026-11, which LangChain uses), as the
/// JSON form of protocol buffers allows. The numbers are those of its `content.py`.
enum GeminiEnumeration {
    /// The types of schemas, by their numbers.
    static let type = [
        "type_unspecified", "string", "number", "integer", "boolean", "array", "object", "null",
    ]
    /// How functions are called, by their numbers.
    static let callingMode = ["mode_unspecified", "auto", "any", "none", "validated"]

    /// The name that the value states in words or by its number, in lower case; nil if it does neither.
    static func name(_ value: JSONValue, of names: [String]) -> String? {
        if let int = value.int { return names.indices.contains(int) ? names[int] : nil }
        return value.string?.lowercased()
    }
}
