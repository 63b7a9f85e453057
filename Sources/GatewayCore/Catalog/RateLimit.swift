// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A rate limit of a model service, spelled as in the configuration file and the Unity Catalog API.
package struct RateLimit: Sendable, Equatable {
    package enum Key: String, Sendable, CaseIterable {
        case service, user
        case userGroup = "user_group"
        case servicePrincipal = "service_principal"
        case userDefault = "user_default"
        case requestTag = "request_tag"

        /// Whether a limit with this key must name a principal; the others must not.
        package var needsPrincipal: Bool {
            switch self {
            case .service, .userDefault, .requestTag: false
            case .user, .userGroup, .servicePrincipal: true
            }
        }
    }

    package enum RenewalPeriod: String, Sendable, CaseIterable {
        case minute, hour

        /// The length of the period.
        package var microseconds: Int64 { self == .minute ? 60_000_000 : 3_600_000_000 }
    }

    package var key: Key
    package var renewalPeriod: RenewalPeriod
    package var principal: String?
    /// The request tag that a limit with the key `request_tag` is for.
    package var requestTagKey: String?
    /// The only value of the tag that it is for; nil gives each value a limit of its own.
    package var requestTagValue: String?
    /// Requests in a period; nil is no limit, 0 refuses all.
    package var requests: Int?
    /// Tokens in a period; nil is no limit, 0 refuses all.
    package var tokens: Int?
    /// Requests in flight at once; nil is no limit, 0 refuses all.
    package var parallelRequests: Int?

    package init(
        key: Key,
        renewalPeriod: RenewalPeriod,
        principal: String? = nil,
        requestTagKey: String? = nil,
        requestTagValue: String? = nil,
        requests: Int? = nil,
        tokens: Int? = nil,
        parallelRequests: Int? = nil
    ) {
        self.key = key
        self.renewalPeriod = renewalPeriod
        self.principal = principal
        self.requests = requests
        self.tokens = tokens
        self.parallelRequests = parallelRequests
        self.requestTagKey = requestTagKey
        self.requestTagValue = requestTagValue
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
