// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Changes that make a translation write much: shared texts, schemas that refer to themselves, elements in great number, depth.
enum StructureMutation {
    /// A larger document proves nothing that a smaller one does not.
    private static let largestDocument = 400_000

    /// The keys whose values are schemas.
    private static let schemaKeys: Set<String> = [
        "parameters", "input_schema", "schema", "parametersJsonSchema", "responseSchema", "responseJsonSchema",
    ]
    /// The keys whose texts tell elements apart, or tie them together.
    private static let nameKeys: Set<String> = [
        "id", "name", "call_id", "tool_call_id", "tool_use_id", "namespace", "model", "responseId", "modelVersion",
        "toolUseId", "item_id", "role", "type",
    ]

    /// The document with up to four such changes.
    static func mutated(_ tree: JSONTree, using generator: inout SplitMix) -> JSONTree {
        var tree = tree
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let changed = change(tree, using: &generator)
            if changed.written.utf8.count <= largestDocument { tree = changed }
        }
        return tree
    }

    private static func change(_ tree: JSONTree, using generator: inout SplitMix) -> JSONTree {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0...2: repeatElement(of: tree, using: &generator)
        case 3, 4: lengthenText(of: tree, among: nil, using: &generator)
        case 5: lengthenText(of: tree, among: ["description", "name", "id", "instruction", "title"], using: &generator)
        case 6, 7: replaceSchema(of: tree, using: &generator)
        case 8: addNamespace(to: tree, using: &generator)
        default: deepen(tree, using: &generator)
        }
    }

    /// A place in the order of reading that `matches`; nil if there is none.
    private static func place(
        in tree: JSONTree,
        using generator: inout SplitMix,
        where matches: (_ key: String?, JSONTree) -> Bool
    ) -> Int? {
        var places: [Int] = []
        var index = 0
        func visit(_ key: String?, _ value: JSONTree) {
            if matches(key, value) { places.append(index) }
            index += 1
            switch value {
            case .scalar, .text: break
            case .array(let elements): for element in elements { visit(nil, element) }
            case .object(let members): for member in members { visit(member.key, member.value) }
            }
        }
        visit(nil, tree)
        return places.randomElement(using: &generator)
    }

    // MARK: Repetition

    private static func repeatElement(of tree: JSONTree, using generator: inout SplitMix) -> JSONTree {
        let place = place(in: tree, using: &generator) { _, value in
            if case .array(let elements) = value { !elements.isEmpty } else { false }
        }
        guard let place else { return tree }
        let count = Int.random(in: 2...300, using: &generator)
        let pick = Int.random(in: 0..<1_000, using: &generator)
        let areNumbered = Bool.random(using: &generator)
        var tree = tree
        tree.change(at: place) { value in
            guard case .array(var elements) = value else { return }
            let index = pick % elements.count
            let copies = (0..<count).map { areNumbered ? numbered(elements[index], $0) : elements[index] }
            elements.insert(contentsOf: copies, at: index)
            value = .array(elements)
        }
        return tree
    }

    /// The element with its number behind its names.
    private static func numbered(_ tree: JSONTree, _ number: Int) -> JSONTree {
        switch tree {
        case .scalar, .text: tree
        case .array(let elements): .array(elements.map { numbered($0, number) })
        case .object(let members):
            .object(
                members.map { key, value in
                    if case .text(let text) = value, nameKeys.contains(key), key != "role", key != "type" {
                        return (key, .text("\(text)\(number)"))
                    }
                    return (key, numbered(value, number))
                }
            )
        }
    }

    // MARK: Texts

    private static func lengthenText(
        of tree: JSONTree,
        among keys: Set<String>?,
        using generator: inout SplitMix
    ) -> JSONTree {
        let place = place(in: tree, using: &generator) { key, value in
            guard case .text = value else { return false }
            return key != "role" && key != "type" && (keys == nil || key.map { keys?.contains($0) == true } == true)
        }
        guard let place else { return tree }
        let piece = ["x", #"\n"#, #"\u0001"#, #"\""#, "é", "/"].randomElement(using: &generator) ?? "x"
        let text = String(repeating: piece, count: Int.random(in: 100...40_000, using: &generator))
        var tree = tree
        tree.change(at: place) { $0 = .text(text) }
        return tree
    }

    // MARK: Schemas

    private static func replaceSchema(of tree: JSONTree, using generator: inout SplitMix) -> JSONTree {
        let place = place(in: tree, using: &generator) { key, value in
            guard case .object = value else { return false }
            return key.map(schemaKeys.contains) == true
        }
        guard let place else { return tree }
        let schema = schema(using: &generator)
        var tree = tree
        tree.change(at: place) { $0 = schema }
        return tree
    }

    /// A schema whose definitions refer to one another: in chains, fans or circles, above or below many levels.
    static func schema(using generator: inout SplitMix) -> JSONTree {
        let count = Int.random(in: 1...40, using: &generator)
        let levels = Int.random(in: 0...40, using: &generator)
        let container = Bool.random(using: &generator) ? "$defs" : "definitions"
        let isChain = Bool.random(using: &generator)
        let text = String(repeating: "t", count: Int.random(in: 0...3_000, using: &generator))
        var definitions: [(key: String, value: JSONTree)] = []
        for index in 0..<count {
            var references: [JSONTree] = []
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let target = isChain ? index + 1 : Int.random(in: 0...count, using: &generator)
                references.append(reference("#/\(container)/d\(target)", using: &generator))
            }
            var inner = JSONTree.object([("type", .text("object")), ("description", .text(text))])
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: inner = references[0]
            case 1: inner = .object([("anyOf", .array(references))])
            default:
                inner = .object([
                    ("type", .text("object")), ("description", .text(text)),
                    ("properties", .object(references.enumerated().map { ("p\($0)", $1) })),
                ])
            }
            definitions.append(("d\(index)", below(levels, inner, using: &generator)))
        }
        definitions.append(("d\(count)", .object([("type", .text("string")), ("const", .text("c"))])))
        let first = reference("#/\(container)/d0", using: &generator)
        return .object([
            ("type", .text("object")), ("properties", .object([("p", first), ("q", first)])),
            (container, .object(definitions)),
        ])
    }

    private static func reference(_ pointer: String, using generator: inout SplitMix) -> JSONTree {
        let pointer = Int.random(in: 0..<20, using: &generator) == 0 ? "#" : pointer
        var members: [(key: String, value: JSONTree)] = [("$ref", .text(pointer))]
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: members.append(("description", .text("beside")))
        case 1: members.append(("type", .text("object")))
        default: break
        }
        return .object(members)
    }

    private static func below(_ levels: Int, _ schema: JSONTree, using generator: inout SplitMix) -> JSONTree {
        var schema = schema
        for level in 0..<levels {
            schema =
                level % 3 == 0
                ? .object([("type", .text("array")), ("items", schema)])
                : .object([("type", .text("object")), ("properties", .object([("l", schema)]))])
        }
        return schema
    }

    private static func addNamespace(to tree: JSONTree, using generator: inout SplitMix) -> JSONTree {
        guard case .object(var members) = tree else { return tree }
        let text = String(repeating: "n", count: Int.random(in: 0...30_000, using: &generator))
        let tools = (0..<Int.random(in: 1...200, using: &generator)).map { index -> JSONTree in
            .object([("type", .text("function")), ("name", .text("f\(index)")), ("parameters", .object([]))])
        }
        let namespace = JSONTree.object([
            ("type", .text("namespace")), ("name", .text("n\(text.utf8.count)")), ("description", .text(text)),
            ("tools", .array(tools)),
        ])
        if let index = members.firstIndex(where: { $0.key == "tools" }), case .array(let others) = members[index].value
        {
            members[index].value = .array(others + [namespace])
        } else {
            members.append(("tools", .array([namespace])))
        }
        return .object(members)
    }

    // MARK: Depth

    private static func deepen(_ tree: JSONTree, using generator: inout SplitMix) -> JSONTree {
        guard let place = place(in: tree, using: &generator, where: { _, _ in true }) else { return tree }
        let levels = Int.random(in: 1...124, using: &generator)
        let key =
            ["items", "content", "properties", "a", "not", "anyOf", "parts"].randomElement(using: &generator) ?? "a"
        let isInArrays = Bool.random(using: &generator)
        var tree = tree
        tree.change(at: place) { value in
            // Within itself, so that what may stand there may stand below it too.
            let whole = value
            for _ in 0..<levels {
                switch whole {
                case .object(let members) where members.count <= 4:
                    value = .object(members.filter { $0.key != key } + [(key, isInArrays ? .array([value]) : value)])
                case .array: value = .array([value])
                default: value = .object([(key, isInArrays ? .array([value]) : value)])
                }
            }
        }
        return tree
    }
}
