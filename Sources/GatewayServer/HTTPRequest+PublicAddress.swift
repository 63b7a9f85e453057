// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension HTTPRequest {
    /// The address at which the client reaches the gateway, as it may be written into a response: `https://gateway.example:8443/path`.
    ///
    /// nil if the client named no host, or one that is none: whoever asks chose it.
    var publicAddress: String? {
        host.flatMap(Self.safe).map { "\(isSecure ? "https" : "http")://\($0)\(basePath)" }
    }

    private static func safe(_ host: String) -> String? {
        let isSafe = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        return isSafe && !host.isEmpty && host.utf8.count <= 255 ? host : nil
    }
}
