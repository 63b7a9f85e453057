// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The catalogue that is made while the gateway runs, with what calls need of it.
package struct StoredCatalog: Sendable {
    /// Objects, principals and grants.
    package var layer = CatalogLayer()
    /// The provider services among the objects, ready to be called.
    package var providerServices: [ProviderService] = []
    /// The model services among the objects, ready to be called.
    package var modelServices: [ModelService] = []

    package init() {}
}

/// Where the catalogue survives.
package protocol CatalogStore: Store {
    /// Everything that is stored, and the version that it has.
    func catalog() throws -> (layer: CatalogLayer, version: Int)

    /// Writes changes, all of them or none, with the records of who made them.
    ///
    /// - Parameters:
    ///   - changes: What to write, in order.
    ///   - records: What ``AuditRecord``s to add.
    ///   - version: The version that the changes were made for.
    /// - Returns: The new version; nil, with nothing written, if the stored catalogue has another version by now.
    /// - Throws: ``StorageError``; nothing was written then.
    func commit(_ changes: [CatalogChange], records: [AuditRecord], after version: Int) throws -> Int?

    /// A number that grows with every change of the catalogue, whichever process makes it.
    func catalogVersion() throws -> Int

    /// Something small that the gateway keeps encrypted; nil if there is nothing of that name.
    func sealedValue(named name: String) throws -> [UInt8]?

    /// Keeps something small that is encrypted, unless another process has changed it since it was `old`.
    ///
    /// - Returns: Whether it is kept.
    func setSealedValue(_ value: [UInt8], named name: String, replacing old: [UInt8]?) throws -> Bool

    /// The newest audit records, the newest first.
    func auditRecords(limit: Int) throws -> [AuditRecord]
}
