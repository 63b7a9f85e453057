// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewaySchema

import Yams

/// Limits on a file: about three times an export of 10,000 users, 1,000 services and 50,000 grants.
///
/// Reading the largest file takes some 440 MiB and 6 seconds (docs/performance.md).
enum FileBounds {
    static let bytes = 16 << 20
    static let depth = 32
    /// Values, including those that aliases repeat.
    static let nodes = 2_000_000
}

extension FileNode {
    /// Reads YAML, and therefore JSON.
    ///
    /// - Returns: nil for a file without any value.
    /// - Throws: the first problem, since it makes the rest unreadable.
    static func read(yaml bytes: [UInt8]) throws(ConfigurationError.Problem) -> FileNode? {
        guard bytes.count <= FileBounds.bytes else {
            throw problem(nil, "The file has \(bytes.count) bytes; at most \(FileBounds.bytes) are allowed.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw problem(firstInvalidLine(of: bytes), "The file is not valid UTF-8.")
        }
        if let probe = AliasProbe.text(of: bytes) {
            var budget = FileBounds.nodes
            try AliasProbe.check(try compose(probe), depth: 0, budget: &budget)
        }
        guard let root = try compose(text) else { return nil }
        var budget = FileBounds.nodes
        return try FileNode(root, depth: 0, budget: &budget)
    }

    static func problem(_ line: Int?, _ message: String) -> ConfigurationError.Problem {
        ConfigurationError.Problem(line: line, keyPath: "", message: message)
    }

    private static func compose(_ text: String) throws(ConfigurationError.Problem) -> Node? {
        do {
            // Without rules every plain scalar stays text: the schema decides what is a number.
            return try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw ConfigurationError.Problem(error)
        } catch {
            throw problem(nil, "The file is not valid YAML.")
        }
    }

    private static func firstInvalidLine(of bytes: [UInt8]) -> Int {
        var line = 1
        for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { break }
            line += 1
        }
        return line
    }

    private init(_ node: Node, depth: Int, budget: inout Int) throws(ConfigurationError.Problem) {
        let line = node.mark?.line ?? 1
        try Self.spend(&budget, line: line, depth: depth)
        let content: Content
        switch node {
        case .scalar(let scalar):
            content = .scalar(Scalar(text: scalar.string, isQuoted: scalar.style != .plain && scalar.style != .any))
        case .sequence(let sequence):
            var values: [FileNode] = []
            for value in sequence {
                values.append(try FileNode(value, depth: depth + 1, budget: &budget))
            }
            content = .list(values)
        case .mapping(let mapping):
            var entries: [Entry] = []
            var lines: [String: Int] = [:]
            for (key, value) in mapping {
                let keyLine = key.mark?.line ?? line
                try Self.spend(&budget, line: keyLine, depth: depth)
                guard case .scalar(let scalar) = key else {
                    throw Self.problem(keyLine, "A key must be text, not a list or a mapping.")
                }
                let name = scalar.string
                if let first = lines.updateValue(keyLine, forKey: name) {
                    throw Self.problem(
                        keyLine,
                        "The key `\(shown: name)` appears twice; the first is on line \(first)."
                    )
                }
                entries.append(
                    Entry(key: name, line: keyLine, value: try FileNode(value, depth: depth + 1, budget: &budget))
                )
            }
            content = .mapping(entries)
        case .alias:
            throw Self.problem(line, "This alias has no anchor.")
        }
        self.init(line: line, content: content)
    }

    private static func spend(_ budget: inout Int, line: Int, depth: Int) throws(ConfigurationError.Problem) {
        guard depth <= FileBounds.depth else {
            throw problem(line, "The file is nested more than \(FileBounds.depth) levels deep.")
        }
        budget -= 1
        guard budget >= 0 else {
            throw problem(
                line,
                "The file has more than \(FileBounds.nodes) values, counting aliases as the values they repeat."
            )
        }
    }
}

extension ConfigurationError.Problem {
    /// The message of the YAML library, without the text of the file in its errors.
    fileprivate init(_ error: YamlError) {
        switch error {
        case .parser(_, let problem, let mark, _) where problem.hasPrefix("Maximum nesting level"):
            self = FileNode.problem(mark.line, "The file is nested more than \(FileBounds.depth) levels deep.")
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
            self = FileNode.problem(mark.line, "This is not valid YAML: \(problem)\(place).")
        case .reader(let problem, let offset, _, let yaml):
            let line = offset.map { yaml.prefix($0).count(where: \.isNewline) + 1 }
            self = FileNode.problem(line, "This is not valid YAML: \(problem).")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "`\(shown: $0)`" }.joined(separator: ", ")
            self = FileNode.problem(context.mark.line, "The same mapping has this key again further down: \(names).")
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            self = FileNode.problem(nil, "The file is not valid YAML.")
        }
    }
}
