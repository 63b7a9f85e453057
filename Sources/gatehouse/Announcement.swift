// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Logging

/// The line that tells people and programs where a listener is.
enum Announcement {
    /// Prints `<text> http://HOST:PORT`, at once even into a pipe; what nobody reads is no reason not to serve.
    static func print(_ text: String, isSecure: Bool = false, host: String, port: Int, logger: Logger) {
        let host = host.contains(":") ? "[\(host)]" : host
        do {
            try StandardStreams.print("\(text) \(isSecure ? "https" : "http")://\(host):\(port)")
        } catch {
            logger.warning("The line with the address was not printed", metadata: ["error": "\(error)"])
        }
    }
}
