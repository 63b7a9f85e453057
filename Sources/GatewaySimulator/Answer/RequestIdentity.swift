// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

/// Makes ids out of a request: the same request gets the same ids, another request others.
struct RequestIdentity: Sendable {
    private let seed: UInt64

    init(path: String, body: ByteBuffer) {
        var hash = StableHash()
        hash.combine(path)
        body.withUnsafeReadableBytes { hash.combine($0) }
        seed = hash.value
    }

    /// An id of the prefix and `count` letters and digits; the index distinguishes ids of one kind in one response.
    func id(_ prefix: StaticString, _ count: Int, index: Int = 0) -> String {
        text(
            prefix,
            count,
            index: index,
            alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            perWord: 10
        )
    }

    /// An id of the prefix and `count` hexadecimal digits.
    func hexID(_ prefix: StaticString, _ count: Int, index: Int = 0) -> String {
        text(prefix, count, index: index, alphabet: "0123456789abcdef", perWord: 16)
    }

    /// A number that belongs to the request.
    func number(_ index: Int) -> UInt64 {
        var generator = StableGenerator(seed: seed &+ UInt64(truncatingIfNeeded: index))
        return generator.next()
    }

    private func text(_ prefix: StaticString, _ count: Int, index: Int, alphabet: StaticString, perWord: Int) -> String
    {
        var salt: UInt64 = 0
        prefix.withUTF8Buffer { for byte in $0 { salt = salt &* 31 &+ UInt64(byte) } }
        var generator = StableGenerator(seed: seed ^ (salt &* 0x9E37_79B9 &+ UInt64(truncatingIfNeeded: index)))
        let radix = UInt64(alphabet.utf8CodeUnitCount)
        return String(unsafeUninitializedCapacity: prefix.utf8CodeUnitCount + count) { output in
            var position = prefix.withUTF8Buffer { output.update(fromContentsOf: $0) }
            var left = 0
            var word: UInt64 = 0
            alphabet.withUTF8Buffer { letters in
                for _ in 0..<count {
                    if left == 0 {
                        word = generator.next()
                        left = perWord
                    }
                    output[position] = letters[Int(word % radix)]
                    word /= radix
                    left -= 1
                    position += 1
                }
            }
            return position
        }
    }
}
