// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A catalog, a schema or a service as governance sees it: whose it is, when it changed, and how it is defined.
package struct CatalogEntry: Sendable, Equatable {
    package var securable: Securable
    /// Never changes and is never used again: a UUID.
    package var id: String
    /// The principal that owns it, by name.
    package var owner: String
    package var comment: String?
    package var properties: [String: String]
    /// Microseconds since 1970 UTC.
    package var createdAt: Int64
    package var createdBy: String
    /// Microseconds since 1970 UTC.
    package var updatedAt: Int64
    package var updatedBy: String
    /// Grows with each change of the entry; what its etag is made of.
    package var revision: Int64
    package var source: ObjectSource
    /// A service's definition: JSON with the keys that it would have in the configuration file, without secrets.
    ///
    /// Empty for catalogs and schemas, and for what the store does not keep.
    package var definition: String
    /// The secrets of the definition, encrypted.
    package var secrets: [UInt8]

    package init(
        securable: Securable,
        id: String,
        owner: String,
        comment: String? = nil,
        properties: [String: String] = [:],
        createdAt: Int64 = 0,
        createdBy: String,
        revision: Int64 = 1,
        source: ObjectSource,
        definition: String = "",
        secrets: [UInt8] = []
    ) {
        self.securable = securable
        self.id = id
        self.owner = owner
        self.comment = comment
        self.properties = properties
        self.createdAt = createdAt
        self.createdBy = createdBy
        updatedAt = createdAt
        updatedBy = createdBy
        self.revision = revision
        self.source = source
        self.definition = definition
        self.secrets = secrets
    }
}
