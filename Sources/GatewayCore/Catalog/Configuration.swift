// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What a configuration file says, checked and complete: the catalogue's objects, principals, grants and the server's settings.
package struct Configuration: Sendable {
    /// `server:` of the file.
    ///
    /// Sizes are bytes.
    package struct Server: Sendable, Equatable {
        package struct TLS: Sendable, Equatable {
            /// PEM file with the certificate chain.
            package var certificate: String
            /// PEM file with the private key.
            package var key: String

            package init(certificate: String, key: String) {
                self.certificate = certificate
                self.key = key
            }
        }

        /// How long and how much of the Responses API's answers is kept for `previous_response_id`.
        package struct Responses: Sendable, Equatable {
            /// Older responses are deleted.
            package var maximumAge: Duration = .seconds(30 * 86_400)
            /// All answers together; beyond it the oldest of the caller that has most are deleted.
            package var maximumBytes = 1 << 30
            /// All answers of one caller; beyond it its oldest are deleted.
            ///
            /// nil is a quarter of ``maximumBytes``.
            package var maximumBytesPerCaller: Int?
            /// The size of one response with the conversation before it; a larger one is not stored.
            package var maximumBytesPerResponse = 8 << 20

            package init() {}

            /// What the store is to keep.
            package var bounds: ResponseStoreBounds {
                ResponseStoreBounds(
                    maximumBytes: maximumBytes,
                    maximumBytesPerOwner: maximumBytesPerCaller ?? maximumBytes / 4
                )
            }
        }

        /// Who may read `/metrics`, which names model services.
        package enum MetricsAccess: String, Sendable, CaseIterable {
            /// Callers with an administrator's token.
            case administrators
            /// Those, and whoever is on the same machine.
            case loopback
            /// Everybody.
            case open
        }

        /// Which web pages of other origins may read responses.
        package struct CrossOrigin: Sendable, Equatable {
            /// Origins as browsers send them, in lower case; ``anyOrigin`` allows all, without credentials.
            package var allowedOrigins: Set<String>
            /// How long browsers may keep the answer to a preflight request.
            package var maximumAge: Duration

            package static let anyOrigin = "*"

            package init(allowedOrigins: Set<String>, maximumAge: Duration = .seconds(600)) {
                self.allowedOrigins = allowedOrigins
                self.maximumAge = maximumAge
            }

            /// Whether an origin is listed by its name.
            package func lists(_ origin: String) -> Bool {
                origin != Self.anyOrigin && allowedOrigins.contains(origin.lowercased())
            }
        }

        package var tls: TLS?
        /// nil for no answers to pages of other origins.
        package var crossOrigin: CrossOrigin?
        /// Proxies whose word about the client is taken.
        package var trustedProxies: [AddressRange] = []
        /// Whether connections of trusted proxies begin with a header of the PROXY protocol.
        package var expectsProxyHeader = false
        /// The path below which everything is served; nil for the root.
        package var basePath: BasePath?
        /// Whether a line is logged for each request.
        package var logsAccess = false
        package var metricsAccess = MetricsAccess.loopback
        /// A port that serves `/metrics` alone, to everybody who reaches it; nil for none.
        package var metricsPort: Int?
        package var responses = Responses()
        /// The maximum size of a request body; a larger one gets 413.
        package var maximumBodyBytes = 32 << 20
        /// What all requests in flight hold together; beyond it calls are answered 503.
        package var maximumBodyBytesInFlight = 512 << 20
        /// What the requests in flight of one caller hold together; beyond it its calls are answered 429; nil for the default.
        package var bodyBytesInFlightPerCaller: Int?
        /// Client connections; beyond it the one that has rested longest makes room, or the new one is closed.
        package var maximumConnections = 16_384
        /// The requests in flight of one caller; beyond it its calls are answered 429; nil for the default.
        package var requestsInFlightPerCaller: Int?
        /// The maximum size of a request head; a larger one gets 431.
        package var maximumHeadBytes = 64 << 10
        /// How long a client may take to send a head, and to send the next part of a body.
        package var clientTimeout: Duration = .seconds(30)
        /// How long an idle keep-alive connection stays open.
        package var keepAliveTimeout: Duration = .seconds(180)
        /// How long new connections are still taken after the signal to stop, while `/ready` says 503.
        package var drainDelay: Duration = .zero
        /// How long streams may go on after the signal to stop and ``drainDelay``.
        package var shutdownTimeout: Duration = .seconds(30)

        package init() {}

        /// A quarter of what all may hold, where nothing else is set: one caller cannot take it all, and one body always fits.
        package var maximumBodyBytesInFlightPerCaller: Int {
            bodyBytesInFlightPerCaller ?? max(maximumBodyBytesInFlight / 4, maximumBodyBytes)
        }

        /// Three quarters of the connections, where nothing else is set, and no bound worth mentioning where there are few.
        package var maximumRequestsInFlightPerCaller: Int {
            requestsInFlightPerCaller ?? max(256, maximumConnections / 4 * 3)
        }
    }

    /// `usage:` of the file: how long and how much of the usage table is kept.
    package struct Usage: Sendable, Equatable {
        /// Older rows are deleted; nil keeps them for ever.
        package var retention: Duration? = .seconds(365 * 86_400)
        /// Most bytes of the table; beyond it the oldest rows are deleted.
        ///
        /// nil is no limit but the disk's.
        package var maximumBytes: Int? = 16 << 30

        package init() {}
    }

    /// Whose an object of the file is, and what it is for.
    package struct Ownership: Sendable, Equatable {
        /// nil for the administrators.
        package var owner: String?
        package var comment: String?

        package init(owner: String? = nil, comment: String? = nil) {
            self.owner = owner
            self.comment = comment
        }
    }

    /// An issuer outside whose tokens clients may exchange for the gateway's.
    package struct TrustedIssuer: Sendable, Equatable {
        /// The claim `iss`, exactly.
        package var url: String
        /// Of these the claim `aud` must name one.
        package var audiences: [String]
        /// The claim that says who it is.
        package var subjectClaim: String
        package var kind: Caller.Kind
        /// The claim that says in which groups; nil if none does.
        package var groupsClaim: String?
        /// Where its keys are; nil to ask the issuer.
        package var keysURL: String?

        package init(
            url: String,
            audiences: [String],
            subjectClaim: String = "sub",
            kind: Caller.Kind = .user,
            groupsClaim: String? = nil,
            keysURL: String? = nil
        ) {
            self.url = url
            self.audiences = audiences
            self.subjectClaim = subjectClaim
            self.kind = kind
            self.groupsClaim = groupsClaim
            self.keysURL = keysURL
        }
    }

    /// A user or service principal that the file declares.
    package struct Principal: Sendable, Equatable {
        package var name: String
        package var kind: Caller.Kind
        package var groups: Set<String>
        package var isAdministrator: Bool

        package init(name: String, kind: Caller.Kind, groups: Set<String> = [], isAdministrator: Bool = false) {
            self.name = name
            self.kind = kind
            self.groups = groups
            self.isAdministrator = isAdministrator
        }
    }

    /// The file that says it, as it was named to the reader; nil for the built-in configuration.
    package var file: String?
    package var workspaceID = "0"
    package var server = Server()
    package var usage = Usage()
    package var providerServices: [ProviderService] = []
    package var modelServices: [ModelService] = []
    /// The credentials that provider services may refer to, by name; never shown.
    package var secrets: [ObjectName: String] = [:]
    package var principals: [Principal] = []
    package var trustedIssuers: [TrustedIssuer] = []
    package var grants: [Grant] = []
    /// The groups that the file declares by themselves, with the groups that each is in.
    package var groups: [String: Set<String>] = [:]
    /// What the file says of its objects, and the catalogs and schemas that it declares.
    package var ownership: [Securable: Ownership] = [:]
    /// `max_tokens` for an Anthropic upstream when the client gave none.
    package var defaultMaximumOutput = 8192
    /// What models cost that have no price.
    package var defaultPrice: ModelPrice?
    package var budgets: [Budget] = []

    package init() {}
}
