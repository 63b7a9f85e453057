// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// What OpenAI's models take that the API does not tell: by their names, since the vendor has no other place for it.
///
/// A name that is not known is one of a model to come, which thinks and takes every effort. Sources: PyPI `openai` 3.52.0, the words on `reasoning.effort`
/// in `types/shared_params/reasoning.py` and `ChatModel` (2026-11).
struct ResponsesModel {
    private let name: String

    /// A model by its name in the vendor's terms.
    init(_ name: String) {
        self.name = name.lowercased()
    }

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
        } else if name.contains("gpt-5.1") {
            if effort == .minimal { return .low }
            (least, most) = (.none, name.contains("max") ? .xhigh : .high)
        } else if name.contains("gpt-5"), !name.contains("gpt-5.") {
            (least, most) = (.minimal, .high)
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
