// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// What one reading of a file, or of the body of a request, knows and finds.
package struct Reading {
    /// Reads a file that a configuration names; it may stop one byte after the maximum.
    ///
    /// The description of what it throws says what is wrong.
    package typealias ReadFile = @Sendable (_ path: String, _ maximumBytes: Int) throws -> [UInt8]
    /// Makes sure that TLS can use some settings; the description of what it throws says what is wrong.
    package typealias CheckTLS = @Sendable (UpstreamTLSSettings) throws -> Void

    /// Reads no file.
    package static let readsNothing: ReadFile = { path, _ in throw UnreadFile(path: path) }

    private struct UnreadFile: Error, CustomStringConvertible {
        let path: String

        var description: String { "\(path) is not read here." }
    }

    /// Most problems that are shown.
    package static let maximumProblems = 20

    /// What `${NAME}` stands for; nil where it stands for itself, as in what callers send.
    package let environment: [String: String]?
    /// The proxies of the environment.
    package let proxies: ProxyEnvironment
    /// Checks what a `tls` section says.
    package let checkTLS: CheckTLS
    /// Reads a file that the file names.
    private let readFile: ReadFile
    /// The secrets that may be referred to, by name; nil for one whose own entry is wrong, which was reported there.
    package var secrets: [ObjectName: String?] = [:]
    package private(set) var problems: [Problem] = []

    package init(
        environment: [String: String]?,
        proxies: ProxyEnvironment? = nil,
        checkTLS: @escaping CheckTLS = { _ in },
        readFile: @escaping ReadFile = Reading.readsNothing
    ) {
        self.environment = environment
        self.checkTLS = checkTLS
        self.readFile = readFile
        self.proxies = proxies ?? ProxyEnvironment(environment ?? [:])
    }

    /// The bytes of a file that the file names; reports one that cannot be read, is empty or is too long.
    package mutating func bytes(ofFile path: String, maximum: Int, _ place: Place) -> [UInt8]? {
        let bytes: [UInt8]
        do {
            bytes = try readFile(path, maximum)
        } catch {
            report(place, "\(place.name): \(error)")
            return nil
        }
        guard (1...maximum).contains(bytes.count) else {
            let found = bytes.isEmpty ? "it is empty" : "it has more"
            report(place, "\(place.name): the file \(shown: path) must contain 1 to \(maximum) bytes; \(found).")
            return nil
        }
        return bytes
    }

    /// The text of a file that holds a secret, without spaces and line ends around it; reports one that cannot be read or holds nothing.
    package mutating func secret(inFile path: String, _ place: Place) -> String? {
        guard let bytes = bytes(ofFile: path, maximum: 16384, place) else { return nil }
        var text = Substring(String(decoding: bytes, as: UTF8.self))
        // A byte order mark, which editors put there.
        if text.unicodeScalars.first == "\u{FEFF}" { text = Substring(text.unicodeScalars.dropFirst()) }
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        guard !text.isEmpty else {
            report(place, "\(place.name): the file \(shown: path) has only spaces and line ends.")
            return nil
        }
        return String(text)
    }

    /// The value of a secret that is referred to by name; reports one that there is not.
    package mutating func secret(named name: ObjectName, _ place: Place) -> String? {
        if let known = secrets[name] { return known }
        // Callers are not told which others there are.
        let hint = environment == nil ? "" : suggestion(for: "\(name)", in: secrets.keys.map(\.description))
        report(
            place,
            "\(place.name): there is no secret `\(name)`.\(hint) Add it to `secrets` of the configuration file, or refer to another one."
        )
        return nil
    }

    /// Notes a problem; the message is a sentence that names the place.
    package mutating func report(_ place: Place, _ message: String) {
        problems.append(Problem(line: place.line > 0 ? place.line : nil, keyPath: place.keyPath, message: message))
    }

    /// A suggestion, as a sentence to append; empty if nothing is similar.
    ///
    /// Also empty once there are more problems than will be shown: searching takes time, and a file may have thousands of them.
    package func suggestion(for text: String, in candidates: @autoclosure () -> [String]) -> String {
        guard problems.count < Self.maximumProblems else { return "" }
        return Suggestion.closest(to: text, in: candidates()).map { " Did you mean `\($0)`?" } ?? ""
    }

    /// The text of a scalar with environment variables replaced.
    ///
    /// - Returns: nil after a report.
    package mutating func text(of scalar: FileNode.Scalar, _ place: Place) -> String? {
        guard let environment else { return scalar.text }
        do throws(InterpolationError) {
            return try interpolated(scalar.text, environment: environment)
        } catch {
            switch error {
            case .unset(let name):
                report(place, "\(place.name): the environment variable `\(shown: name)` is not set.")
            case .malformed:
                report(
                    place,
                    "\(place.name): an environment variable is written `${NAME}`, with letters, digits and `_`; `$${` stands for `${` itself."
                )
            }
            return nil
        }
    }

    /// Reports a value of the wrong type.
    ///
    /// The value is shown as in the file, without environment variables replaced; what may be a secret is not shown at all, as where a section or a list belongs.
    package mutating func reportType(of node: FileNode, _ place: Place, expected: String, isSecret: Bool = false) {
        let found =
            switch node.content {
            case .list: ", not a list"
            case .mapping: ", not a mapping"
            case .scalar where node.isNull: "; it is empty"
            case .scalar(let scalar): isSecret ? "" : ", not `\(shown: scalar.text)`"
            }
        report(place, "\(place.name) must be \(expected)\(found).")
    }
}
