// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// The models that the simulator plays, by every name that they go by.
///
/// A model is known as `claude-sonnet-4-5`, `system.ai.claude-sonnet-4-5`, `databricks-claude-sonnet-4-5`, and by its vendor's own id. A date at the
/// end (`claude-sonnet-4-5-20250929`, `gpt-5-2025-08-07`) makes no difference.
package struct SimulatedCatalog: Sendable {
    package let models: [SimulatedModel]
    private let indices: [String: Int]

    package init(_ models: [BuiltInModel] = BuiltInModels.all) {
        self.models = models.map(SimulatedModel.init)
        var indices: [String: Int] = [:]
        for (index, model) in models.enumerated() {
            indices[model.shortName] = index
            if let name = model.vendorName { indices[name] = index }
        }
        self.indices = indices
    }

    /// The model of that name.
    package func model(named name: String) -> SimulatedModel? {
        if let index = indices[name] { return models[index] }
        var rest = Substring(name)
        for prefix in ["models/", "system.ai.", "databricks-"] where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
        }
        if rest.hasSuffix("[1m]") { rest = rest.dropLast(4) }
        if let index = indices[String(rest)] { return models[index] }
        guard let undated = Self.withoutDate(rest), let index = indices[String(undated)] else { return nil }
        return models[index]
    }

    /// The name without `-20250929` or `-2025-08-07` at its end; nil if there is no date.
    private static func withoutDate(_ name: Substring) -> Substring? {
        var parts = name.split(separator: "-", omittingEmptySubsequences: false)
        let isNumber = { (part: Substring, digits: Int) in
            part.utf8.count == digits && part.utf8.allSatisfy { $0 &- 48 < 10 }
        }
        if let last = parts.last, isNumber(last, 8) {
            parts.removeLast()
        } else if parts.count > 3, isNumber(parts[parts.count - 1], 2), isNumber(parts[parts.count - 2], 2),
            isNumber(parts[parts.count - 3], 4)
        {
            parts.removeLast(3)
        } else {
            return nil
        }
        guard let last = parts.last else { return nil }
        return name[..<last.endIndex]
    }
}
