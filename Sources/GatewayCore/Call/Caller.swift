// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Who is asking, once authenticated.
///
/// An immutable object rather than a struct: every call and every usage row of a caller shares the one in the snapshot.
package final class Caller: Sendable {
    package enum Kind: String, Sendable {
        case user = "USER"
        case servicePrincipal = "SERVICE_PRINCIPAL"
    }

    /// The user's email address or the service principal's application id.
    package let name: String
    package let kind: Kind
    /// The names of the groups that the caller is in.
    package let groups: Set<String>
    /// Whether the caller may do everything.
    package let isAdministrator: Bool
    /// Whether it is the gateway's own administrator rather than somebody of that name.
    package let isBuiltIn: Bool
    /// What the caller's in-flight requests hold, whatever token they came with.
    package let account: CallerAccount

    package init(
        name: String,
        kind: Kind,
        groups: Set<String> = [],
        isAdministrator: Bool = false,
        isBuiltIn: Bool = false,
        account: CallerAccount = CallerAccount()
    ) {
        self.isBuiltIn = isBuiltIn
        self.name = name
        self.kind = kind
        self.groups = groups
        self.isAdministrator = isAdministrator
        self.account = account
    }
}
