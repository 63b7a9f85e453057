// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// By which names a service of `system.ai` is known, and what is suggested for a name that nothing has.
extension Snapshot {
    /// The spellings of Databricks' documentation (bare, with `databricks-`, and both below `system.ai`) and those of the model's vendor.
    static func aliases(of name: String) -> [String] {
        let short = name.hasPrefix("databricks-") ? String(name.dropFirst(11)) : name
        var aliases = [short, "databricks-\(short)", "system.ai.\(short)", "system.ai.databricks-\(short)"]
        guard let vendorName = BuiltInModels.model(named: short)?.vendorName else { return aliases }
        aliases.append(vendorName)
        if vendorName.hasSuffix("-preview") { aliases.append(String(vendorName.dropLast(8))) }
        return aliases
    }

    /// A vendor's name without the date of the version: `claude-sonnet-4-5-20250929`, `claude-opus-4-1@20250805`, `gpt-5-2025-08-07`,
    /// `gemini-2.5-flash-preview-09-2025`; nil for a name without one.
    static func undated(_ name: String) -> String? {
        for date in ["-preview-##-####", "-####-##-##", "-########", "@########"]
        where name.utf8.count > date.utf8.count {
            let end = name.utf8.suffix(date.utf8.count)
            let isDate = zip(end, date.utf8).allSatisfy { byte, pattern in
                pattern == UInt8(ascii: "#")
                    ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == pattern
            }
            if isDate { return String(name.utf8.dropLast(date.utf8.count)) }
        }
        return nil
    }

    /// What a client is told of a name that there is not.
    ///
    /// The words depend on the name and on what the caller may execute: they tell nothing of what it may not.
    func notFound(_ name: String, for caller: Caller) -> GatewayError {
        var error = Self.notFound(name)
        let names = suggestions(for: name, caller).map { "'\($0)'" }
        guard let last = names.last else { return error }
        let rest = names.dropLast()
        error.message += ". Did you mean \(rest.isEmpty ? "" : rest.joined(separator: ", ") + " or ")\(last)?"
        return error
    }

    /// Most names that are suggested.
    private static let maximumSuggestions = 3

    /// The names most like this one of what the caller may execute, spelled as it spells them: with `system.ai.` or without.
    private func suggestions(for name: String, _ caller: Caller) -> [String] {
        let isFull = name.hasPrefix("system.ai.")
        return Suggestion.closest(
            to: Self.comparable(name),
            in: configuration.modelServices,
            by: { Self.comparable($0.name.description) },
            atMost: Self.maximumSuggestions,
            where: { (try? metastore.checkExecute($0.name, by: caller)) != nil }
        ).map { service in
            let isBuiltIn = service.name.catalog == "system" && service.name.schema == "ai"
            return isBuiltIn && !isFull ? service.name.name : service.name.description
        }
    }

    /// A name without what its spellings differ in.
    private static func comparable(_ name: String) -> String {
        var name = name.lowercased()
        if name.hasPrefix("system.ai.") { name.removeFirst(10) }
        if name.hasPrefix("databricks-") { name.removeFirst(11) }
        if name.hasSuffix("[1m]") { name.removeLast(4) }
        return (undated(name) ?? name).replacing(".", with: "-")
    }
}
