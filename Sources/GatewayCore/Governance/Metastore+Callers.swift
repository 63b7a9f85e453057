// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension Metastore {
    /// Adds those whom access tokens name and nobody has declared, so that they can be granted something.
    package mutating func addOwners(of tokens: [AccessToken]) {
        for token in tokens {
            let name = PrincipalName.normalized(token.principal)
            let isReserved = name == PrincipalName.everybody || name == PrincipalName.administrators
            guard !isReserved, principal(named: name) == nil else { continue }
            let kind: Principal.Kind = token.kind == .user ? .user : .servicePrincipal
            let id = Principal.derivedID(kind, name)
            // An id that follows from a name may be another principal's, by chance or by intent.
            guard principal(id: id) == nil else { continue }
            file.apply(
                .putPrincipal(Principal(id: id, kind: kind, name: name, source: .token, createdAt: token.createdAt))
            )
        }
    }

    /// A principal as a caller; a group as one that is in nothing but itself and the groups above it.
    package func caller(_ principal: Principal) -> Caller {
        var groups = groupNames(of: principal.id)
        if principal.kind == .group { groups.insert(principal.name) }
        return Caller(
            name: principal.name,
            kind: principal.callerKind ?? .user,
            groups: groups,
            isAdministrator: principal.isAdministrator || groups.contains(PrincipalName.administrators)
        )
    }
}
