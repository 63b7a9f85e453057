// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Changes that break a document in the ways in which clients and upstreams do, and in those in which attackers do.
enum Mutation {
    /// Values that take the place of any other.
    private static let strangers: [JSONTree] = [
        .scalar("null"), .scalar("true"), .scalar("false"), .scalar("0"), .scalar("-1"), .scalar("1"), .scalar("0.5"),
        .scalar("9223372036854775807"), .scalar("-9223372036854775808"), .scalar("18446744073709551616"),
        .scalar("1e400"), .scalar("-0.0"), .scalar("4294967296"), .scalar("2147483648"), .scalar("1E3"),
        .text(""), .text("x"), .text(#"\n"#), .text(#"\r\n\r\ndata: x"#), .text(#"\u0000"#), .text(#"\ud83d\ude00"#),
        .text(" "), .text("\u{2028}"), .text("{"), .text(#"{\"a\":1}"#), .text("data:image/png;base64,"),
        .text("data:"), .text("https://example.com/a.png"), .text("gatehouse1_"),
        .text("gatehouse1_s000000000000000000bAAAA"), .text("call_1_gatehouse1_t000000000000000000bAAAA"),
        .array([]), .object([]), .array([.scalar("null")]), .array([.array([.object([])])]),
        .object([("type", .text("text"))]), .object([("", .scalar("null"))]), .object([("type", .scalar("7"))]),
    ]

    /// Escapes that strict JSON forbids, and a line end as it stands.
    private static let brokenText = [#"\ud800"#, #"\x"#, #"\u12"#, "\n", #"\"#]

    private static let kinds = 13

    /// The document with some of its values changed.
    static func mutated(_ tree: JSONTree, using generator: inout SplitMix) -> JSONTree {
        var tree = tree
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 0..<tree.count, using: &generator)
            var random = generator
            tree.change(at: place) { change(&$0, using: &random) }
            generator = random
        }
        return tree
    }

    private static func change(_ value: inout JSONTree, using generator: inout SplitMix) {
        let kind = Int.random(in: 0..<kinds, using: &generator)
        switch (value, kind) {
        case (.object(var members), 0...8) where !members.isEmpty:
            let index = Int.random(in: members.indices, using: &generator)
            switch kind {
            case 0, 1: members.remove(at: index)
            case 2: members.append(members[index])
            case 3: members[index].value = strangers.randomElement(using: &generator) ?? .scalar("null")
            case 4: for index in members.indices { members[index].value = .scalar("null") }
            case 5: members.shuffle(using: &generator)
            case 6: members[index].key += "_"
            case 7: members[index].value = .array([members[index].value])
            default: members.insert(("never_heard_of", .text(#"\n"#)), at: 0)
            }
            value = .object(members)
        case (.array(var elements), 0...8) where !elements.isEmpty:
            let index = Int.random(in: elements.indices, using: &generator)
            switch kind {
            case 0, 1: elements.remove(at: index)
            case 2, 3: elements.insert(elements[index], at: Int.random(in: 0...elements.count, using: &generator))
            case 4: elements.shuffle(using: &generator)
            case 5: elements[index] = strangers.randomElement(using: &generator) ?? .scalar("null")
            case 6: elements = Array(repeating: elements[index], count: 40)
            case 7: elements.removeAll()
            default: elements[index] = .array([elements[index]])
            }
            value = .array(elements)
        case (.text(let text), 0...2):
            // A cut through an escape makes the document invalid; that is one of the cases.
            value = .text(String(text.prefix(Int.random(in: 0...text.count, using: &generator))))
        case (.text(let text), 3): value = .text(text + #"\r\n"# + text)
        case (.text, 4) where Int.random(in: 0..<8, using: &generator) == 0:
            value = .text(brokenText.randomElement(using: &generator) ?? "")
        case (_, 9) where Int.random(in: 0..<4, using: &generator) == 0:
            for _ in 0..<Int.random(in: 1...140, using: &generator) { value = .array([value]) }
        default: value = strangers.randomElement(using: &generator) ?? .scalar("null")
        }
    }
}
