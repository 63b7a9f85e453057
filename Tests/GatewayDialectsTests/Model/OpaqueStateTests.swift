// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import Testing

@Suite("Opaque state")
struct OpaqueStateTests {
    static let payloads = [
        "EqQBCkYIAhgCKkDcs+/9==", "AAAA", "a", "", "not base64 at all: \u{e9}\n\"", "ab=c", "Zm9v=", "-_-_", "Zg==",
        "Zm8=",
        String(repeating: "QUJD", count: 5_000),
    ]

    @Test("reasoning-02: Wrapping keeps every byte, the kind, the origin and the item's id", arguments: payloads)
    func roundTrip(payload: String) throws {
        for kind in OpaqueState.Kind.allCases {
            for itemID in [nil, "rs_0123456789abcdef-X", String(repeating: "i", count: 255)] {
                let origin = StateOrigin(service: "main.providers.a", model: "m:1")
                let state = OpaqueState(kind, JSONString(payload), from: origin, itemID: itemID.map { JSONString($0) })
                let again = try #require(OpaqueState(wrapped: JSONString(state.wrapped)))
                #expect(again.kind == kind)
                #expect(again.origin == origin)
                #expect(again.data.string == payload)
                #expect(again.itemID?.string == itemID)
            }
        }
    }

    @Test("A wrapped state is of characters that every vendor allows in ids", arguments: payloads)
    func alphabet(payload: String) {
        let state = OpaqueState(.thought, JSONString(payload), from: StateOrigin(tag: 7))
        #expect(
            state.wrapped.utf8.allSatisfy {
                ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            }
        )
    }

    @Test("What no gateway wrapped is not a state, however near it comes")
    func foreign() {
        let whole = OpaqueState(.signature, "AAAA", from: StateOrigin(tag: 1), itemID: "rs_1").wrapped
        for count in 0..<whole.count - 4 {
            let cut = OpaqueState(wrapped: JSONString(String(whole.prefix(count))))
            #expect(cut == nil || cut?.data.isEmpty == true)
        }
        for text in [
            "", "EqQBCkYIAhgC", "gatehouse1_", "gatehouse1_x" + String(repeating: "0", count: 19), "xgatehouse1_s",
        ] {
            #expect(OpaqueState(wrapped: JSONString(text)) == nil)
        }
        #expect(OpaqueState(wrapped: JSONString(whole + "é")) == nil)
        #expect(OpaqueState(wrapped: JSONString(whole.replacing("gatehouse1_s", with: "gatehouse1_q"))) == nil)
    }

    @Test("reasoning-01: An id carries a state and gives both back; other ids stay as they are")
    func ids() throws {
        let state = OpaqueState(.thought, "c2ln", from: StateOrigin(service: "a", model: "b"))
        let joined = OpaqueState.id("call_1", carrying: state)
        let (id, again) = OpaqueState.split(id: joined)
        #expect(id == "call_1")
        #expect(try #require(again).data == "c2ln")
        #expect(OpaqueState.id("call_1", carrying: nil) == "call_1")
        for plain in ["call_1", "", String(repeating: "toolu_", count: 30)] {
            let (id, state) = OpaqueState.split(id: JSONString(plain))
            #expect(id.string == plain)
            #expect(state == nil)
        }
        // A state that was cut by a client is lost, but the id still answers its call.
        let broken = OpaqueState.split(id: JSONString(String(joined.string.prefix(joined.string.count - 3)) + "é"))
        #expect(broken.id == "call_1")
        #expect(broken.state == nil)
    }

    @Test("Origins tell services and models apart, the same way on every machine")
    func origins() {
        #expect(StateOrigin(service: "a", model: "bc") != StateOrigin(service: "ab", model: "c"))
        #expect(StateOrigin(service: "a", model: "b") == StateOrigin(service: "a", model: "b"))
        #expect(StateOrigin(service: "main.providers.a", model: "m").tag == 7_118_231_106_872_257_153)
    }
}

@Suite("Reasoning configuration")
struct ReasoningConfigurationTests {
    typealias Effort = ReasoningConfiguration.Effort

    @Test("Efforts and budgets map to one another and back", arguments: Effort.allCases)
    func table(effort: Effort) {
        #expect(Effort(budget: effort.budget) == effort)
        #expect(ReasoningConfiguration(effort: effort).impliedBudget == effort.budget)
        #expect(ReasoningConfiguration(budget: effort.budget).impliedEffort == effort)
    }

    @Test("A budget between two efforts is the larger one; beyond all it is the largest")
    func between() {
        #expect(Effort(budget: 1) == .minimal)
        #expect(Effort(budget: 1_025) == .low)
        #expect(Effort(budget: 10_000) == .high)
        #expect(Effort(budget: .max) == .max)
        #expect(Effort(budget: -5) == Effort.none)
    }

    @Test("What the client said decides whether the model thinks")
    func enabled() {
        #expect(!ReasoningConfiguration().isEnabled)
        #expect(ReasoningConfiguration().isUnspecified)
        #expect(!ReasoningConfiguration(effort: Effort.none).isEnabled)
        #expect(ReasoningConfiguration(effort: .low).isEnabled)
        #expect(ReasoningConfiguration(mode: .adaptive).isEnabled)
        #expect(!ReasoningConfiguration(mode: .disabled, effort: .high).isEnabled)
        #expect(ReasoningConfiguration(mode: .disabled, effort: .high).impliedBudget == 0)
        #expect(ReasoningConfiguration(budget: 0).isEnabled == false)
    }
}
