// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A user, a service principal or a group.
///
/// All three share one set of names, since grants know them by name alone.
package struct Principal: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case user = "USER"
        case servicePrincipal = "SERVICE_PRINCIPAL"
        case group = "GROUP"
    }

    /// Never changes and is never used again; SCIM shows it in decimal digits.
    package var id: Int64
    package var kind: Kind
    /// A user's email address, a service principal's application id, a group's name; normalised as ``PrincipalName`` says.
    package var name: String
    package var displayName: String?
    /// The id that a directory outside knows it by.
    package var externalID: String?
    /// Whether its tokens are valid.
    package var isActive: Bool
    /// Whether it may do everything, as the configuration file says; members of `admins` may as well.
    package var isAdministrator: Bool
    package var source: ObjectSource
    /// Microseconds since 1970 UTC.
    package var createdAt: Int64

    package init(
        id: Int64,
        kind: Kind,
        name: String,
        displayName: String? = nil,
        externalID: String? = nil,
        isActive: Bool = true,
        isAdministrator: Bool = false,
        source: ObjectSource,
        createdAt: Int64 = 0
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.displayName = displayName
        self.externalID = externalID
        self.isActive = isActive
        self.isAdministrator = isAdministrator
        self.source = source
        self.createdAt = createdAt
    }

    /// What it is as a caller; nil for a group, which calls nothing.
    package var callerKind: Caller.Kind? {
        switch kind {
        case .user: .user
        case .servicePrincipal: .servicePrincipal
        case .group: nil
        }
    }

    /// The id of a principal that has none of its own, since a configuration file declares it or a token names it: it follows from the name.
    package static func derivedID(_ kind: Kind, _ name: String) -> Int64 {
        // Of 52 bits, which the numbers of JSON carry; the highest one keeps it apart from the stored ones.
        Int64(FNV1a("\(kind.rawValue):\(name)").value & ((1 << 51) - 1)) | 1 << 51
    }
}

/// Where an object of the catalogue or a principal lives, and so who may change it.
package enum ObjectSource: Sendable, Hashable {
    /// The configuration file of this path; only an edit of the file changes it.
    case file(String)
    /// The gateway itself.
    case system
    /// The store: made by REST, SQL or a command.
    case stored
    /// Nowhere: a principal that only an access token names.
    case token
}
