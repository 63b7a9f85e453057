// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// Everything that the path of a call reads: catalogue, tokens and grants, as they were at one moment.
///
/// Immutable. A change makes a new one; a call keeps the one that it began with.
package final class Snapshot: Sendable {
    /// What the file says, joined with the stored catalogue.
    package let configuration: Configuration
    /// What the file alone says, for a snapshot with the same file and a newer store.
    package let fileConfiguration: Tracked<Configuration>
    /// Objects, principals and grants of the file and the store.
    package let metastore: Metastore
    /// The stored catalogue, for a snapshot with the same one and a newer file.
    package let catalog: StoredCatalog
    /// Grows with each snapshot of this process.
    package let version: Int
    /// What callers hold.
    let accounts: CallerAccounts
    package let tokens: TokenIndex
    /// The access tokens of the store, and the secrets of service principals, expired ones included.
    package let accessTokens: [AccessToken]
    /// The budgets; nil where there are none.
    package let budgets: BudgetPlan?
    /// The secrets of service principals for the token endpoint.
    package let clientSecrets: ClientSecrets
    /// Provider services that callers name themselves.
    let direct: DirectServices
    private let callers: CallerDirectory
    private let services: ServiceDirectory

    /// Joins the sources.
    ///
    /// - Parameters:
    ///   - file: The catalogue, principals, grants and settings of the configuration file.
    ///   - catalog: The objects that are stored beside them.
    ///   - stored: The access tokens of the store.
    ///   - administratorToken: A secret that is the administrator's while it is set, from `GATEHOUSE_ADMIN_TOKEN`.
    ///   - translator: Knows which format can serve which API.
    ///   - accounts: What callers hold, which outlives a snapshot.
    ///   - limiters: What was used of services with rate limits, which outlives a snapshot as well.
    ///   - circuits: Which destinations are ejected, which does so too.
    ///   - earlier: The snapshot that this one takes the place of; what nothing has changed is the same objects.
    package init(
        configuration file: Tracked<Configuration>,
        catalog: StoredCatalog = StoredCatalog(),
        tokens stored: Tracked<[AccessToken]> = Tracked([]),
        administratorToken: AccessTokenSecret?,
        translator: some Translator,
        accounts: CallerAccounts = CallerAccounts(),
        limiters: RateLimiters = RateLimiters(),
        circuits: CircuitBreakers = CircuitBreakers(),
        after earlier: Snapshot? = nil
    ) {
        fileConfiguration = file
        self.catalog = catalog
        version = (earlier?.version ?? 0) + 1
        self.accounts = accounts
        accessTokens = stored.value
        callers = CallerDirectory(
            file,
            stored: catalog.layer,
            tokens: stored,
            administratorToken: administratorToken,
            accounts: accounts,
            after: earlier?.callers
        )
        metastore = Metastore(file: callers.file, stored: catalog.layer)
        services = ServiceDirectory(
            file,
            stored: catalog.services,
            metastore: metastore,
            limiters: limiters,
            circuits: circuits,
            translator: translator,
            after: earlier?.services
        )
        tokens = callers.tokens
        clientSecrets = callers.clientSecrets
        configuration = services.configuration
        budgets = BudgetPlan(services.configuration.budgets)
        direct = services.direct
    }

    /// The caller that a principal is, as if it came with a token of its own.
    package func caller(named name: String) -> Caller? {
        guard let principal = metastore.principal(named: name) else { return nil }
        return metastore.caller(principal)
    }

    /// The group whose members are administrators.
    package static let administrators = PrincipalName.administrators
    /// Whom `GATEHOUSE_ADMIN_TOKEN`, the token of the first start and every other administrator's token of the name `admin` belong to.
    package static let administrator = Caller(
        name: "admin",
        kind: .user,
        groups: [administrators],
        isAdministrator: true,
        isBuiltIn: true
    )

    /// Finds the service that a client named.
    ///
    /// - Throws: ``GatewayError/Code/modelNotFound``
    package func service(named name: String) throws(GatewayError) -> PreparedService {
        guard let service = find(name) else { throw Self.notFound(name) }
        return service
    }

    /// The same for a caller, who is told which names are near of those that it may use.
    package func service(named name: String, for caller: Caller) throws(GatewayError) -> PreparedService {
        guard let service = find(name) else { throw notFound(name, for: caller) }
        return service
    }

    private func find(_ name: String) -> PreparedService? {
        if let service = services[name] { return service }
        // Claude Code asks for the long context window with a suffix on the name.
        let plain = name.hasSuffix("[1m]") ? String(name.dropLast(4)) : name
        if let service = services[plain] { return service }
        // Only vendors date their models' names.
        guard let undated = Self.undated(plain), let service = services[undated] else { return nil }
        let found = service.service.name
        return found.catalog == "system" && found.schema == "ai" ? service : nil
    }

    /// What a client is told of a name that there is not; the words depend on the name alone, and tell nothing of the catalogue.
    static func notFound(_ name: String) -> GatewayError {
        let full = name.contains(".") ? name : "system.ai.\(name)"
        return GatewayError(.modelNotFound, "'\(full.prefixOfUTF8(300))' does not exist", parameter: "model")
    }

    /// The service of exactly that name.
    package func prepared(_ name: ObjectName) -> PreparedService? { services[name.description] }

    /// The provider service of exactly that name.
    package func providerService(_ name: ObjectName) -> ProviderService? { direct.provider(name) }

    /// All services by their full names, sorted.
    package var modelServices: [PreparedService] { services.sorted }
}
