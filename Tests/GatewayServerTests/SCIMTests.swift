// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import GatewayServer
import NIOCore
import Testing

@Suite("SCIM")
struct SCIMTests {
    private let values: [String: [String]] = [
        "username": ["Alice@example.com"], "active": ["true"], "groups.value": ["1", "2"], "displayname": ["A \"B\""],
    ]

    @Test(
        "Filters select as RFC 7644 says",
        arguments: [
            ("userName eq \"alice@EXAMPLE.com\"", true), ("USERNAME sw \"alice\"", true),
            ("userName ew \".org\"", false),
            ("userName co \"@\" and active eq true", true), ("userName eq \"x\" or active eq \"true\"", true),
            ("not (active eq true)", false), ("not active eq true or userName pr", true), ("externalId pr", false),
            ("groups.value eq 2", true), ("groups.value ne 2", false), ("displayName eq \"a \\\"b\\\"\"", true),
            ("userName eq \"x\" or active eq true and externalId pr", false),
            ("(userName eq \"x\" or active eq true) and userName pr", true),
        ]
    )
    func filters(text: String, passes: Bool) throws {
        #expect(try SCIMFilter(text).passes { values[$0] ?? [] } == passes)
    }

    @Test(
        "A filter that cannot be read says what was expected",
        arguments: [
            ("", "the name of an attribute"), ("userName", "One of eq"), ("userName eq", "A value is expected"),
            ("userName eq \"x", "quotation mark"), ("(userName pr", "`)` is missing"),
            ("userName pr )", "`and` or `or`"),
            ("userName gt 1", "One of eq"), ("userName eq (", "A value is expected"),
            (String(repeating: "(", count: 2000), "nested more than"),
            (String(repeating: "a", count: 5000), "longer than"),
        ]
    )
    func wrongFilters(text: String, told: String) {
        let error = #expect(throws: GatewayError.self) { try SCIMFilter(text) }
        #expect(error?.message.lowercased().contains(told.lowercased()) == true, "\(error?.message ?? "")")
        #expect(error?.code == .invalidParameter)
    }

    private func body(patch json: String, _ kind: Principal.Kind = .group) throws -> SCIMBody {
        try SCIMBody(patch: JSONValue(validating: ByteBuffer(string: json)), of: kind)
    }

    @Test("Operations of a PATCH add up, in order, whoever spells them how")
    func patches() throws {
        let members = try body(
            patch: """
                {"Operations": [
                    {"op": "Add", "path": "members", "value": [{"value": "1"}, {"value": "2"}]},
                    {"op": "remove", "path": "members[value eq \\"1\\"]"},
                    {"op": "add", "value": {"members": [{"value": "3"}]}},
                    {"op": "Replace", "path": "displayName", "value": "crew"}
                ]}
                """
        )
        #expect(members.added == [2, 3] && members.removed == [1] && !members.replacesMembers)
        #expect(members.name == "crew")
        let replaced = try body(
            patch: #"{"operations": [{"op": "replace", "path": "members", "value": [{"value": "9"}]}]}"#
        )
        #expect(replaced.replacesMembers && replaced.added == [9])
        let emptied = try body(patch: #"{"Operations": [{"op": "remove", "path": "members"}]}"#)
        #expect(emptied.replacesMembers && emptied.added.isEmpty)
        let user = try body(
            patch:
                #"{"Operations": [{"op": "replace", "value": {"active": "False", "externalId": null, "name.givenName": "A"}}]}"#,
            .user
        )
        #expect(user.isActive == false && user.externalID == .some(nil) && user.name == nil)
    }

    @Test(
        "A PATCH that cannot be read is refused",
        arguments: [
            #"{}"#, #"{"Operations": [{}]}"#, #"{"Operations": [{"op": "move"}]}"#,
            #"{"Operations": [{"op": "add", "path": "members"}]}"#,
            #"{"Operations": [{"op": "add", "path": "members", "value": [{"value": "x"}]}]}"#,
            #"{"Operations": [{"op": "remove"}]}"#,
            #"{"Operations": [{"op": "remove", "path": "members[display eq \"x\"]"}]}"#,
            #"{"Operations": [{"op": "remove", "path": "members[value eq \"1\" and value eq \"2\"]"}]}"#,
            #"{"Operations": [{"op": "replace", "value": 5}]}"#,
            #"{"Operations": [{"op": "remove", "path": "displayName"}]}"#,
        ]
    )
    func wrongPatches(json: String) {
        let error = #expect(throws: GatewayError.self) { try body(patch: json) }
        #expect(error?.code == .invalidParameter)
    }

    @Test("Random filters and bodies never do harm")
    func hostile() {
        var generator = SeededGenerator(seed: 7)
        let words = ["userName", "eq", "and", "or", "not", "(", ")", "\"x\"", "pr", "co", "\"", "\\", "é", "true"]
        for _ in 0..<5000 {
            let count = Int.random(in: 0...12, using: &generator)
            let text = (0..<count).map { _ in words.randomElement(using: &generator) ?? "" }.joined(separator: " ")
            _ = try? SCIMFilter(text).passes { values[$0] ?? [] }
        }
    }
}

/// Random numbers that are the same in each run.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
