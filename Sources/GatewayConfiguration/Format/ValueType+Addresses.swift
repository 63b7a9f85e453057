// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension ValueType where Value == AddressRange {
    /// An IP address or a range of them.
    static var addressRange: ValueType {
        .scalar("an IP address or a range such as `10.0.0.0/8`") { AddressRange($0) }
    }
}

extension ValueType where Value == BasePath {
    /// A path of plain segments.
    static var basePath: ValueType {
        .scalar("a path such as `/gateway`, without `/` at its end, of letters, digits, `-`, `_`, `.` and `~`") {
            BasePath($0)
        }
    }
}

extension ValueType where Value == UpstreamAddress {
    /// A base URL; not shown in errors, since people put credentials into URLs.
    static var baseURL: ValueType {
        .scalar("an http:// or https:// URL without user name, query or fragment", isSecret: true) {
            UpstreamAddress(baseURL: $0)
        }
    }
}
