// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The state of reasoning items: sealed content for clients that keep it, ids for those that rely on OpenAI to keep it.
///
/// Compactions are sealed in the same way.
enum ResponseReasoning {
    static func encryptedContent(_ simulation: Simulation, for purpose: OpaqueState.Purpose) -> String {
        "gAAAA" + simulation.state.seal("", for: purpose, nonce: simulation.identity.number(1))
    }

    static func isGenuine(_ content: String, for purpose: OpaqueState.Purpose, _ state: OpaqueState) -> Bool {
        content.hasPrefix("gAAAA") && state.isGenuine(String(content.dropFirst(5)), of: "", for: purpose)
    }

    /// `rs_` and 48 hexadecimal digits: 16 that are the request's and 32 that prove it.
    static func id(_ simulation: Simulation) -> String {
        let nonce = simulation.identity.hexID("", 16)
        return "rs_" + nonce + proof(nonce, simulation.state)
    }

    static func isGenuineID(_ id: String, _ state: OpaqueState) -> Bool {
        guard id.hasPrefix("rs_"), id.utf8.count == 51 else { return false }
        let digits = id.dropFirst(3)
        return digits.suffix(32) == proof(String(digits.prefix(16)), state)
    }

    private static func proof(_ nonce: String, _ state: OpaqueState) -> String {
        let seal = state.seal(nonce, for: .openAIReasoningID, nonce: 0)
        let bytes = Base64.decode(seal)?.suffix(16) ?? []
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
