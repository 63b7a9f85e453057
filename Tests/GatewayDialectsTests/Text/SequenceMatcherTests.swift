// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("Searching for many sequences")
struct SequenceMatcherTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// What is found by trying every sequence at every end.
    private func expected(_ sequences: [[UInt8]], in text: [UInt8]) -> (start: Int, sequence: [UInt8])? {
        for end in 0...text.count {
            let found = sequences.filter { !$0.isEmpty && text[..<end].suffix($0.count).elementsEqual($0) }
            if let longest = found.max(by: { $0.count < $1.count }) { return (end - longest.count, longest) }
        }
        return nil
    }

    @Test("Of overlapping sequences the one that ends first is found, the longest of those that end together")
    func overlap() {
        let matcher = SequenceMatcher(["abcd", "bc", "xbc", "cd"].map(Self.bytes))
        #expect(matcher.firstMatch(in: Self.bytes("..abcd")).map { $0.start } == 3)
        #expect(matcher.firstMatch(in: Self.bytes("..xbcd"))?.sequence == Self.bytes("xbc"))
        #expect(matcher.firstMatch(in: Self.bytes("abab")) == nil)
        #expect(SequenceMatcher([[]]).firstMatch(in: Self.bytes("abab")) == nil)
    }

    @Test("What is found is what a search with each sequence finds, and what is held back may begin one of them")
    func anyText() {
        var seed: UInt64 = 7
        func next(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        func word(_ longest: Int) -> [UInt8] { (0..<next(longest)).map { _ in UInt8(ascii: "a") + UInt8(next(3)) } }
        for _ in 0..<3_000 {
            let sequences = (0..<next(6)).map { _ in word(7) }
            let text = word(24)
            let matcher = SequenceMatcher(sequences)
            let found = matcher.firstMatch(in: text)
            let expected = expected(sequences, in: text)
            #expect(found?.start == expected?.start && found?.sequence == expected?.sequence, "\(sequences) in \(text)")
            guard found == nil else { continue }
            var state = SequenceMatcher.State()
            for (place, byte) in text.enumerated() {
                #expect(matcher.consume(byte, &state) == nil)
                let held = matcher.openEnd(state)
                let read = text[...place]
                #expect(read.suffix(held.count).elementsEqual(held))
                let open = (0...read.count).last { count in
                    sequences.contains { $0.count > count && $0.prefix(count).elementsEqual(read.suffix(count)) }
                }
                #expect(held.count == open ?? 0)
            }
        }
    }
}
