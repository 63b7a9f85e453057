// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// A user or service principal as in the file, without its name.
struct PrincipalEntry: Sendable {
    var groups: Set<String>
    var isAdministrator: Bool

    /// `groups.<name>`.
    static let groupSection: Section<PrincipalEntry> = {
        let groups = Field("groups", ValueType.list(of: .principal), "The groups that it is a member of.")
        return Section("groups.<name>", "A group.", fields: [groups.documentation]) { values, reading in
            let names = values.read(groups, &reading)?.map(\.value) ?? []
            return PrincipalEntry(groups: Set(names), isAdministrator: false)
        }
    }()

    /// `users.<email>` or `service_principals.<application id>`.
    static func section(_ title: String, _ summary: String) -> Section<PrincipalEntry> {
        let groups = Field(
            "groups",
            ValueType.list(of: .principal),
            "The groups it is a member of. Groups need no definition; members of `admins` are administrators."
        )
        let administrator = Field(
            "administrator",
            ValueType.boolean,
            .optional("`false`"),
            "Whether it is an administrator."
        )
        return Section(title, summary, fields: [groups.documentation, administrator.documentation]) { values, reading in
            let names = values.read(groups, &reading)?.map(\.value) ?? []
            return PrincipalEntry(groups: Set(names), isAdministrator: values.read(administrator, &reading) ?? false)
        }
    }
}
