// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// One thing that is wrong with a configuration file or with the body of a request.
package struct Problem: Error, Sendable, Equatable {
    /// The line of the file, counted from 1; nil if no line is at fault.
    package var line: Int?
    /// Where in the file or body: `server.tls.key`, `grants[0].on`; empty for all of it.
    package var keyPath: String
    /// A sentence for those who wrote it; it names the key path.
    package var message: String

    package init(line: Int?, keyPath: String, message: String) {
        self.line = line
        self.keyPath = keyPath
        self.message = message
    }
}

extension GatewayError {
    /// What is wrong with the body of a request: the first problems in full, and how many more there are.
    package static func problems(_ problems: [Problem]) -> GatewayError {
        let shown = problems.prefix(5).map(\.message)
        let rest = problems.count - shown.count
        let message = (shown + (rest > 0 ? ["And \(rest) more."] : [])).joined(separator: " ")
        return GatewayError(
            .invalidParameter,
            message.isEmpty
                ? "The body is not what this route takes." : message.prefix(1).uppercased() + message.dropFirst(),
            parameter: problems.first?.keyPath
        )
    }
}
