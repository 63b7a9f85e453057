// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Objects of the catalogue that are made while the gateway runs, beside those of the configuration file.
package struct StoredCatalog: Sendable {
    package var providerServices: [ProviderService] = []
    package var modelServices: [ModelService] = []
    package var principals: [Configuration.Principal] = []
    package var grants: [Grant] = []

    package init() {}
}

/// Where such objects survive.
package protocol CatalogStore: Store {
    /// Everything that is stored.
    func catalog() throws -> StoredCatalog

    /// A number that changes whenever any process has changed the catalogue.
    func catalogVersion() throws -> Int
}

/// A store with nothing in it: everything comes from the configuration file.
package struct EmptyCatalogStore: CatalogStore {
    package init() {}

    package func catalog() -> StoredCatalog { StoredCatalog() }
    package func catalogVersion() -> Int { 0 }
}
