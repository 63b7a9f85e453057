// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Why the environment variables in a text cannot be replaced.
package enum InterpolationError: Error, Equatable {
    /// The variable of that name is not set.
    case unset(String)
    /// `${` without a name and `}` after it.
    case malformed
}

/// Replaces each `${NAME}` by the environment variable; `$${` stands for `${` itself.
///
/// The value of a variable is not interpreted, so it can inject neither YAML nor another variable.
package func interpolated(_ text: String, environment: [String: String]) throws(InterpolationError) -> String {
    guard text.contains("${") else { return text }
    var result = ""
    var rest = Substring(text)
    while let dollar = rest.firstIndex(of: "$") {
        result += rest[..<dollar]
        rest = rest[dollar...]
        if rest.hasPrefix("$${") {
            result += "${"
            rest = rest.dropFirst(3)
        } else if rest.hasPrefix("${") {
            guard let close = rest.firstIndex(of: "}") else { throw .malformed }
            let name = rest[rest.index(rest.startIndex, offsetBy: 2)..<close]
            guard isVariableName(name) else { throw .malformed }
            guard let value = environment[String(name)] else { throw .unset(String(name)) }
            result += value
            rest = rest[rest.index(after: close)...]
        } else {
            result.append("$")
            rest = rest.dropFirst()
        }
    }
    return result + rest
}

private func isVariableName(_ name: Substring) -> Bool {
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
