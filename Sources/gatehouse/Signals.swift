// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation

/// Signals whose default would end the process although nothing is wrong.
enum Signals {
    /// A pipe or socket that breaks is an error of its write; a reload that is asked for while the process starts is what it does anyway.
    static func ignoreUntilTrapped() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        // A file that reaches a limit of the process is an error of its write, too.
        signal(SIGXFSZ, SIG_IGN)
    }
}
