// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON

/// Something to embed.
enum EmbeddingInput: Sendable {
    case text(String)
    case tokens([Int])

    /// The hashes of its words, in lower case; of token ids, the hashes of those.
    func words(_ instruction: String?) -> [UInt64] {
        switch self {
        case .text(let text):
            let tokens = TokenText((instruction.map { $0 + " " } ?? "") + text)
            return (0..<tokens.count).map { position in
                let token = tokens[position]
                return StableHash.of(token.drop { $0.isWhitespace }.lowercased())
            }
        case .tokens(let tokens):
            return tokens.map { StableHash.of("token \($0)") }
        }
    }
}

/// A vector of length 1 that depends on the words of a text, not on their order: texts that share words are near one another.
///
/// Each word stands for a direction of pseudo-random signs. A shorter vector is the start of a longer one, scaled.
struct EmbeddingVector: Sendable {
    let values: [Float]

    init(of words: [UInt64], dimensions: Int) {
        var sums = [Float](repeating: 0, count: dimensions)
        for word in words {
            var generator = StableGenerator(seed: word)
            var bits: UInt64 = 0
            for index in 0..<dimensions {
                if index & 63 == 0 { bits = generator.next() }
                sums[index] += bits & 1 == 0 ? 1 : -1
                bits >>= 1
            }
        }
        let length = sums.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        if length > 0 {
            values = sums.map { $0 / length }
        } else {
            // The words cancel out: any direction is as good as another.
            values = (0..<dimensions).map { $0 == 0 ? 1 : 0 }
        }
    }

    /// The vector of that many times the length.
    func scaled(by factor: Float) -> EmbeddingVector { EmbeddingVector(values: values.map { $0 * factor }) }

    private init(values: [Float]) {
        self.values = values
    }

    /// Writes an array of numbers, or Base64 of little-endian 32-bit floats.
    func write(isBase64: Bool, into writer: inout JSONWriter) {
        if isBase64 {
            let bytes = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
            writer.string(bytes.withUnsafeBytes { Base64.encode($0) })
        } else {
            writer.array { writer in
                // The shortest text of the 32-bit value; that of the 64-bit one would be twice as long with no more information.
                for value in values { writer.double(Double(value.description) ?? 0) }
            }
        }
    }
}
