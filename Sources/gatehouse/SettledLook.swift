// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Looks at files that may change: one at a time, so that they do not pile up behind a disk that hangs.
///
/// It tells when changed files have looked the same twice in a row, so that whoever writes them is likely to be done.
struct SettledLook {
    private var isUnderWay = false
    /// How they looked the last time.
    private var unsettled: String?

    /// Whether a look may begin, since none is under way; ``end()`` follows it.
    mutating func begin() -> Bool {
        defer { isUnderWay = true }
        return !isUnderWay
    }

    mutating func end() { isUnderWay = false }

    /// Whether files that look like this may be read; nil where nothing has changed.
    mutating func hasSettled(_ look: String?) -> Bool {
        let hasSettled = look != nil && look == unsettled
        unsettled = hasSettled ? nil : look
        return hasSettled
    }
}
