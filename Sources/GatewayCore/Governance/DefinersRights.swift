// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Whether the owners of services may use what their services refer to: execute the destinations, and read the secrets.
///
/// Callers need no right on a destination or a secret: the owner's counts, whenever owner, grants or references change.
package struct DefinersRights {
    private let metastore: Metastore
    /// By name; nil for an owner that there is not, who may nothing.
    private var owners: [String: Caller?] = [:]

    package init(_ metastore: Metastore) {
        self.metastore = metastore
    }

    /// The destinations that the owner of a service may not execute, each with what to tell callers.
    package mutating func refused(by service: ModelService) -> [Securable: String] {
        let references = Set((service.destinations + service.fallback).map(\.reference))
        return refused(.execute, on: references, by: .modelService(service.name))
    }

    /// Why the owners of provider services may not read the secrets that they refer to, each as callers are told.
    package mutating func refusedSecrets(of services: [ProviderService]) -> [ObjectName: String] {
        var refusals: [ObjectName: String] = [:]
        for service in services where !service.secretReferences.isEmpty {
            let secrets = Set(service.secretReferences.values.map { Securable.secret($0) })
            refusals[service.name] = refused(.readSecret, on: secrets, by: .providerService(service.name)).values.min()
        }
        return refusals
    }

    /// What of its references the owner of a service has no privilege on, each with what to tell callers.
    ///
    /// Of a service that nobody owns, and of one of the administrators, nothing is refused; of an owner that there is not, everything.
    package mutating func refused(
        _ privilege: Privilege,
        on references: Set<Securable>,
        by service: Securable
    ) -> [Securable: String] {
        guard let name = metastore.entry(service)?.owner, name != PrincipalName.administrators else { return [:] }
        let owner = owners[name] ?? metastore.principal(named: name).map { metastore.caller($0) }
        owners[name] = owner
        if owner?.isAdministrator == true { return [:] }
        var refused: [Securable: String] = [:]
        for reference in references {
            let lacking = owner.map { metastore.missing(privilege, $0, on: reference) } ?? (privilege, reference)
            guard let lacking else { continue }
            refused[reference] =
                "The owner of \(service.sqlName), '\(name)', does not have \(lacking.privilege.sqlName) privilege on \(lacking.securable.sqlName)."
        }
        return refused
    }
}
