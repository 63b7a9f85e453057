// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// What a model of this API can do, as far as its name tells.
///
/// Rules: the vendor's pages on adaptive and extended thinking, effort, structured outputs, prefilling and its model migration guides (2026-11); read again on
/// 2026-11-21: `skills/claude-api` of github.com/anthropics/skills as of 2026-07 (Fable 5 refuses `disabled`; `max` came with 4.6), and of
/// platform.claude.com/docs the pages models/sonnet-5-5/migration-guide (no `disabled`, no forced calls) and models/opus-5-5/whats-new-opus-5-5 (the same, and
/// for Fable 5.1; Opus 5 takes `disabled` with an effort of `high` at most). A name that is not Claude's belongs to a compatible server, which knows the older
/// members.
struct AnthropicModel {
    /// How a model is told not to think.
    enum Silence {
        /// By `thinking.type` of `disabled`.
        case disabled
        /// By `between_tools`: no thoughts in front, short ones between calls.
        case betweenTools
        /// It always thinks, and refuses to be told.
        case impossible
    }

    private enum Family {
        case opus, sonnet, haiku, fable, mythos

        init?(_ word: UnsafeRawBufferPointer) {
            if word.equals("sonnet") {
                self = .sonnet
            } else if word.equals("opus") {
                self = .opus
            } else if word.equals("haiku") {
                self = .haiku
            } else if word.equals("fable") {
                self = .fable
            } else if word.equals("mythos") {
                self = .mythos
            } else {
                return nil
            }
        }
    }

    /// Claude's version; nil for other models.
    let version: (major: Int, minor: Int)?
    private let family: Family?

    init(_ name: String) {
        var name = name
        (version, family) = name.withUTF8 { Self.read(UnsafeRawBufferPointer($0)) }
    }

    /// Reads the words of a name, whatever stands between them.
    ///
    /// Dates have eight digits, versions one or two: `claude-3-7-sonnet-20250219`, `claude-opus-4-1@20250805`.
    private static func read(
        _ name: UnsafeRawBufferPointer
    ) -> (version: (major: Int, minor: Int)?, family: Family?) {
        var family: Family?
        var isClaude = false
        var major: Int?
        var minor: Int?
        var isVersionOver = false
        var start = 0
        while start < name.count {
            var end = start
            while end < name.count, !isSeparator(name[end]) { end += 1 }
            let word = UnsafeRawBufferPointer(rebasing: name[start..<end])
            start = end + 1
            if word.isEmpty { continue }
            if family == nil { family = Family(word) }
            guard isClaude else {
                isClaude = word.equals("claude")
                continue
            }
            guard !isVersionOver else { continue }
            if let number = number(word) {
                if major == nil { major = number } else if minor == nil { minor = number }
            } else if major != nil {
                isVersionOver = true
            }
        }
        return (major.map { ($0, minor ?? 0) }, family)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: ":"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// A number of one or two digits.
    private static func number(_ word: UnsafeRawBufferPointer) -> Int? {
        guard word.count <= 2 else { return nil }
        var number = 0
        for byte in word {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number * 10 + Int(digit)
        }
        return number
    }

    private func isFrom(_ major: Int, _ minor: Int, otherwise other: Bool) -> Bool {
        guard let version else { return other }
        return (version.major, version.minor) >= (major, minor)
    }

    /// Whether the model can think where it is asked to.
    var thinks: Bool { isFrom(3, 7, otherwise: true) }
    /// Whether thinking is asked for without a budget.
    var thinksAdaptively: Bool { isFrom(4, 6, otherwise: false) }
    /// Whether thoughts are left out of answers unless they are asked for.
    var hidesThoughts: Bool { isFrom(4, 7, otherwise: false) }
    /// Whether `output_config.effort` is understood; Claude Opus 4.5 brought it.
    var takesEffort: Bool { isFrom(4, family == .opus ? 5 : 6, otherwise: false) }
    /// Whether the effort `xhigh` is understood.
    var takesExtraHighEffort: Bool { isFrom(4, 7, otherwise: false) }
    /// Whether the effort `max` is understood.
    var takesMaximumEffort: Bool { isFrom(4, 6, otherwise: false) }
    /// Whether it thinks unless it is told not to.
    var thinksUnasked: Bool { isFrom(5, 0, otherwise: false) }
    /// How it is told not to think.
    var silence: Silence {
        switch family {
        case .fable, .mythos: version == nil ? .disabled : .impossible
        case .opus: isFrom(5, 5, otherwise: false) ? .impossible : .disabled
        case .sonnet: isFrom(5, 5, otherwise: false) ? .betweenTools : .disabled
        case .haiku, nil: .disabled
        }
    }
    /// Whether a call of a tool can be forced.
    var takesForcedCalls: Bool {
        switch family {
        case .fable, .mythos: !isFrom(5, 1, otherwise: false)
        case .opus, .sonnet: !isFrom(5, 5, otherwise: false)
        case .haiku, nil: true
        }
    }
    /// Whether `output_config.format` is understood; by Claude Opus 4.1 too, where a tool emulates it.
    var takesFormat: Bool { isFrom(4, 5, otherwise: false) }
    /// Whether there are `temperature`, `top_p` and `top_k`.
    var takesSampling: Bool { !isFrom(4, 7, otherwise: false) }
    /// Whether `temperature` and `top_p` may stand in one request; since Claude 4 they may not.
    var takesBothSamplings: Bool { !isFrom(4, 0, otherwise: false) }
    /// Whether a conversation may end with the beginning of the answer.
    var takesPrefill: Bool { !isFrom(4, 6, otherwise: false) }
}
