// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

extension JSONWriter {
    /// The key of the root object's member that was written last, for words about a writer that stopped.
    ///
    /// It reads everything that was written. Nil where the root is no object, or has no member yet.
    package var lastMember: String? {
        buffer.withUnsafeReadableBytes { bytes in
            guard bytes.first == Byte.openBrace else { return nil }
            let reader = ValueReader(bytes: bytes)
            var key: Range<Int>?
            var index = 1
            while let member = reader.member(from: index) {
                key = member.key
                index = member.value.upperBound
            }
            return key.map { EscapedText(raw: UnsafeRawBufferPointer(rebasing: bytes[$0])).decoded }
        }
    }
}
