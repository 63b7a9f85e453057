// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// `thoughtSignature` as clients of this format carry it for the gateway.
///
/// Its type is `bytes`: the vendor's own SDK decodes the text as base64 and writes it again as base64url, which gives the same text back only if its length is a
/// multiple of four (PyPI `google-genai` 3.4.0, 2026-11). So a short word before the wrapped state fills it up.
enum GeminiSignature {
    /// What the vendor takes for the signature of a call of another model (its page on thought signatures, 2026-11).
    static var standIn: JSONString { "skip_thought_signature_validator" }

    /// The text that clients get for a state.
    static func text(of state: OpaqueState) -> String {
        let wrapped = state.wrapped
        let word: Substring = "thou".prefix(1 + (6 - wrapped.utf8.count % 4) % 4)
        return word + "_" + wrapped
    }

    /// The state in a client's text; nil for what the gateway did not wrap.
    static func state(in text: JSONString) -> OpaqueState? {
        OpaqueState(wrapped: text) ?? OpaqueState.split(id: text).state
    }
}
