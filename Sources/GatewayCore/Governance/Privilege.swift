// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A privilege, spelled as in Unity Catalog.
///
/// Source: PyPI `databricks-sdk` 0.162.0, `catalog.Privilege` and `SecretsUcAPI`, and Databricks' pages about model services for `CREATE_SERVICE` (2026-11).
package enum Privilege: String, Sendable, CaseIterable {
    case useCatalog = "USE_CATALOG"
    case useSchema = "USE_SCHEMA"
    case execute = "EXECUTE"
    case manage = "MANAGE"
    case select = "SELECT"
    case modify = "MODIFY"
    case readMetadata = "READ_METADATA"
    case createCatalog = "CREATE_CATALOG"
    case createSchema = "CREATE_SCHEMA"
    case createService = "CREATE_SERVICE"
    case createTable = "CREATE_TABLE"
    case createConnection = "CREATE_CONNECTION"
    /// To have a service send the value of a secret to its upstream.
    case readSecret = "READ_SECRET"
    /// Every privilege that an object can have, but for `MANAGE` and `READ_SECRET`.
    case allPrivileges = "ALL_PRIVILEGES"

    /// As SQL spells it: `USE CATALOG`.
    package var sqlName: String { String(rawValue.map { $0 == "_" ? " " : $0 }) }

    /// Reads a privilege as Unity Catalog or as SQL spells it, in any case.
    package init?(spelling text: String) {
        self.init(rawValue: text.uppercased().replacing(" ", with: "_"))
    }
}

/// A set of privileges.
package struct PrivilegeSet: Sendable, Hashable, ExpressibleByArrayLiteral {
    private var bits: UInt16

    private init(bits: UInt16) { self.bits = bits }

    package init() { bits = 0 }

    package init(_ privileges: some Sequence<Privilege>) {
        bits = privileges.reduce(0) { $0 | Self.bit($1) }
    }

    package init(arrayLiteral elements: Privilege...) { self.init(elements) }

    /// What `ALL_PRIVILEGES` stands for, itself included.
    package static let all = PrivilegeSet(Privilege.allCases.filter { ![.manage, .readSecret].contains($0) })
    /// Every privilege there is.
    package static let every = PrivilegeSet(Privilege.allCases)

    /// These, with `ALL_PRIVILEGES` replaced by what it stands for.
    package var expanded: PrivilegeSet { contains(.allPrivileges) ? union(.all) : self }
    package var isEmpty: Bool { bits == 0 }
    /// In the order of ``Privilege/allCases``.
    package var privileges: [Privilege] { Privilege.allCases.filter { contains($0) } }

    package func contains(_ privilege: Privilege) -> Bool { bits & Self.bit(privilege) != 0 }
    package func intersects(_ other: PrivilegeSet) -> Bool { bits & other.bits != 0 }
    package func union(_ other: PrivilegeSet) -> PrivilegeSet { PrivilegeSet(bits: bits | other.bits) }
    package func intersection(_ other: PrivilegeSet) -> PrivilegeSet { PrivilegeSet(bits: bits & other.bits) }
    package func subtracting(_ other: PrivilegeSet) -> PrivilegeSet { PrivilegeSet(bits: bits & ~other.bits) }
    package mutating func formUnion(_ other: PrivilegeSet) { bits |= other.bits }

    private static func bit(_ privilege: Privilege) -> UInt16 {
        switch privilege {
        case .useCatalog: 1
        case .useSchema: 1 << 1
        case .execute: 1 << 2
        case .manage: 1 << 3
        case .select: 1 << 4
        case .modify: 1 << 5
        case .readMetadata: 1 << 6
        case .createCatalog: 1 << 7
        case .createSchema: 1 << 8
        case .createService: 1 << 9
        case .createTable: 1 << 10
        case .createConnection: 1 << 11
        case .allPrivileges: 1 << 12
        case .readSecret: 1 << 13
        }
    }
}
