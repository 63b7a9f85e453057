// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// Who the callers of a snapshot are, by what they show.
///
/// It follows from the file, the tokens, and the stored principals: it stays the same object for object while only services or grants change.
struct CallerDirectory: Sendable {
    let tokens: TokenIndex
    /// The secrets of service principals for the token endpoint.
    let clientSecrets: ClientSecrets
    /// What the file says, with those added whom tokens name and nobody has declared.
    let file: CatalogLayer
    private let editions: [Edition]

    init(
        _ configuration: Tracked<Configuration>,
        stored: CatalogLayer,
        tokens: Tracked<[AccessToken]>,
        administratorToken: AccessTokenSecret?,
        accounts: CallerAccounts,
        after earlier: CallerDirectory?
    ) {
        let editions = [configuration.edition, stored.principalsEdition, tokens.edition]
        if let earlier, earlier.editions == editions {
            self = earlier
            return
        }
        self.editions = editions
        var metastore = Metastore(file: CatalogLayer(configuration.value), stored: stored)
        metastore.addOwners(of: tokens.value)
        file = metastore.file
        var index = TokenIndex()
        var callers: [CallerKey: Caller] = [:]
        var secrets = ClientSecrets()
        for token in tokens.value {
            let name = PrincipalName.normalized(token.principal)
            let known = metastore.principal(named: name)
            let declared = known.flatMap { $0.kind == .group || $0.source == .token ? nil : $0 }
            // The tokens of somebody who was deactivated are nobody's.
            guard declared?.isActive ?? true else { continue }
            let key = CallerKey(name: name, kind: token.kind, isAdministrator: token.isAdministrator)
            // The token of the first start is the built-in administrator's, and not that of some user with this name.
            let isBuiltIn =
                token.isAdministrator && token.kind == .user && name == Snapshot.administrator.name
            let caller =
                isBuiltIn
                ? Snapshot.administrator
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
            index.insert(hash: administratorToken.hash, caller: Snapshot.administrator, expiresAt: nil)
        }
        self.tokens = index
        clientSecrets = secrets
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
                || groups.contains(Snapshot.administrators),
            account: accounts.account(of: "\(kind):\(name)")
        )
    }

    /// Tokens alike in all of this share one caller; an administrator's token lends nothing to the same user's others.
    private struct CallerKey: Hashable {
        let name: String
        let kind: Caller.Kind
        let isAdministrator: Bool
    }
}
