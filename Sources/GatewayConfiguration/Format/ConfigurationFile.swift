// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// The contents of a file, each section checked separately; references between sections are not resolved yet.
struct ConfigurationFile: Sendable {
    var workspaceID: String?
    var usesSimulator = false
    var server = Configuration.Server()
    var usage = Configuration.Usage()
    var defaultMaximumOutput: Int?
    var defaultPrice: PriceCard?
    var budgets: [Budget] = []
    var secrets: [MappingEntry<ObjectName, SecretEntry>] = []
    var providerServices: [MappingEntry<ObjectName, ProviderServiceEntry>] = []
    var modelServices: [MappingEntry<ObjectName, ModelServiceEntry>] = []
    var users: [MappingEntry<String, PrincipalEntry>] = []
    var servicePrincipals: [MappingEntry<String, PrincipalEntry>] = []
    var trustedIssuers: [Configuration.TrustedIssuer] = []
    var groups: [MappingEntry<String, PrincipalEntry>] = []
    var catalogs: [MappingEntry<String, Configuration.Ownership>] = []
    var schemas: [MappingEntry<String, Configuration.Ownership>] = []
    var grants: [Grant] = []
}

extension ConfigurationFile {
    /// The top level of the file, with the providers that `provider_type` may name.
    static func section(providers: [Provider]) -> Section<ConfigurationFile> {
        let workspace = Field("workspace", .section(Self.workspace), "The workspace in usage rows.")
        let simulator = Field(
            "simulator",
            .boolean,
            .optional("`false`"),
            "Whether the built-in simulator serves the models of `system.ai` that the file does not define itself."
        )
        let server = Field("server", .section(Configuration.Server.section), "The listener and its limits.")
        let usage = Field("usage", .section(Configuration.Usage.section), "How long usage rows are kept.")
        let defaultMaximumOutput = Field(
            "default_max_tokens",
            .integer(1...10_000_000),
            .optional("`\(Configuration().defaultMaximumOutput)`"),
            "`max_tokens` for an Anthropic upstream if the client sets none. The thinking budget is added, up to the model's maximum."
        )
        let defaultPrice = Field(
            "default_price",
            .section(PriceCard.section("default_price")),
            "What models cost that have no price; it makes an estimate, and the row says so. Without it their cost is unknown, and no budget counts it."
        )
        let budgets = Field(
            "budgets",
            .mapping(
                from: KeyType(description: "1 to 64 letters, digits, `_` or `-`") { text in
                    ValueType<String>.isIdentifier(text, limit: 64) ? text : nil
                },
                to: .section(Budget.section)
            ),
            "How much requests may cost, by name."
        )
        let secrets = Field(
            "secrets",
            .mapping(from: .objectName, to: .section(SecretEntry.section)),
            "Credentials from the environment or from files, by name, for provider services to refer to."
        )
        let providerServices = Field(
            "provider_services",
            .mapping(from: .objectName, to: .section(ProviderServiceEntry.section(providers: providers))),
            "The model provider services, by name: upstreams with their credentials."
        )
        let modelServices = Field(
            "model_services",
            .mapping(from: .objectName, to: .section(ModelServiceEntry.section(providers: providers))),
            "The model services, by name: what clients call."
        )
        let users = Field(
            "users",
            .mapping(from: .principal, to: .section(PrincipalEntry.section("users.<email>", "A user."))),
            "The users, by email address."
        )
        let servicePrincipals = Field(
            "service_principals",
            .mapping(
                from: .principal,
                to: .section(PrincipalEntry.section("service_principals.<application id>", "A service principal."))
            ),
            "The service principals, by application id."
        )
        let issuers = Field(
            "oidc_issuers",
            .list(of: .section(Configuration.TrustedIssuer.section), count: 0...32),
            "Identity providers whose tokens are exchanged for the gateway's."
        )
        let groups = Field(
            "groups",
            .mapping(from: .principal, to: .section(PrincipalEntry.groupSection)),
            "Groups within groups, by name. A group that only contains users and service principals needs no entry."
        )
        let catalogs = Field(
            "catalogs",
            .mapping(
                from: .container(.catalog),
                to: .section(OwnershipFields.section("catalogs.<name>", "A catalog. It needs no entry to exist."))
            ),
            "The catalogs, by name."
        )
        let schemas = Field(
            "schemas",
            .mapping(
                from: .container(.schema),
                to: .section(
                    OwnershipFields.section("schemas.<catalog>.<schema>", "A schema. It needs no entry to exist.")
                )
            ),
            "The schemas, by name: `catalog.schema`."
        )
        let grants = Field(
            "grants",
            .list(of: .section(Grant.section)),
            "Privileges of users, groups and service principals. Access is denied by default."
        )
        return Section(
            "Top level",
            "All keys are optional.",
            fields: [
                workspace.documentation, simulator.documentation, secrets.documentation, providerServices.documentation,
                modelServices.documentation, users.documentation, servicePrincipals.documentation,
                groups.documentation, issuers.documentation, catalogs.documentation, schemas.documentation,
                grants.documentation, server.documentation, usage.documentation, defaultMaximumOutput.documentation,
                defaultPrice.documentation, budgets.documentation,
            ]
        ) { values, reading in
            var file = ConfigurationFile()
            file.workspaceID = values.read(workspace, &reading)
            file.usesSimulator = values.read(simulator, &reading) ?? false
            file.server = values.read(server, &reading) ?? file.server
            file.usage = values.read(usage, &reading) ?? file.usage
            file.defaultMaximumOutput = values.read(defaultMaximumOutput, &reading)
            file.defaultPrice = values.read(defaultPrice, &reading)
            file.budgets = (values.read(budgets, &reading) ?? []).compactMap { entry in
                var budget = entry.value
                budget?.name = entry.key.value
                return budget
            }
            if file.budgets.count > Budget.maximumCount {
                let place = values.place(of: budgets)
                reading.report(
                    place,
                    "\(place.name) has \(file.budgets.count) budgets; at most \(Budget.maximumCount) are allowed."
                )
            }
            file.secrets = values.read(secrets, &reading) ?? []
            reading.secrets = Dictionary(file.secrets.map { ($0.key.value, $0.value?.value) }) { first, _ in first }
            file.providerServices = values.read(providerServices, &reading) ?? []
            file.modelServices = values.read(modelServices, &reading) ?? []
            file.users = values.read(users, &reading) ?? []
            file.servicePrincipals = values.read(servicePrincipals, &reading) ?? []
            file.trustedIssuers = values.read(issuers, &reading)?.map(\.value) ?? []
            file.groups = values.read(groups, &reading) ?? []
            file.catalogs = values.read(catalogs, &reading) ?? []
            file.schemas = values.read(schemas, &reading) ?? []
            file.grants = values.read(grants, &reading)?.map(\.value) ?? []
            return file
        }
    }

