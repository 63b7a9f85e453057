// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// Whether the owners of model services may execute what their services send calls to.
///
/// Callers need no right on a destination: the owner's counts, whenever owner, grants or destinations change.
struct DefinersRights {
    private let metastore: Metastore
    /// By name; nil for an owner that there is not, who may nothing.
    private var owners: [String: Caller?] = [:]

    init(_ metastore: Metastore) {
        self.metastore = metastore
    }

    /// The destinations that the owner of a service may not execute, each with what to tell callers.
    mutating func refused(by service: ModelService) -> [Securable: String] {
        guard let name = metastore.entry(.modelService(service.name))?.owner,
            name != PrincipalName.administrators
        else { return [:] }
        let owner = owners[name] ?? metastore.principal(named: name).map { metastore.caller($0) }
        owners[name] = owner
        if owner?.isAdministrator == true { return [:] }
        var refused: [Securable: String] = [:]
        for reference in Set((service.destinations + service.fallback).map(\.reference)) {
            let lacking =
                owner.map { metastore.missing(.execute, $0, on: reference) } ?? (Privilege.execute, reference)
            guard let lacking else { continue }
            refused[reference] =
                "The owner of MODEL SERVICE \(service.name), '\(name)', does not have \(lacking.privilege.sqlName) privilege on \(lacking.securable.sqlName)."
        }
        return refused
    }
}
