// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// The keys that catalogs, schemas and services have in common: whose they are, and what they are for.
enum OwnershipFields {
    private static let owner = Field(
        "owner",
        ValueType<String>.principal,
        .optional("`admins`"),
        "The user, service principal or group that owns it, and may manage and grant it."
    )
    private static let comment = Field(
        "comment",
        ValueType<String>.anyText(limit: 65_536),
        "What it is for."
    )

    static var documentation: [FieldDocumentation] { [owner.documentation, comment.documentation] }

    static func read(_ values: SectionValues, _ reading: inout Reading) -> Configuration.Ownership {
        Configuration.Ownership(owner: values.read(owner, &reading), comment: values.read(comment, &reading))
    }

    /// `catalogs.<name>` or `schemas.<name>`.
    static func section(_ title: String, _ summary: String) -> Section<Configuration.Ownership> {
        Section(title, summary, fields: documentation) { values, reading in read(values, &reading) }
    }
}
