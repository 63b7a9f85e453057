// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// How a target spells the ids of tool calls.
///
/// An id of another vendor that is too long or has other characters is spelled in allowed ones, always the same way, and with a checksum, so that different ids
/// stay different and a result finds its call.
struct CallIDSpelling: Sendable {
    private enum Alphabet {
        case any
        /// Letters, digits, `_` and `-`.
        case word
        /// Those, `.` and `:`.
        case path
        case lettersAndDigits
    }

    /// In bytes.
    private let lengths: ClosedRange<Int>
    private let alphabet: Alphabet

    /// Anthropic's refusals name the characters; of a bound nothing is known (2026-11).
    static let anthropic = CallIDSpelling(lengths: 1...128, alphabet: .word)
    /// `toolUseId` in PyPI `botocore` 1.43.11 (2026-11).
    static let bedrock = CallIDSpelling(lengths: 1...64, alphabet: .path)
    /// OpenAI's Responses API (openai/codex, issue 14355, 2026-03).
    static let openAIResponses = CallIDSpelling(lengths: 0...64, alphabet: .any)

    /// OpenAI's chat completions (agno-agi/agno, issue 5382, 2025-11), Mistral's (nearai/ironclaw, issue 1241, 2026-03), and servers without a bound.
    static func chat(_ target: TranslationTarget) -> CallIDSpelling {
        if target.traits.demandsShortCallIDs == true {
            return CallIDSpelling(lengths: 9...9, alphabet: .lettersAndDigits)
        }
        let isOpenAIs = target.traits.takesDeveloperRole != false
        return CallIDSpelling(lengths: 0...(isOpenAIs ? 40 : .max), alphabet: .any)
    }

    /// Whether the target takes an id as it is.
    func takes(_ id: JSONString) -> Bool {
        id.withBytes { bytes, _ in lengths.contains(bytes.count) && (alphabet == .any || bytes.allSatisfy(takes)) }
    }

    /// The id as the target takes it.
    func spell(_ id: JSONString) -> JSONString {
        if takes(id) { return id }
        let checksum = FNV1a(id.string).text.string
        // Thirteen digits of base 36 and the hyphen before them.
        guard lengths.upperBound > 14 else {
            return JSONString(
                String("\(String(repeating: "0", count: lengths.upperBound))\(checksum)".suffix(lengths.upperBound))
            )
        }
        let start = id.string.utf8.prefix(lengths.upperBound - 14).map { byte in
            byte < 0x80 && (alphabet == .any || takes(byte)) ? byte : UInt8(ascii: "_")
        }
        return JSONString("\(String(decoding: start, as: UTF8.self))_\(checksum)")
    }

    private func takes(_ byte: UInt8) -> Bool {
        if byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 { return true }
        return switch alphabet {
        case .any: true
        case .lettersAndDigits: false
        case .word: byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        case .path:
            byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                || byte == UInt8(ascii: ":")
        }
    }
}
