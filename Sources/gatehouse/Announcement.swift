// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation

/// The line that tells people and programs where a listener is.
enum Announcement {
    /// Prints `<text> http://HOST:PORT`, at once even into a pipe.
    static func print(_ text: String, isSecure: Bool = false, host: String, port: Int) {
        let host = host.contains(":") ? "[\(host)]" : host
        Swift.print("\(text) \(isSecure ? "https" : "http")://\(host):\(port)")
        fflush(nil)
    }
}
