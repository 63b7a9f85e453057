// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// List prices of models, by vendor.
///
/// They are those of the vendors' own APIs, in dollars for a million tokens. Each vendor's table names its source and the date of it. Another provider of the same
/// model often asks the same; what it costs there is an estimate.
package enum PriceList {
    /// `price_version` of what these prices were applied to; it changes with every change of a price.
    package static let version = "list-2026-11-28"

    /// One row.
    struct Entry: Sendable {
        /// The vendor's name of the model, with hyphens for points.
        let name: String
        let card: PriceCard
        let changes: [ModelPrice.Change]

        init(_ name: String, _ card: PriceCard, changes: [ModelPrice.Change] = []) {
            self.name = name
            self.card = card
            self.changes = changes
        }
    }

    /// Whose prices are listed; the raw values are `provider_type`s.
    package enum Vendor: String, Sendable, CaseIterable {
        case anthropic
        case openAI = "openai"
        case gemini

        fileprivate var entries: [Entry] {
            switch self {
            case .anthropic: PriceList.anthropic
            case .openAI: PriceList.openAI
            case .gemini: PriceList.gemini
            }
        }
    }

    /// All cards of a vendor, later ones included.
    package static func cards(of vendor: Vendor) -> [PriceCard] {
        vendor.entries.flatMap { [$0.card] + $0.changes.map(\.card) }
    }

    /// Finds what a model costs at a provider; nil if no vendor lists it.
    ///
    /// - Parameters:
    ///   - model: The provider's name of the model, or one that stands for it.
    ///   - provider: The `provider_type`.
    ///   - isOwnName: Whether the provider serves the model under that very name, and not one like it.
    /// - Returns: The prices of the vendor; ``ModelPrice/Source/similar`` where it is not the provider.
    package static func price(of model: String, at provider: String, isOwnName: Bool = true) -> ModelPrice? {
        let name = canonical(model)
        if isOwnName, let vendor = Vendor(rawValue: provider), let entry = index[vendor]?[name] {
            return ModelPrice(entry.card, changes: entry.changes, source: .list)
        }
        for vendor in Vendor.allCases {
            guard let entry = index[vendor]?[name] else { continue }
            return ModelPrice(entry.card, changes: entry.changes, source: .similar)
        }
        return nil
    }

    private static let index: [Vendor: [String: Entry]] = Dictionary(
        uniqueKeysWithValues: Vendor.allCases.map { vendor in
            (vendor, Dictionary(vendor.entries.map { ($0.name, $0) }) { first, _ in first })
        }
    )

    /// A name without what clouds put before and after it, and without its date: `us.anthropic.claude-sonnet-4-5-20250929-v1:0` is `claude-sonnet-4-5`.
    static func canonical(_ name: String) -> String {
        var name = Substring(name.lowercased())
        if let slash = name.lastIndex(of: "/") { name = name[name.index(after: slash)...] }
        for prefix in ["anthropic.", "openai.", "google."] {
            if let range = name.firstRange(of: prefix) { name = name[range.upperBound...] }
        }
        if name.hasPrefix("databricks-") { name = name.dropFirst(11) }
        if name.hasSuffix("[1m]") { name = name.dropLast(4) }
        if let colon = name.firstIndex(of: ":") {
            name = name[..<colon]
            // `-v1`, and not the beginning of a word.
            let version = name.reversed().drop { $0.isASCII && $0.isNumber }
            if version.count < name.count, version.starts(with: "v-") {
                name = name.dropLast(name.count - version.count + 2)
            }
        }
        if let at = name.firstIndex(of: "@") { name = name[..<at] }
        for suffix in ["-latest", "-preview"] where name.hasSuffix(suffix) { name = name.dropLast(suffix.count) }
        for pattern in ["-preview-##-####", "-####-##-##", "-########"] where ends(name, like: pattern) {
            name = name.dropLast(pattern.count)
            break
        }
        return String(name.map { $0 == "." ? "-" : $0 })
    }

    private static func ends(_ name: Substring, like pattern: String) -> Bool {
        guard name.utf8.count > pattern.utf8.count else { return false }
        return zip(name.utf8.suffix(pattern.utf8.count), pattern.utf8).allSatisfy { byte, expected in
            expected == UInt8(ascii: "#") ? (0x30...0x39).contains(byte) : byte == expected
        }
    }

    /// Millionths of a dollar, which for a million tokens are pico-dollars for each.
    static func dollars(_ amount: String) -> Int {
        DollarAmount.millionths(amount) ?? 0
    }
}

/// Amounts of dollars in decimal digits.
package enum DollarAmount {
    /// Millionths of a dollar of an amount such as `2.5`; nil for anything else, and for more than six digits after the point.
    package static func millionths(_ text: String) -> Int? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = digits(parts[0]), parts[0].utf8.count <= 12 else { return nil }
        guard parts.count == 2 else { return whole * 1_000_000 }
        guard (1...6).contains(parts[1].utf8.count), var fraction = digits(parts[1]) else { return nil }
        for _ in parts[1].utf8.count..<6 { fraction *= 10 }
        return whole * 1_000_000 + fraction
    }

    /// An amount of nano-dollars in dollars, with at least two digits after the point.
    package static func text(nanodollars: Int64) -> String {
        let (whole, rest) = (nanodollars / 1_000_000_000, abs(nanodollars % 1_000_000_000))
        var fraction = String(String(rest + 1_000_000_000).dropFirst())
        while fraction.count > 2, fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(whole).\(fraction)"
    }

    private static func digits(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
