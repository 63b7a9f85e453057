// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayJSON
import NIOCore

/// The old and new values of the audit log: JSON without secrets.
enum AuditText {
    static func object(_ members: (inout JSONWriter) -> Void) -> String {
        let value = JSONValue { $0.object(members) }
        return String(buffer: value.bytes)
    }
}

extension CatalogEntry {
    /// The entry in the audit log; its definition holds no secrets.
    var summary: String {
        AuditText.object { writer in
            writer.member("name", securable.name)
            writer.member("owner", owner)
            if let comment { writer.member("comment", comment) }
            if !properties.isEmpty {
                writer.key("properties")
                writer.object { writer in
                    for (key, value) in properties.sorted(by: { $0.key < $1.key }) {
                        writer.key(key)
                        writer.string(value)
                    }
                }
            }
            if !definition.isEmpty { writer.member("definition", definition) }
        }
    }
}

extension AuditText {
    /// A time as `2026-11-21T03:05:28Z`; of microseconds since 1970 UTC.
    static func time(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(microseconds) / 1_000_000).formatted(.iso8601)
    }
}
