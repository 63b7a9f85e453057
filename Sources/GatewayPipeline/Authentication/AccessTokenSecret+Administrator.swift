// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension AccessTokenSecret {
    /// The least characters of a token that people choose, where others can reach the gateway.
    package static let minimumChosenLength = 16

    /// Why a chosen token cannot be used: one line that names the variable and what to do, and never the token.
    package struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// The administrator's token from the value of `GATEHOUSE_ADMIN_TOKEN`, without the blanks and line ends around it.
    ///
    /// - Parameters:
    ///   - value: What the variable holds; nil where it is not set.
    ///   - isExposed: Whether other machines can reach the gateway.
    /// - Returns: The token, nil where the variable is not set or empty; and what to warn of.
    /// - Throws: For a token that no header can carry, which would lock everybody out, and for one that is exposed and easily guessed.
    package static func administrator(
        fromEnvironment value: String?,
        isExposed: Bool
    ) throws(Refusal) -> (secret: AccessTokenSecret?, warning: String?) {
        guard let value, !value.isEmpty else { return (nil, nil) }
        let name = "GATEHOUSE_ADMIN_TOKEN"
        let token = value.trimmingBlanks
        guard !token.isEmpty else {
            throw Refusal(description: "\(name) contains only whitespace. Set a token or unset the variable.")
        }
        guard token.utf8.count <= 8192, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Refusal(
                description:
                    "\(name) must be at most 8192 printable ASCII characters without spaces; no client could send this one in a header."
            )
        }
        for mark in ["\"", "'", "`"] where token.hasPrefix(mark) || token.hasSuffix(mark) {
            throw Refusal(
                description:
                    "\(name) begins or ends with a quotation mark. Remove it; clients would have to send it as part of the token."
            )
        }
        guard token.utf8.count < minimumChosenLength || Set(token.utf8).count < 4 else {
            return (AccessTokenSecret(token), nil)
        }
        let weakness =
            "\(name) is easily guessed: a token needs at least \(minimumChosenLength) characters, four of them different. `openssl rand -hex 32` makes a good one."
        guard !isExposed else { throw Refusal(description: weakness) }
        return (AccessTokenSecret(token), weakness)
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = utf8.firstIndex(where: { !isBlank($0) }), let last = utf8.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(decoding: utf8[first...last], as: UTF8.self)
    }
}
