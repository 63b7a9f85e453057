// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension JSONString {
    /// Hands out the decoded bytes in pieces, in order; nothing is allocated.
    package func forEachDecodedPiece(_ body: (UnsafeRawBufferPointer) -> Void) {
        withBytes { bytes, isEscaped in
            guard isEscaped else { return body(bytes) }
            EscapedText(raw: bytes).forEachDecodedPiece { piece in
                body(piece)
                return true
            }
        }
    }
}
