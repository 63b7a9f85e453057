// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// Bytes that a vendor minted for its own later use: a signature, an encrypted or redacted thought.
///
/// They go back byte for byte to the destination that they came from, and to nobody else (reasoning-02, reasoning-04, reasoning-07). Clients of another dialect get them wrapped
/// (``wrapped``), so that the gateway knows them again; what such a client sends unwrapped was not minted for any target of a translation and is left out.
package struct OpaqueState: Sendable {
    package enum Kind: UInt8, Sendable, CaseIterable {
        /// Proves the text of a thought: Anthropic's `signature`.
        case signature = 0x73  // s
        /// A thought that only the vendor can read: Anthropic's `redacted_thinking`.
        case redacted = 0x72  // r
        /// A whole reasoning item: OpenAI's `encrypted_content`.
        case encrypted = 0x65  // e
        /// Continues a thought, attached to a text or a tool call: Gemini's `thoughtSignature`.
        case thought = 0x74  // t
    }

    package var kind: Kind
    package var origin: StateOrigin
    /// The vendor's text.
    package var data: JSONString
    /// The vendor's id of the item that the state belongs to (OpenAI's `rs_…`); at most 255 bytes are kept.
    package var itemID: JSONString?

    package init(_ kind: Kind, _ data: JSONString, from origin: StateOrigin, itemID: JSONString? = nil) {
        self.kind = kind
        self.data = data
        self.origin = origin
        self.itemID = itemID
    }
}

/// Who minted an ``OpaqueState``: a destination, as a number that reveals nothing of it.
package struct StateOrigin: Sendable, Hashable {
    /// A checksum of the provider service's name and the model's.
    package let tag: UInt64

    package init(tag: UInt64) {
        self.tag = tag
    }

    /// The origin of what this destination mints.
    package init(service: String, model: String) {
        var checksum = FNV1a(service)
        checksum.add(UInt8(ascii: "/"))
        checksum.add(model)
        tag = checksum.value
    }
}
