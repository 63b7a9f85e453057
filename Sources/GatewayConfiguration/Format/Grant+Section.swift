// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension Grant {
    /// `grants[]`.
    static let section: Section<Grant> = {
        let principal = Field(
            "principal",
            ValueType.principal,
            .required,
            "The name of a group, the email address of a user, the application id of a service principal, or `account users` for everybody. If a group in this file has the name, it means the group only."
        )
        let privileges = Field(
            "privileges",
            ValueType.list(of: .privilege, count: 1...Privilege.allCases.count),
            .required,
            "The privileges. You may write a space instead of `_`, as in SQL."
        )
        let securable = Field("on", ValueType.section(Securable.section), .required, "The object of the grant.")
        return Section(
            "grants[]",
            "Privileges of one principal on one object. A request needs `EXECUTE` on the service, `USE_SCHEMA` on its schema and `USE_CATALOG` on its catalog. A privilege on a catalog or schema applies to everything in it.",
            fields: [principal.documentation, privileges.documentation, securable.documentation]
        ) { values, reading in
            let name = values.read(principal, &reading)
            let granted = values.read(privileges, &reading)
            guard let target = values.read(securable, &reading), let name, let granted else { return nil }
            for privilege in granted where !target.allows(privilege.value) {
                reading.report(
                    privilege.place,
                    "\(privilege.place.name): `\(privilege.value.rawValue)` has no meaning on a \(target.kind)."
                )
            }
            return Grant(principal: name, privileges: Set(granted.map(\.value)), securable: target)
        }
    }()
}

extension Grant.Securable {
    /// `grants[].on`.
    fileprivate static let section: Section<Grant.Securable> = {
        let catalog = Field("catalog", ValueType.identifier(limit: 255), "A catalog.")
        let schema = Field("schema", ValueType.schemaName, "A schema, `catalog.schema`.")
        let modelService = Field("model_service", ValueType.objectName, "A model service, `catalog.schema.name`.")
        let providerService = Field(
            "model_provider_service",
            ValueType.objectName,
            "A model provider service, `catalog.schema.name`."
        )
        return Section(
            "grants[].on",
            "The object of the grant: exactly one of these keys.",
            fields: [
                catalog.documentation, schema.documentation, modelService.documentation, providerService.documentation,
            ]
        ) { values, reading in
            let count = [
                values.has(catalog), values.has(schema), values.has(modelService), values.has(providerService),
            ]
            .count(where: \.self)
            let candidates = [
                values.read(catalog, &reading).map { Grant.Securable.catalog($0) },
                values.read(schema, &reading).map { Grant.Securable.schema($0) },
                values.read(modelService, &reading).map { Grant.Securable.modelService($0) },
                values.read(providerService, &reading).map { Grant.Securable.providerService($0) },
            ]
            guard count == 1 else {
                reading.report(
                    values.place,
                    "\(values.place.name) must have exactly one of the keys `catalog`, `schema`, `model_service` and `model_provider_service`."
                )
                return nil
            }
            return candidates.compactMap(\.self).first
        }
    }()

    /// Its name in messages.
    fileprivate var kind: String {
        switch self {
        case .catalog: "catalog"
        case .schema: "schema"
        case .modelService: "model service"
        case .providerService: "model provider service"
        }
    }

    /// Whether a privilege has a meaning on this object or on what it contains.
    fileprivate func allows(_ privilege: Grant.Privilege) -> Bool {
        switch (self, privilege) {
        case (.catalog, _), (_, .execute), (_, .manage), (_, .readMetadata), (_, .allPrivileges): true
        case (.schema, .useSchema), (.schema, .select): true
        case (.schema, .useCatalog): false
        case (.modelService, .useCatalog), (.modelService, .useSchema), (.modelService, .select): false
        case (.providerService, .useCatalog), (.providerService, .useSchema), (.providerService, .select): false
        }
    }
}

extension ValueType where Value == Grant.Privilege {
    /// A privilege, spelled as in Unity Catalog or as in SQL.
    static var privilege: ValueType {
        let words = ValueType.choice()
        return ValueType(words.description) { node, place, reading in
            guard case .scalar(var scalar) = node.content else { return words.read(node, place, &reading) }
            let spelled = String(scalar.text.map { $0 == " " ? "_" : $0 }).uppercased()
            if Grant.Privilege(rawValue: spelled) != nil { scalar.text = spelled }
            return words.read(FileNode(line: node.line, content: .scalar(scalar)), place, &reading)
        }
    }
}

extension ValueType where Value == String {
    /// `catalog.schema`.
    static var schemaName: ValueType {
        .scalar("a name of two parts, `catalog.schema`") { text in
            guard let name = ObjectName("\(text).n"), "\(name.catalog).\(name.schema)" == text else { return nil }
            return text
        }
    }
}
