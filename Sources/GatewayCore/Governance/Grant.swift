// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What one principal is granted and denied on one securable.
package struct Grant: Sendable, Hashable {
    /// A user's email address, a service principal's application id, a group's name, or `account users` for everybody.
    package var principal: String
    package var privileges: PrivilegeSet
    /// Wins over every grant, of whatever principal and wherever it was made.
    package var denied: PrivilegeSet
    package var securable: Securable

    package init(
        principal: String,
        privileges: PrivilegeSet = [],
        denied: PrivilegeSet = [],
        securable: Securable
    ) {
        self.principal = principal
        self.privileges = privileges
        self.denied = denied
        self.securable = securable
    }
}
