// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// A filter of a SCIM list: comparisons of attributes, joined by `and`, `or`, `not` and parentheses (RFC 7644, 3.4.2.2).
package indirect enum SCIMFilter: Sendable, Equatable {
    package enum Comparison: String, Sendable, CaseIterable { case eq, ne, co, sw, ew }

    case compare(attribute: String, Comparison, String)
    case present(attribute: String)
    case not(SCIMFilter)
    case and(SCIMFilter, SCIMFilter)
    case or(SCIMFilter, SCIMFilter)

    /// The longest filter, in bytes, and how deep its parentheses may be.
    private static let maximumBytes = 4096
    private static let maximumDepth = 16

    /// Reads a filter.
    ///
    /// - Throws: ``GatewayError/Code/invalidParameter`` that says what was expected.
    package init(_ text: String) throws(GatewayError) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw Self.invalid("It is longer than \(Self.maximumBytes) bytes.")
        }
        var parser = Parser(tokens: try Self.tokens(of: text))
        self = try parser.disjunction(depth: 0)
        guard parser.isAtEnd else { throw Self.invalid("`and` or `or` is expected before '\(parser.rest)'.") }
    }

    /// Whether a resource passes; attributes are found in any case, and their values are compared in any case, as SCIM has it for names.
    package func passes(_ values: (_ attribute: String) -> [String]) -> Bool {
        switch self {
        case .compare(let attribute, let comparison, let wanted):
            let found = values(attribute.lowercased()).map { $0.lowercased() }
            let wanted = wanted.lowercased()
            switch comparison {
            case .eq: return found.contains(wanted)
            case .ne: return !found.contains(wanted)
            case .co: return found.contains { $0.contains(wanted) }
            case .sw: return found.contains { $0.hasPrefix(wanted) }
            case .ew: return found.contains { $0.hasSuffix(wanted) }
            }
        case .present(let attribute): return !values(attribute.lowercased()).isEmpty
        case .not(let filter): return !filter.passes(values)
        case .and(let first, let second): return first.passes(values) && second.passes(values)
        case .or(let first, let second): return first.passes(values) || second.passes(values)
        }
    }

    // MARK: Reading

    private enum Token: Equatable {
        case word(String)
        case text(String)
        case open, close
    }

    static func invalid(_ problem: String) -> GatewayError {
        GatewayError(
            .invalidParameter,
            "The filter cannot be read. \(problem) A filter looks like `userName eq \"alice@example.com\"`.",
            parameter: "filter"
        )
    }

    private static func tokens(of text: String) throws(GatewayError) -> [Token] {
        var tokens: [Token] = []
        var rest = Substring(text)
        while let first = rest.first {
            switch first {
            case " ", "\t": rest.removeFirst()
            case "(", ")":
                tokens.append(first == "(" ? .open : .close)
                rest.removeFirst()
            case "\"": tokens.append(.text(try quoted(&rest)))
            default:
                let word = rest.prefix { !" \t()\"".contains($0) }
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            }
        }
        return tokens
    }

    private static func quoted(_ rest: inout Substring) throws(GatewayError) -> String {
        rest.removeFirst()
        var text = ""
        while let next = rest.popFirst() {
            if next == "\"" { return text }
            if next == "\\", let escaped = rest.popFirst() { text.append(escaped) } else { text.append(next) }
        }
        throw invalid("A quotation mark is missing.")
    }

    private struct Parser {
        let tokens: [Token]
        var index = 0

        var isAtEnd: Bool { index >= tokens.count }
        var rest: String {
            guard index < tokens.count else { return "the end" }
            switch tokens[index] {
            case .word(let text), .text(let text): return text.prefixOfUTF8(64)
            case .open: return "("
            case .close: return ")"
            }
        }

        mutating func takesWord(_ word: String) -> Bool {
            guard index < tokens.count, case .word(let found) = tokens[index], found.lowercased() == word else {
                return false
            }
            index += 1
            return true
        }

        mutating func disjunction(depth: Int) throws(GatewayError) -> SCIMFilter {
            var filter = try conjunction(depth: depth)
            while takesWord("or") { filter = .or(filter, try conjunction(depth: depth)) }
            return filter
        }

        mutating func conjunction(depth: Int) throws(GatewayError) -> SCIMFilter {
            var filter = try term(depth: depth)
            while takesWord("and") { filter = .and(filter, try term(depth: depth)) }
            return filter
        }

        mutating func term(depth: Int) throws(GatewayError) -> SCIMFilter {
            guard depth < maximumDepth else { throw invalid("It is nested more than \(maximumDepth) levels deep.") }
            if takesWord("not") { return .not(try term(depth: depth + 1)) }
            if index < tokens.count, tokens[index] == .open {
                index += 1
                let filter = try disjunction(depth: depth + 1)
                guard index < tokens.count, tokens[index] == .close else { throw invalid("A `)` is missing.") }
                index += 1
                return filter
            }
            guard index < tokens.count, case .word(let attribute) = tokens[index] else {
                throw invalid("The name of an attribute is expected instead of '\(rest)'.")
            }
            index += 1
            if takesWord("pr") { return .present(attribute: attribute) }
            guard index < tokens.count, case .word(let name) = tokens[index],
                let comparison = Comparison(rawValue: name.lowercased())
            else { throw invalid("One of eq, ne, co, sw, ew and pr is expected instead of '\(rest)'.") }
            index += 1
            guard index < tokens.count else { throw invalid("A value is expected at the end.") }
            switch tokens[index] {
            case .word(let value), .text(let value):
                index += 1
                return .compare(attribute: attribute, comparison, value)
            case .open, .close: throw invalid("A value is expected instead of '\(rest)'.")
            }
        }
    }
}
