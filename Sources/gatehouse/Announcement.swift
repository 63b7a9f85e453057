// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Logging

/// The line that tells people and programs where a listener is.
enum Announcement {
    /// `http://HOST:PORT`.
    static func address(isSecure: Bool = false, host: String, port: Int) -> String {
        "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// Prints `<text> http://HOST:PORT`, at once even into a pipe; what nobody reads is no reason not to serve.
    static func print(_ text: String, address: String, logger: Logger) {
        // Whoever waits for this line may look at once for what was logged before it; a log that nobody reads delays it by no more than this.
        LogWriter.standardError.flush(milliseconds: 100)
        do {
            try StandardStreams.print("\(text) \(address)")
        } catch {
            logger.warning("The line with the address was not printed", metadata: ["error": "\(error)"])
        }
    }
}
