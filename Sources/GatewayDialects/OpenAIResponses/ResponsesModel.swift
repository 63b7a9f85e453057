// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// What OpenAI's models take that the API does not tell: by their names, since the vendor has no other place for it.
///
/// A name that is not known is one of a model to come, which thinks and takes every effort. The efforts of the others (all read 2026-11-21):
///
/// - Before GPT-5.1 there is no `none`, and GPT-5 Pro knows only `high`; GPT-5.1 has `none` and `low` to `high`; `xhigh` came with GPT-5.1 Codex Max
///   (learn.microsoft.com/javascript/api/@azure/ai-projects/reasoningeffort, in the words of OpenAI's reference of early 2026).
/// - `minimal` ended with GPT-5 (github.com/openai/openai-agents-python/issues/2089).
/// - `max` came with GPT-5.6 (github.com/anomalyco/opencode/issues/36141, which quotes the vendor).
/// - The later pro models, `gpt-6-astra` and `gpt-6.1-sol` refuse `none` (PyPI `litellm` 1.109.1; no page of the vendor's was found).
///
/// PyPI `openai` 3.54.0 only says that not every model takes every effort.
struct ResponsesModel {
    private let name: String

    /// A model by its name in the vendor's terms, or as Databricks and others spell it, without the point: `databricks-gpt-5-4-mini`.
    init(_ name: String) {
        let words = name.lowercased().split(separator: "-", omittingEmptySubsequences: false)
        var spelled = ""
        for (index, word) in words.enumerated() {
            // Dates have four digits or two behind four, and `4o` is a word.
            let isMinor =
                index > 1 && words[index - 2].hasSuffix("gpt") && Self.isNumber(words[index - 1]) && Self.isNumber(word)
            if index > 0 { spelled += isMinor ? "." : "-" }
            spelled += word
        }
        self.name = spelled
    }

    private static func isNumber(_ word: Substring) -> Bool { (1...2).contains(word.utf8.count) && Int(word) != nil }

    /// Whether it thinks; others refuse `reasoning` and encrypted thoughts.
    var reasons: Bool {
        for part in ["gpt-3", "gpt-4", "chat-latest", "chatgpt-4o", "gpt-image", "computer-use"]
        where name.contains(part) {
            return false
        }
        return true
    }

    /// The effort that it takes which is next to this one.
    func nearest(_ effort: ReasoningConfiguration.Effort) -> ReasoningConfiguration.Effort {
        let (least, most): (ReasoningConfiguration.Effort, ReasoningConfiguration.Effort)
        if isOSeries {
            (least, most) = (.low, .high)
        } else if name.contains("gpt-5"), !name.contains("gpt-5.") {
            (least, most) = (name.contains("gpt-5-pro") ? .high : .minimal, .high)
        } else if name.contains("gpt-") {
            if effort == .minimal { return .low }
            if name.contains("gpt-5.1") {
                (least, most) = (.none, name.contains("max") ? .xhigh : .high)
            } else {
                let isBeforeMax = ["gpt-5.2", "gpt-5.3", "gpt-5.4", "gpt-5.5"].contains { name.contains($0) }
                let alwaysThinks = ["-pro", "gpt-6-astra", "gpt-6.1-sol"].contains { name.contains($0) }
                (least, most) = (alwaysThinks ? .low : .none, isBeforeMax ? .xhigh : .max)
            }
        } else {
            return effort
        }
        return min(max(effort, least), most)
    }

    /// `o1`, `o3-mini`, `o4-mini` and their kin, and a deployment named after one.
    private var isOSeries: Bool {
        guard let first = name.split(whereSeparator: { $0 == "/" || $0 == ":" }).last else { return false }
        return first.first == "o" && first.dropFirst().first?.isNumber == true
    }
}
