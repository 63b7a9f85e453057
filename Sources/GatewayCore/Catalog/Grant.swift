// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Privileges of one principal on one securable.
package struct Grant: Sendable, Hashable {
    /// Spelled as in Unity Catalog.
    package enum Privilege: String, Sendable, CaseIterable {
        case useCatalog = "USE_CATALOG"
        case useSchema = "USE_SCHEMA"
        case execute = "EXECUTE"
        case manage = "MANAGE"
        case select = "SELECT"
        case readMetadata = "READ_METADATA"
        case allPrivileges = "ALL_PRIVILEGES"
    }

    package enum Securable: Sendable, Hashable {
        case catalog(String)
        /// `catalog.schema`.
        case schema(String)
        case modelService(ObjectName)
        case providerService(ObjectName)
    }

    /// A user's email address, a service principal's application id, a group's name, or `account users` for everybody.
    package var principal: String
    package var privileges: Set<Privilege>
    package var securable: Securable

    package init(principal: String, privileges: Set<Privilege>, securable: Securable) {
        self.principal = principal
        self.privileges = privileges
        self.securable = securable
    }
}
