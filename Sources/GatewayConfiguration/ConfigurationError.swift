// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewaySchema

/// Why a configuration cannot be used: everything that is wrong with it, each with its place.
///
/// Its text never contains the value of an environment variable or of a credential.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package typealias Problem = GatewaySchema.Problem

    /// Most problems that one error lists.
    package static let maximumProblems = Reading.maximumProblems

    /// The file as it was named to the reader; nil if the environment alone is at fault.
    package let file: String?
    /// By line; never empty, at most ``maximumProblems``.
    package let problems: [Problem]
    /// How many more there are.
    package let omitted: Int

    init(file: String?, problems: [Problem]) {
        let sorted = problems.enumerated().sorted {
            ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset)
        }
        self.file = file
        self.problems = sorted.prefix(Self.maximumProblems).map(\.element)
        omitted = max(0, problems.count - Self.maximumProblems)
    }

    /// One line for each problem: `gatehouse.yaml:12: ...`.
    package var description: String {
        var lines = problems.map { problem in
            let place = [file, problem.line.map(String.init)].compactMap(\.self).joined(separator: ":")
            return place.isEmpty ? problem.message : "\(place): \(problem.message)"
        }
        if omitted > 0 { lines.append("and \(omitted) more") }
        return lines.joined(separator: "\n")
    }
}
