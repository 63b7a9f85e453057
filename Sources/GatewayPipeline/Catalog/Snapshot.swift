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
    package let fileConfiguration: Configuration
    package let tokens: TokenIndex
    /// Objects, principals and grants of the file and the store.
    package let metastore: Metastore
    /// The stored catalogue, for a snapshot with the same one and a newer file.
    package let catalog: StoredCatalog
    /// Provider services that callers name themselves.
    let direct: DirectServices
    /// Grows with each snapshot of this process.
    package let version: Int
    /// What callers hold.
    let accounts: CallerAccounts
    /// The secrets of service principals for the token endpoint.
    package let clientSecrets: ClientSecrets
    /// By every name that clients may use.
    private let services: [String: PreparedService]

    /// Joins the sources.
    ///
    /// - Parameters:
    ///   - file: The catalogue, principals, grants and settings of the configuration file.
    ///   - catalog: The objects that are stored beside them.
    ///   - stored: The access tokens of the store.
    ///   - administratorToken: A secret that is the administrator's while it is set, from `GATEHOUSE_ADMIN_TOKEN`.
    ///   - translator: Knows which format can serve which API.
    ///   - accounts: What callers hold, which outlives a snapshot.
    ///   - earlier: The snapshot that this one takes the place of; provider services whose settings are the same are the same objects.
    package init(
        configuration file: Configuration,
        catalog: StoredCatalog = StoredCatalog(),
        tokens stored: [AccessToken],
        administratorToken: AccessTokenSecret?,
        translator: some Translator,
        accounts: CallerAccounts = CallerAccounts(),
        after earlier: Snapshot? = nil
    ) {
        fileConfiguration = file
        configuration = file.joined(with: catalog).keeping(earlier?.configuration.providerServices ?? [])
        self.catalog = catalog
        version = (earlier?.version ?? 0) + 1
        self.accounts = accounts
        var metastore = Metastore(file: CatalogLayer(file), stored: catalog.layer)
        metastore.addOwners(of: stored)
        self.metastore = metastore
        var owners = DefinersRights(metastore)
        let refusedSecrets = owners.refusedSecrets(of: configuration.providerServices)
        direct = DirectServices(configuration.providerServices, refused: refusedSecrets, problems: catalog.problems)
        var index = TokenIndex()
        var callers: [CallerKey: Caller] = [:]
        var secrets = ClientSecrets()
        for token in stored {
            let name = PrincipalName.normalized(token.principal)
            let known = metastore.principal(named: name)
            let declared = known.flatMap { $0.kind == .group || $0.source == .token ? nil : $0 }
            // The tokens of somebody who was deactivated are nobody's.
            guard declared?.isActive ?? true else { continue }
            let key = CallerKey(name: name, kind: token.kind, isAdministrator: token.isAdministrator)
            // The token of the first start is the built-in administrator's, and not that of some user with this name.
            let isBuiltIn =
                token.isAdministrator && token.kind == .user && name == Self.administrator.name
            let caller =
                isBuiltIn
                ? Self.administrator
                : callers[key]
                    ?? Self.caller(token, named: name, declared: declared, in: metastore, accounts: accounts)
            callers[key] = caller
            switch token.purpose {
            case .token: index.insert(hash: token.hash, caller: caller, expiresAt: token.expiresAt)
            case .oauthSecret:
                secrets.insert(
                    ClientSecret(caller: caller, hash: token.hash, expiresAt: token.expiresAt),
                    id: token.id
                )
            }
        }
        if let administratorToken {
            index.insert(hash: administratorToken.hash, caller: Self.administrator, expiresAt: nil)
        }
        tokens = index
        clientSecrets = secrets
        var services: [String: PreparedService] = [:]
        for service in configuration.modelServices {
            var refused = owners.refused(by: service)
            for destination in service.destinations + service.fallback {
                guard let message = refusedSecrets[destination.service.name] else { continue }
                refused[destination.reference] = message
            }
            services[service.name.description] = PreparedService(
                service,
                refused: refused,
                problems: catalog.problems,
                isOpenToAll: metastore.isExecutableByAll(.modelService(service.name)),
                translator: translator
            )
        }
        // An exact name wins over an alias, so aliases come second.
        for service in configuration.modelServices where service.name.catalog == "system" && service.name.schema == "ai"
        {
            let prepared = services[service.name.description]
            for alias in Self.aliases(of: service.name.name) where services[alias] == nil { services[alias] = prepared }
        }
        // No endpoint takes the name of a model of the system.
        for service in configuration.modelServices {
            guard let flat = service.name.flatEndpointName, services[flat] == nil else { continue }
            services[flat] = services[service.name.description]
        }
        self.services = services
    }

    /// The caller that a principal is, as if it came with a token of its own.
    package func caller(named name: String) -> Caller? {
        guard let principal = metastore.principal(named: name) else { return nil }
        return metastore.caller(principal)
    }

    /// Whom a token belongs to; somebody whom nobody declared is who the token says.
    private static func caller(
        _ token: AccessToken,
        named name: String,
        declared: Principal?,
        in metastore: Metastore,
        accounts: CallerAccounts
    ) -> Caller {
        let kind = declared?.callerKind ?? token.kind
        let id = declared?.id ?? Principal.derivedID(token.kind == .user ? .user : .servicePrincipal, name)
        // An id that follows from a name may be another principal's, by chance or by intent.
        let groups = metastore.principal(id: id)?.name == name ? metastore.groupNames(of: id) : []
        return Caller(
            name: name,
            kind: kind,
            groups: groups,
            isAdministrator: token.isAdministrator || declared?.isAdministrator == true
                || groups.contains(Self.administrators),
            account: accounts.account(of: "\(kind):\(name)")
        )
    }

    /// Tokens alike in all of this share one caller; an administrator's token lends nothing to the same user's others.
    private struct CallerKey: Hashable {
        let name: String
        let kind: Caller.Kind
        let isAdministrator: Bool
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
    package var modelServices: [PreparedService] {
        configuration.modelServices.compactMap { services[$0.name.description] }
            .sorted { $0.service.name.description < $1.service.name.description }
    }
}
