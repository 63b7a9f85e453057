// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// The names of objects.
extension GovernanceParser {
    /// A part of a name, without its quotes.
    struct NamePart {
        var text: String
        var isQuoted: Bool
    }

    /// How the names of a kind look.
    static func sample(_ kind: Securable.Kind) -> String {
        switch kind {
        case .metastore: ""
        case .catalog: "catalog"
        case .schema: "catalog.schema"
        case .modelService, .providerService, .table, .secret: "catalog.schema.name"
        }
    }

    /// What stands behind `ON`: a kind and a name, or the bare name of a table.
    mutating func securable() throws(QueryError) -> Securable {
        if let kind = takeKind(Securable.Kind.allCases) { return try name(of: kind) }
        let place = index
        let parts = try parts()
        guard parts.count >= 3 else {
            throw failure(
                "Expected `METASTORE`, `CATALOG`, `SCHEMA`, `MODEL SERVICE`, `MODEL PROVIDER SERVICE`, `SECRET` or `TABLE` and a name",
                at: place
            )
        }
        return try securable(.table, parts, at: place)
    }

    /// Takes the words of a kind, unless they begin a name.
    mutating func takeKind(_ kinds: [Securable.Kind]) -> Securable.Kind? {
        let found: (kind: Securable.Kind, words: Int)? =
            switch (word(), word(after: 1), word(after: 2)) {
            case ("METASTORE", _, _): (.metastore, 1)
            case ("CATALOG", _, _): (.catalog, 1)
            case ("SCHEMA", _, _), ("DATABASE", _, _): (.schema, 1)
            case ("TABLE", _, _): (.table, 1)
            case ("SECRET", _, _): (.secret, 1)
            case ("MODEL", "SERVICE", _): (.modelService, 2)
            case ("MODEL", "PROVIDER", "SERVICE"): (.providerService, 3)
            default: nil
            }
        guard let found, kinds.contains(found.kind), token(after: found.words)?.kind != .dot else { return nil }
        skip(found.words)
        return found.kind
    }

    /// The name of an object of a kind; the metastore has none.
    mutating func name(of kind: Securable.Kind) throws(QueryError) -> Securable {
        if kind == .metastore { return .metastore }
        let place = index
        return try securable(kind, try parts(), at: place)
    }

    /// The object of a kind that a name means.
    ///
    /// The last part of the name of a service or a secret may have dots, quoted or not: there is nothing else that they could divide.
    func securable(_ kind: Securable.Kind, _ parts: [NamePart], at place: Int) throws(QueryError) -> Securable {
        var parts = parts
        let sample = Self.sample(kind)
        let count = sample.split(separator: ".").count
        let mayHaveDots = [.modelService, .providerService, .secret].contains(kind)
        if mayHaveDots, parts.count > 3, parts[2...].allSatisfy({ !$0.isQuoted }) {
            let rest = parts[2...].map(\.text).joined(separator: ".")
            parts.replaceSubrange(2..., with: [NamePart(text: rest, isQuoted: false)])
        }
        guard parts.count == count else {
            let parts = parts.count == 1 ? "1 part" : "\(parts.count) parts"
            throw failure("The name has \(parts); a \(kind.sqlName.lowercased()) is named `\(sample)`", at: place)
        }
        let name = parts.map(\.text).joined(separator: ".")
        guard parts.prefix(2).allSatisfy({ !$0.text.contains(".") }), let securable = Securable(kind, named: name)
        else {
            throw failure(
                "A part of a name has 1 to 255 letters, digits, `_` and `-`; only the last one of a service may have dots",
                at: place
            )
        }
        return securable
    }

    /// The parts of a dotted name.
    ///
    /// A part without quotes goes on as long as nothing stands between its tokens, so that `gpt-5.1` is one; there may be spaces around a dot.
    mutating func parts() throws(QueryError) -> [NamePart] {
        guard let first = next, [.word, .number, .quotedIdentifier].contains(first.kind) else {
            throw failure("Expected a name, found \(found)")
        }
        var parts = [NamePart(text: "", isQuoted: false)]
        while let token = next {
            // No copy of the part is kept, so that adding to it costs what is added.
            let isQuoted = parts[parts.count - 1].isQuoted
            let isEmpty = !isQuoted && parts[parts.count - 1].text.isEmpty
            switch token.kind {
            case .dot:
                guard !isEmpty else { throw failure("Expected a part of the name, found \(found)") }
                parts.append(NamePart(text: "", isQuoted: false))
            case .quotedIdentifier where isEmpty:
                guard let contents = text.unquoted(token) else {
                    throw failure("A name is not closed; a quote inside a name is written twice")
                }
                parts[parts.count - 1] = NamePart(text: contents, isQuoted: true)
            case .word where isEmpty || isAdjacent && !isQuoted,
                .number where isEmpty || isAdjacent && !isQuoted,
                .other where isAdjacent && !isQuoted && text.bytes[token.range.lowerBound] == UInt8(ascii: "-"):
                try append(text.text(token.range), to: &parts)
            default:
                guard !isEmpty else { throw failure("Expected a part of the name, found \(found)") }
                return parts
            }
            skip()
        }
        guard let last = parts.last, last.isQuoted || !last.text.isEmpty else {
            throw failure("Expected a part of the name, found \(found)")
        }
        return parts
    }

    /// Adds text without quotes, in which dots may stand: `3.5` is one token.
    private func append(_ piece: String, to parts: inout [NamePart]) throws(QueryError) {
        for character in piece {
            if character != "." {
                parts[parts.count - 1].text.append(character)
            } else if parts[parts.count - 1].text.isEmpty {
                throw failure("Expected a part of the name, found \(found)")
            } else {
                parts.append(NamePart(text: "", isQuoted: false))
            }
        }
    }
}