    private static let workspace: Section<String> = {
        let id = Field("id", .identifier(limit: 64), .required, "The workspace id in usage rows.")
        return Section("workspace", "The workspace in usage rows.", fields: [id.documentation]) {
            values,
            reading in
            values.read(id, &reading)
        }
    }()
}

extension KeyType where Key == ObjectName {
    static var objectName: KeyType {
        KeyType(description: "a name of three parts, `catalog.schema.name`") { ObjectName($0) }
    }
}

extension KeyType where Key == String {
    /// The full name of a catalog or a schema.
    static func container(_ kind: Securable.Kind) -> KeyType {
        KeyType(description: kind == .catalog ? "the name of a catalog" : "a name of two parts, `catalog.schema`") {
            Securable(kind, named: $0)?.name
        }
    }

    /// A user's email address, a service principal's application id, or a group's name.
    static var principal: KeyType {
        KeyType(description: "a name of 1 to 255 characters, none of them invisible", parse: principalName)
    }
}

/// The name of a user, a service principal or a group, as ``GatewayCore/PrincipalName`` has it; nil if it cannot be one.
private func principalName(_ text: String) -> String? {
    guard ValueType.isPlain(text, limit: 255), PrincipalName.isVisible(text) else { return nil }
    return PrincipalName.normalized(text)
}

extension ValueType where Value == String {
    /// The name of a user, a service principal or a group.
    static var principal: ValueType {
        .scalar(KeyType.principal.description, parse: principalName)
    }
}

extension ValueType where Value == ObjectName {
    static var objectName: ValueType {
        .scalar(KeyType.objectName.description) { ObjectName($0) }
    }
}
