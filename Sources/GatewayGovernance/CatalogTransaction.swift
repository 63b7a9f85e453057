// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
package import GatewayCore

/// Changes to what is governed, by one actor, that happen together or not at all.
///
/// A value without I/O: each function checks the actor's rights and what it is given, changes the metastore that the next one sees, and notes what a store must write.
/// Whoever runs it writes ``changes`` and ``records`` in one transaction.
package struct CatalogTransaction: Sendable {
    /// What is governed, with the changes so far.
    package private(set) var metastore: Metastore
    package let actor: Actor
    package private(set) var changes: [CatalogChange] = []
    package private(set) var records: [AuditRecord] = []

    package init(_ metastore: Metastore, by actor: Actor) {
        self.metastore = metastore
        self.actor = actor
    }

    var caller: Caller { actor.caller }

    /// The name that owns what the actor makes; the built-in administrator is no principal, so that the administrators do.
    package var ownerName: String { caller.isBuiltIn ? PrincipalName.administrators : caller.name }

    mutating func apply(_ change: CatalogChange) {
        metastore.stored.apply(change)
        changes.append(change)
    }

    /// Notes a change for the audit log; secrets must be masked.
    mutating func record(
        _ action: String,
        of service: AuditRecord.Service,
        on target: String,
        old: String?,
        new: String?
    ) {
        records.append(actor.record(action, of: service, on: target, old: old, new: new))
    }

    static func newID() -> String { UUID().uuidString.lowercased() }
}

// MARK: Checks

extension CatalogTransaction {
    /// An object that the actor may see.
    ///
    /// - Throws: ``GatewayError/Code/notFound``, also for one that it may not see.
    package func visible(_ securable: Securable) throws(GatewayError) -> CatalogEntry {
        guard let entry = metastore.entry(securable), metastore.isVisible(securable, to: caller) else {
            throw .missing(securable)
        }
        return entry
    }

    /// An object that the actor may change: it owns or manages it, and the store keeps it.
    ///
    /// - Throws: ``GatewayError/Code/notFound``, ``GatewayError/Code/forbidden``, or ``GatewayError/Code/conflict`` for what lives elsewhere.
    package func changeable(_ securable: Securable, etag: String? = nil) throws(GatewayError) -> CatalogEntry {
        let entry = try visible(securable)
        try checkManages(securable)
        guard case .stored = entry.source else { throw .elsewhere(securable.sqlName, entry.source) }
        if let etag, etag != entry.etag {
            throw GatewayError(
                .conflict,
                "\(securable.sqlName) has changed since it was read: its etag is \(entry.etag). Read it again."
            )
        }
        return entry
    }

    /// Checks that the actor owns or manages a securable.
    func checkManages(_ securable: Securable) throws(GatewayError) {
        guard let lacking = metastore.missing(.manage, caller, on: securable) else { return }
        throw .lacking(lacking, caller)
    }

    func check(_ privilege: Privilege, on securable: Securable) throws(GatewayError) {
        guard let lacking = metastore.missing(privilege, caller, on: securable) else { return }
        throw .lacking(lacking, caller)
    }

    /// Checks that there is a principal of that name, and normalises it.
    func principalName(_ name: String) throws(GatewayError) -> String {
        let normalized = PrincipalName.normalized(name)
        guard metastore.principal(named: normalized) != nil else {
            throw GatewayError(.notFound, "Principal '\(name.prefixOfUTF8(300))' does not exist.")
        }
        return normalized
    }
}

extension CatalogEntry {
    /// What tells one version of an object from another: Base64 of its id and revision.
    package var etag: String { Data("\(id):\(revision)".utf8).base64EncodedString() }
}

extension GatewayError {
    static func missing(_ securable: Securable) -> GatewayError {
        GatewayError(.notFound, "\(securable.kind.displayName) '\(securable.name)' does not exist.")
    }

    static func lacking(_ lacking: (privilege: Privilege, securable: Securable), _ caller: Caller) -> GatewayError {
        let what = lacking.securable.sqlName
        return GatewayError(
            .forbidden,
            "User does not have \(lacking.privilege.sqlName) privilege on \(what). Ask its owner or an administrator to grant it to '\(caller.name)'."
        )
    }

    /// What lives in the configuration file or in the gateway itself is not changed here.
    static func elsewhere(_ what: String, _ source: ObjectSource) -> GatewayError {
        switch source {
        case .file(let path):
            GatewayError(.conflict, "\(what) is defined in the configuration file \(path). Change it there.")
        case .system, .token: GatewayError(.conflict, "\(what) is built in and cannot be changed.")
        case .stored: GatewayError(.internalFailure, "\(what) cannot be changed.")
        }
    }

    static func invalid(_ message: String, _ parameter: String? = nil) -> GatewayError {
        GatewayError(.invalidParameter, message, parameter: parameter)
    }
}

extension Securable.Kind {
    /// Its name in messages.
    package var displayName: String {
        switch self {
        case .metastore: "Metastore"
        case .catalog: "Catalog"
        case .schema: "Schema"
        case .modelService: "Model service"
        case .providerService: "Model provider service"
        case .table: "Table"
        case .secret: "Secret"
        }
    }
}
