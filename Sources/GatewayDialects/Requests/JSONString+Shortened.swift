// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension JSONString {
    /// The text if it has at most that many bytes, else its beginning and a checksum of all of it: the same for the same text, and another for another.
    ///
    /// For what identifies somebody or something, where a mere cut would make one of two. The beginning keeps ASCII alone.
    func shortened(to most: Int) -> JSONString {
        guard utf8Count > most else { return self }
        let whole = string
        let start = whole.utf8.prefix(most - 14).map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "_") }
        return JSONString("\(String(decoding: start, as: UTF8.self))_\(FNV1a(whole).text.string)")
    }
}
