// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What a model of this API can do, as far as its name tells.
///
/// Rules: the vendor's pages on adaptive and extended thinking, effort, structured outputs, prefilling and its model migration guides (2026-11). A name that is not
/// Claude's belongs to a compatible server, which knows the older members.
struct AnthropicModel {
    /// Claude's version; nil for other models.
    let version: (major: Int, minor: Int)?
    private let isOpus: Bool

    init(_ name: String) {
        let words = name.split { $0 == "-" || $0 == "." || $0 == "/" || $0 == "@" || $0 == ":" || $0 == "_" }
        isOpus = words.contains("opus")
        guard let claude = words.firstIndex(of: "claude") else {
            version = nil
            return
        }
        // Dates have eight digits, versions one or two: `claude-3-7-sonnet-20250219`, `claude-opus-4-1@20250805`.
        var numbers: [Int] = []
        for word in words[(claude + 1)...] {
            if word.utf8.count <= 2, let number = Int(word), number >= 0 {
                numbers.append(number)
            } else if !numbers.isEmpty {
                break
            }
        }
        version = numbers.first.map { ($0, numbers.count > 1 ? numbers[1] : 0) }
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
    var takesEffort: Bool { isFrom(4, isOpus ? 5 : 6, otherwise: false) }
    /// Whether the effort `xhigh` is understood.
    var takesExtraHighEffort: Bool { isFrom(4, 7, otherwise: false) }
    /// Whether `output_config.format` is understood.
    var takesFormat: Bool { isFrom(4, 5, otherwise: false) }
    /// Whether there are `temperature`, `top_p` and `top_k`.
    var takesSampling: Bool { !isFrom(4, 7, otherwise: false) }
    /// Whether `temperature` and `top_p` may stand in one request.
    var takesBothSamplings: Bool { !isFrom(4, 1, otherwise: false) }
    /// Whether a conversation may end with the beginning of the answer.
    var takesPrefill: Bool { !isFrom(4, 6, otherwise: false) }
}
