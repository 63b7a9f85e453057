// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension String {
    /// At most that many bytes of UTF-8, cut between Unicode scalars: one character may be endless.
    package func prefixOfUTF8(_ count: Int) -> String {
        guard utf8.count > count else { return self }
        var cut = utf8.index(startIndex, offsetBy: count)
        while cut > startIndex, cut.samePosition(in: unicodeScalars) == nil { cut = utf8.index(before: cut) }
        return String(self[..<cut])
    }
}
