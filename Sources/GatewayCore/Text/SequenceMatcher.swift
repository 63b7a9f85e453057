// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Finds the first of many byte sequences in a text that comes in pieces, in one step for each byte whatever there is to look for.
///
/// The first is the one that ends first, so that where the text is cut into pieces changes nothing; of those that end together it is the longest. This is the
/// automaton of Aho and Corasick ("Efficient string matching", 1975). It takes some 40 bytes of memory for each byte of the sequences.
package struct SequenceMatcher: Sendable {
    /// How much of a sequence the end of the text so far may be the beginning of.
    package struct State: Sendable {
        fileprivate var node: Int32 = 0

        package init() {}
    }

    /// A beginning of a sequence.
    private struct Node {
        let parent: Int32
        /// A sequence that begins so.
        let sequence: Int32
        let length: Int32
        /// The node of the longest beginning that this one ends with.
        var fallback: Int32 = 0
        /// The longest sequence that this beginning ends with; -1 for none.
        var match: Int32 = -1
    }

    package let sequences: [[UInt8]]
    /// The first is the empty beginning.
    private var nodes = [Node(parent: 0, sequence: 0, length: 0)]
    /// The nodes that follow a node, by it and the next byte.
    private var next: [Int64: Int32] = [:]
    /// The nodes of length 1 by their byte; 0 for none.
    ///
    /// Most bytes of a text are looked up here.
    private var first = [Int32](repeating: 0, count: 256)

    /// - Parameter sequences: What to look for; an empty one is never found. All together at most 1 GiB.
    package init(_ sequences: [[UInt8]]) {
        self.sequences = sequences
        for index in sequences.indices { add(index) }
        link()
    }

    private mutating func add(_ index: Int) {
        var node: Int32 = 0
        for (place, byte) in sequences[index].enumerated() {
            if let known = child(of: node, byte) {
                node = known
                continue
            }
            let added = Int32(nodes.count)
            nodes.append(Node(parent: node, sequence: Int32(index), length: Int32(place + 1)))
            if node == 0 { first[Int(byte)] = added } else { next[Self.key(node, byte)] = added }
            node = added
        }
        if node != 0, nodes[Int(node)].match < 0 { nodes[Int(node)].match = Int32(index) }
    }

    private static func key(_ node: Int32, _ byte: UInt8) -> Int64 { Int64(node) << 8 | Int64(byte) }

    private func child(of node: Int32, _ byte: UInt8) -> Int32? {
        if node != 0 { return next[Self.key(node, byte)] }
        let child = first[Int(byte)]
        return child == 0 ? nil : child
    }

    /// Finds where to go on from every node, from the shorter to the longer.
    private mutating func link() {
        var order = Array(nodes.indices.dropFirst())
        order.sort { nodes[$0].length < nodes[$1].length }
        for index in order where nodes[index].length > 1 {
            let node = nodes[index]
            let byte = sequences[Int(node.sequence)][Int(node.length) - 1]
            let fallback = step(from: nodes[Int(node.parent)].fallback, byte)
            nodes[index].fallback = fallback
            if node.match < 0 { nodes[index].match = nodes[Int(fallback)].match }
        }
    }

    private func step(from node: Int32, _ byte: UInt8) -> Int32 {
        var node = node
        while true {
            if let child = child(of: node, byte) { return child }
            if node == 0 { return 0 }
            node = nodes[Int(node)].fallback
        }
    }

    /// Reads the next byte of the text.
    ///
    /// - Returns: The index of the sequence that ends here; nil if none does.
    package func consume(_ byte: UInt8, _ state: inout State) -> Int? {
        if state.node == 0 {
            state.node = first[Int(byte)]
            if state.node == 0 { return nil }
        } else {
            state.node = step(from: state.node, byte)
        }
        let match = nodes[Int(state.node)].match
        return match < 0 ? nil : Int(match)
    }

    /// The end of the text so far that may be the beginning of a sequence.
    package func openEnd(_ state: State) -> ArraySlice<UInt8> {
        let node = nodes[Int(state.node)]
        guard node.length > 0 else { return [] }
        return sequences[Int(node.sequence)].prefix(Int(node.length))
    }

    /// The first sequence in a whole text, and where it begins.
    package func firstMatch(in text: some Sequence<UInt8>) -> (start: Int, sequence: [UInt8])? {
        var state = State()
        var end = 0
        for byte in text {
            end += 1
            if let index = consume(byte, &state) { return (end - sequences[index].count, sequences[index]) }
        }
        return nil
    }
}
