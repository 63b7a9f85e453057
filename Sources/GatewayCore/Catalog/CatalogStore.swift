// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The catalogue that is made while the gateway runs, with what calls need of it.
package struct StoredCatalog: Sendable {
    /// Objects, principals and grants.
    package let layer: CatalogLayer
    /// The services among the objects.
    package let services: Tracked<BuiltServices>
    /// The version that the stored catalogue has.
    package let version: Int

    package init(
        layer: CatalogLayer = CatalogLayer(),
        services: Tracked<BuiltServices> = Tracked(BuiltServices()),
        version: Int = 0
    ) {
        self.layer = layer
        self.services = services
        self.version = version
    }
}

/// Something that is stored encrypted.
package struct SealedBytes: Sendable {
    /// What it is bound to: the id of an object, or the name of a sealed value.
    package let id: String
    package let bytes: [UInt8]

    package init(id: String, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }
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

    /// Encrypts everything anew that is stored encrypted, all of it or nothing.
    ///
    /// - Parameters:
    ///   - records: What ``AuditRecord``s to add.
    ///   - body: Is given all that is encrypted while nobody else can write; returns what takes the place of each, in the same order.
    /// - Returns: How many were encrypted.
    /// - Throws: ``StorageError``, or what `body` threw; nothing was written then.
    func reseal(records: [AuditRecord], _ body: ([SealedBytes]) throws -> [[UInt8]]) throws -> Int

    /// The newest audit records, the newest first.
    func auditRecords(limit: Int) throws -> [AuditRecord]
}
