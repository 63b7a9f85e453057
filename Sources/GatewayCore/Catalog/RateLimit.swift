// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A rate limit of a model service, spelled as in the configuration file and the Unity Catalog API.
package struct RateLimit: Sendable, Equatable {
    package enum Key: String, Sendable, CaseIterable {
        case service, user, userGroup = "user_group", servicePrincipal = "service_principal", userDefault =
            "user_default"

        /// Whether a limit with this key must name a principal; the others must not.
        package var needsPrincipal: Bool {
            switch self {
            case .service, .userDefault: false
            case .user, .userGroup, .servicePrincipal: true
            }
        }
    }

    package enum RenewalPeriod: String, Sendable, CaseIterable { case minute, hour }

    package var key: Key
    package var renewalPeriod: RenewalPeriod
    package var principal: String?
    /// Requests in a period; nil is no limit, 0 refuses all.
    package var requests: Int?
    /// Tokens in a period; nil is no limit, 0 refuses all.
    package var tokens: Int?

    package init(
        key: Key,
        renewalPeriod: RenewalPeriod,
        principal: String? = nil,
        requests: Int? = nil,
        tokens: Int? = nil
    ) {
        self.key = key
        self.renewalPeriod = renewalPeriod
        self.principal = principal
        self.requests = requests
        self.tokens = tokens
    }
}

/// Where a model service's payloads are to be logged: `<schema>.<prefix>_payload`.
package struct InferenceTable: Sendable, Equatable {
    /// `catalog.schema`.
    package var schema: String
    package var tableNamePrefix: String?

    package init(schema: String, tableNamePrefix: String? = nil) {
        self.schema = schema
        self.tableNamePrefix = tableNamePrefix
    }
}
