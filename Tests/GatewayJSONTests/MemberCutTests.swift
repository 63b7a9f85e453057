// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore
import Testing

@Suite("Members cut out of an object")
struct MemberCutTests {
    @Test(
        "What is left is an object with the other members, byte for byte",
        arguments: [
            (#"{"a":1,"b":2,"c":3}"#, #"{"b":2,"c":3}"#, ["a"]),
            (#"{"a":1,"b":2,"c":3}"#, #"{"a":1,"c":3}"#, ["b"]),
            (#"{"a":1,"b":2,"c":3}"#, #"{"a":1,"b":2}"#, ["c"]),
            (#"{"a":1,"b":2,"c":3}"#, #"{"c":3}"#, ["a", "b"]),
            (#"{"a":1,"b":2,"c":3}"#, #"{"b":2}"#, ["a", "c"]),
            (#"{"a":1,"b":2,"c":3}"#, #"{"a":1}"#, ["b", "c"]),
            (#"{"a":1,"b":2,"c":3}"#, "{}", ["c", "a", "b"]),
            (#"{"a":1}"#, #"{"a":1}"#, ["b"]), ("{}", "{}", ["a"]),
            (" { \"a\" : [1, 2] ,\n \"b\" : {\"a\": 3} } ", " { \"b\" : {\"a\": 3} } ", ["a"]),
            (#"{"\u0061":1,"b":2}"#, #"{"b":2}"#, ["a"]),
        ]
    )
    func cut(_ text: String, _ expected: String, _ keys: [String]) throws {
        var padded = ByteBuffer(string: "xx" + text)
        padded.moveReaderIndex(forwardBy: 2)
        let scan = try JSONScan(padded)
        let cuts = scan.cuts(ofMembers: keys.map { ["a": "a", "b": "b", "c": "c"][$0] ?? "" })
        let edits = cuts.map { JSONSplice.Edit($0, with: ByteBuffer()) }
        #expect(String(buffer: JSONSplice.apply(edits, to: padded)) == expected)
    }

    @Test("A member reaches from its key to the end of its value")
    func range() throws {
        let scan = try JSONScan(ByteBuffer(string: #"{"x":0, "a" : [1] ,"b":2}"#))
        let range = try #require(scan.range(ofMember: "a"))
        #expect(
            String(buffer: scan.value.document.getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer())
                == #""a" : [1]"#
        )
        #expect(scan.range(ofMember: "z") == nil)
    }
}
