// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A model provider service: an upstream with its address, credential and bounds.
///
/// An immutable object that snapshots share as long as its settings stay the same: connection pools are keyed by its identity.
package final class ProviderService: Sendable {
    /// How long the gateway waits for an upstream.
    ///
    /// There is no limit on the whole exchange.
    package struct Timeouts: Sendable, Equatable, Hashable {
        /// Until the connection, TLS included, is there.
        package var connect: Duration = .seconds(10)
        /// From the last byte of the request to the head of the answer; interim ones (1xx) do not count.
        package var firstByte: Duration = .seconds(600)
        /// Between two bytes of an answer, and between two that the upstream takes of a request.
        package var idle: Duration = .seconds(300)
        /// How long an unused connection is kept; nil for 55 s with TLS and 4 s without.
        package var keepAlive: Duration?

        package init() {}
    }

    /// A model that callers who name the provider service may use.
    package struct Target: Sendable, Equatable {
        package var model: String
        /// The APIs that callers may use it by; empty for all that the service speaks.
        package var wireFormats: [WireFormat]
        /// Its path at the provider, if not the usual one.
        package var endpointRoute: String?

        package init(model: String, wireFormats: [WireFormat] = [], endpointRoute: String? = nil) {
            self.model = model
            self.wireFormats = wireFormats
            self.endpointRoute = endpointRoute
        }
    }

    /// What callers may do who name the provider service themselves.
    package struct DirectUse: Sendable, Equatable {
        package var targets: [Target] = []
        package var allowsAllTargets = false
        package var forwardsHeaders = false
        package var forwardsQueryParameters = false
        package var forwardsUnmanagedPaths = false
        package var rateLimits: [RateLimit] = []
        package var inferenceTable: InferenceTable?

        package init(
            targets: [Target] = [],
            allowsAllTargets: Bool = false,
            forwardsHeaders: Bool = false,
            forwardsQueryParameters: Bool = false,
            forwardsUnmanagedPaths: Bool = false,
            rateLimits: [RateLimit] = [],
            inferenceTable: InferenceTable? = nil
        ) {
            self.targets = targets
            self.allowsAllTargets = allowsAllTargets
            self.forwardsHeaders = forwardsHeaders
            self.forwardsQueryParameters = forwardsQueryParameters
            self.forwardsUnmanagedPaths = forwardsUnmanagedPaths
            self.rateLimits = rateLimits
            self.inferenceTable = inferenceTable
        }
    }

    package let name: ObjectName
    package let provider: Provider
    package let address: UpstreamAddress
    /// The secret; never logged and never shown.
    package let apiKey: String?
    package let settings: ProviderSettings
    /// The secrets that its credentials are the values of, by the key of the configuration file whose place they take: `api_key`.
    package let secretReferences: [String: ObjectName]
    /// What authorises each request where there is no `apiKey`; nil where nothing more is needed than header lines.
    package let authorizer: (any RequestAuthorizer)?
    /// The provider's traits, overridden by the configuration's.
    package let traits: UpstreamTraits
    package let headerPolicy: HeaderPolicy
    /// What requests may name besides the model.
    package let allowedReferences: Set<RequestReference.Kind>
    /// What requests of each format may not name; follows from ``allowedReferences``.
    package let references: [WireFormat: ReferenceRules]
    /// What this upstream speaks, its first choice first.
    package let wireFormats: [WireFormat]
    /// Headers of the configuration, added to every request, in lower case.
    package let headers: [(name: String, value: String)]
    package let timeouts: Timeouts
    /// When its destinations are ejected.
    package let circuit: CircuitSettings
    /// The proxy and the TLS of its connections.
    package let route: UpstreamRoute
    /// Takes the credentials that never change out of what the upstream says.
    private let redaction: CredentialRedaction
    /// ``maximumConnections`` where the configuration does not say it.
    package static let defaultMaximumConnections = 512

    /// Most connections to this upstream from one event loop.
    package let maximumConnections: Int
    /// Whether a request may be sent once more when a connection that had served before closes within a second of it, unanswered.
    ///
    /// The upstream may then have seen it twice.
    package let resendsUnanswered: Bool
    package let directUse: DirectUse
    package let pricing: ProviderPricing
    /// Whether callers bring their own credential of the vendor, beside `X-Databricks-AI-Gateway-Token`.
    package let relaysCredentials: Bool
    /// Whether the built-in simulator answers, so that answers are marked.
    package let isSimulated: Bool

    package init(
        name: ObjectName,
        provider: Provider,
        address: UpstreamAddress,
        apiKey: String?,
        settings: ProviderSettings = [:],
        secretReferences: [String: ObjectName] = [:],
        authorizer: (any RequestAuthorizer)? = nil,
        traits: UpstreamTraits = UpstreamTraits(),
        headerPolicy: HeaderPolicy? = nil,
        allowedReferences: Set<RequestReference.Kind> = [],
        wireFormats: [WireFormat],
        headers: [(name: String, value: String)] = [],
        timeouts: Timeouts = Timeouts(),
        circuit: CircuitSettings = CircuitSettings(),
        route: UpstreamRoute = UpstreamRoute(),
        maximumConnections: Int = defaultMaximumConnections,
        resendsUnanswered: Bool = false,
        directUse: DirectUse = DirectUse(),
        relaysCredentials: Bool = false,
        pricing: ProviderPricing = ProviderPricing(),
        isSimulated: Bool = false
    ) {
        self.directUse = directUse
        self.pricing = pricing
        self.relaysCredentials = relaysCredentials
        self.name = name
        self.provider = provider
        self.address = address
        self.apiKey = apiKey
        self.settings = settings
        self.secretReferences = secretReferences
        self.authorizer = authorizer
        self.traits = traits.over(provider.traits)
        self.headerPolicy = headerPolicy ?? provider.headerPolicy
        self.allowedReferences = allowedReferences
        references = Dictionary(
            uniqueKeysWithValues: Set(provider.wireFormats + provider.optionalWireFormats + wireFormats).map { format in
                let rows = provider.references.filter { $0.formats.contains(format) }
                return (format, ReferenceRules(rows, allowed: allowedReferences))
            }
        )
        self.wireFormats = wireFormats
        self.headers = headers
        self.timeouts = timeouts
        self.circuit = circuit
        self.route = route
        redaction = CredentialRedaction(
            Self.secrets(apiKey: apiKey, settings: settings, headers: headers) + (route.proxy?.secrets ?? [])
        )
        self.maximumConnections = maximumConnections
        self.resendsUnanswered = resendsUnanswered
        self.isSimulated = isSimulated
    }
}

extension ProviderService {
    /// Takes this service's credentials out of what its upstream says.
    package var credentialRedaction: CredentialRedaction { redaction.adding(authorizer?.secrets ?? []) }

    /// What nobody may see of a service: its key, its secret settings, and what its headers hold.
    private static func secrets(
        apiKey: String?,
        settings: ProviderSettings,
        headers: [(name: String, value: String)]
    ) -> [String] {
        var secrets = apiKey.map { [$0] } ?? []
        for (setting, value) in settings where setting.isSecret && setting != .serviceAccountKey {
            secrets.append(value)
        }
        let words = ["auth", "key", "token", "secret", "cookie", "password", "credential"]
        for (name, value) in headers where words.contains(where: { name.contains($0) }) {
            // A scheme may stand before the secret.
            secrets += value.split(separator: " ").map(String.init)
        }
        return secrets
    }
}
