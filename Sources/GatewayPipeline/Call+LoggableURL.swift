// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension Call {
    /// A target that may stand in a log: bounded, and without its query where that could hold a credential.
    static func loggable(url target: String) -> String {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            return target.prefixOfUTF8(UsageRecord.maximumURLBytes)
        }
        let query = target[mark...].unescaped.lowercased()
        let isSafe = !credentialMarks.contains { query.contains($0) }
        return (isSafe ? target : String(target[..<mark])).prefixOfUTF8(UsageRecord.maximumURLBytes)
    }

    /// What names of credentials contain, and how tokens of this gateway and of vendors begin.
    private static let credentialMarks = [
        "key", "token", "secret", "pass", "auth", "sig", "cred", "jwt", "gth_", "dapi", "sk-", "aiza", "eyj",
    ]
}
