// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Crypto

/// State that a vendor gives to its client and requires back unchanged: signatures of reasoning, encrypted reasoning.
///
/// A seal is Base64 of eight bytes of the request's identity and an HMAC-SHA256 over what it belongs to. Every simulator with the same key recognises it;
/// the purpose keeps one vendor's seals from passing for another's.
struct OpaqueState: Sendable {
    enum Purpose: String, Sendable {
        case anthropicThinking = "anthropic/thinking"
        case anthropicRedacted = "anthropic/redacted_thinking"
        case openAIReasoning = "openai/reasoning"
        case openAIReasoningID = "openai/reasoning id"
        case openAICompaction = "openai/compaction"
        case geminiThought = "gemini/thought"
        case bedrockReasoning = "bedrock/reasoningText"
        case bedrockRedacted = "bedrock/redactedContent"
    }

    private let key: SymmetricKey

    init(key: String) {
        self.key = SymmetricKey(data: SHA256.hash(data: Array("gatehouse simulator ".utf8) + Array(key.utf8)))
    }

    /// A seal over a text.
    func seal(_ text: String, for purpose: Purpose, nonce: UInt64) -> String {
        let bytes = withUnsafeBytes(of: nonce.littleEndian) { Array($0) }
        return (bytes + mac(text, purpose, bytes)).withUnsafeBytes { Base64.encode($0) }
    }

    /// Whether the seal was made for this text and this purpose.
    func isGenuine(_ seal: String, of text: String, for purpose: Purpose) -> Bool {
        guard let bytes = Base64.decode(seal), bytes.count == 40 else { return false }
        let expected = mac(text, purpose, Array(bytes[..<8]))
        var difference: UInt8 = 0
        for (left, right) in zip(expected, bytes[8...]) { difference |= left ^ right }
        return difference == 0
    }

    private func mac(_ text: String, _ purpose: Purpose, _ nonce: [UInt8]) -> [UInt8] {
        var mac = HMAC<SHA256>(key: key)
        mac.update(data: Array(purpose.rawValue.utf8) + [0] + nonce)
        mac.update(data: Array(text.utf8))
        return Array(mac.finalize())
    }
}
