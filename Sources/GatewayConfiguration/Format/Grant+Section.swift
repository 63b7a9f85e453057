// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension Grant {
    /// `grants[]`.
    static let section: Section<Grant> = {
        let principal = Field(
            "principal",
            ValueType.principal,
            .required,
            "The name of a group, the email address of a user, the application id of a service principal, or `account users` for everybody. If a group in this file has the name, it means the group only."
        )
        let list = ValueType.list(of: .privilege, count: 1...Privilege.allCases.count)
        let privileges = Field("privileges", list, "The privileges. You may write a space instead of `_`, as in SQL.")
        let denied = Field(
            "deny",
            list,
            "Privileges that are denied: a denial wins over every grant, but does not bind administrators and the owner of the object. At least one of `privileges` and `deny` is required."
        )
        let securable = Field("on", ValueType.section(Securable.section), .required, "The object of the grant.")
        return Section(
            "grants[]",
            "Privileges of one principal on one object. A request needs `EXECUTE` on the service, `USE_SCHEMA` on its schema and `USE_CATALOG` on its catalog. A privilege on a catalog or schema applies to everything in it.",
            fields: [
                principal.documentation, privileges.documentation, denied.documentation, securable.documentation,
            ]
        ) { values, reading in
            let name = values.read(principal, &reading)
            let granted = values.read(privileges, &reading) ?? []
            let refused = values.read(denied, &reading) ?? []
            if !values.has(privileges), !values.has(denied) {
                reading.report(values.place, "\(values.place.name) needs `privileges`, `deny` or both.")
            }
            guard let target = values.read(securable, &reading), let name else { return nil }
            for privilege in granted + refused where !target.kind.grantable.contains(privilege.value) {
                reading.report(
                    privilege.place,
                    "\(privilege.place.name): `\(privilege.value.rawValue)` has no meaning on a \(target.kind.sqlName.lowercased())."
                )
            }
            return Grant(
                principal: name,
                privileges: PrivilegeSet(granted.map(\.value)),
                denied: PrivilegeSet(refused.map(\.value)),
                securable: target
            )
        }
    }()
}

extension Securable {
    /// `grants[].on`.
    fileprivate static let section: Section<Securable> = {
        let catalog = Field("catalog", ValueType.identifier(limit: 255), "A catalog.")
        let schema = Field("schema", ValueType.schemaName, "A schema, `catalog.schema`.")
        let modelService = Field("model_service", ValueType.objectName, "A model service, `catalog.schema.name`.")
        let providerService = Field(
            "model_provider_service",
            ValueType.objectName,
            "A model provider service, `catalog.schema.name`."
        )
        let table = Field("table", ValueType.objectName, "A table, `catalog.schema.name`.")
        let secret = Field("secret", ValueType.objectName, "A secret, `catalog.schema.name`.")
        let metastore = Field("metastore", ValueType.boolean, "`true` for the metastore, which contains all catalogs.")
        return Section(
            "grants[].on",
            "The object of the grant: exactly one of these keys.",
            fields: [
                catalog.documentation, schema.documentation, modelService.documentation, providerService.documentation,
                table.documentation, secret.documentation, metastore.documentation,
            ]
        ) { values, reading in
            let count = [
                values.has(metastore), values.has(catalog), values.has(schema), values.has(modelService),
                values.has(providerService), values.has(table), values.has(secret),
            ]
            .count(where: \.self)
            let candidates = [
                values.read(metastore, &reading).flatMap { $0 ? Securable.metastore : nil },
                values.read(catalog, &reading).map { Securable.catalog($0) },
                values.read(schema, &reading).map { Securable.schema($0) },
                values.read(modelService, &reading).map { Securable.modelService($0) },
                values.read(providerService, &reading).map { Securable.providerService($0) },
                values.read(table, &reading).map { Securable.table($0) },
                values.read(secret, &reading).map { Securable.secret($0) },
            ]
            guard count == 1 else {
                reading.report(
                    values.place,
                    "\(values.place.name) must have exactly one of the keys `catalog`, `schema`, `model_service`, `model_provider_service`, `table`, `secret` and `metastore: true`."
                )
                return nil
            }
            return candidates.compactMap(\.self).first
        }
    }()
}

extension ValueType where Value == Privilege {
    /// A privilege, spelled as in Unity Catalog or as in SQL.
    static var privilege: ValueType {
        let words = ValueType.choice()
        return ValueType(words.description) { node, place, reading in
            guard case .scalar(var scalar) = node.content else { return words.read(node, place, &reading) }
            if let privilege = Privilege(spelling: scalar.text) { scalar.text = privilege.rawValue }
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
