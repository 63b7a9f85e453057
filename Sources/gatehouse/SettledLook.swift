// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Tells when changed files have looked the same twice in a row, so that whoever writes them is likely to be done.
struct SettledLook {
    /// How they looked the last time.
    private var unsettled: String?

    /// Whether files that look like this may be read; nil where nothing has changed.
    mutating func hasSettled(_ look: String?) -> Bool {
        let hasSettled = look != nil && look == unsettled
        unsettled = hasSettled ? nil : look
        return hasSettled
    }
}
