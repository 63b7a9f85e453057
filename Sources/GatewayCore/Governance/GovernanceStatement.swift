// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A statement of SQL that changes or shows what is governed, read and not yet carried out.
package enum GovernanceStatement: Sendable, Equatable {
    case grant(PrivilegeSet, on: Securable, to: [String])
    case revoke(PrivilegeSet, on: Securable, from: [String])
    case deny(PrivilegeSet, on: Securable, to: [String])
    /// `SHOW GRANTS`, of one principal where it is named.
    case showGrants(of: String?, on: Securable)
    /// `SHOW CATALOGS`, `SHOW SCHEMAS [IN catalog]`, `SHOW MODEL SERVICES [IN schema]` and its siblings; only names that a pattern of `LIKE` fits (`*` stands for any characters, `|` for or).
    case show(Securable.Kind, in: Securable?, like: String?)
    case describe(Securable)
    case create(Securable, comment: String?, unlessExists: Bool)
    /// Drops an object; what is in it goes too only if `cascades`.
    case drop(Securable, ifExists: Bool, cascades: Bool)
    case setOwner(Securable, to: String)
    case setComment(Securable, to: String?)
}
