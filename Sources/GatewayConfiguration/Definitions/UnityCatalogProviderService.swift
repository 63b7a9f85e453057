// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// `config` of a model provider service in Unity Catalog's API, translated to the keys of `provider_services.<name>` in the configuration file.
///
/// Shape: PyPI `databricks-sdk` 0.162.0, `ModelProviderServiceConfig` (2026-11). The types `GEMINI` and `DATABRICKS` are our own.
enum UnityCatalogProviderService {
    /// How one type of provider is spelled.
    struct Spelling: Sendable {
        /// The value of `provider_type` in the file.
        let id: String
        /// What follows `EXTERNAL_MODEL_PROVIDER_TYPE_`; in lower case the key of the provider's object.
        let name: String
    }

    static let spellings = [
        Spelling(id: "openai", name: "OPENAI"), Spelling(id: "azure_openai", name: "AZURE_OPENAI"),
        Spelling(id: "anthropic", name: "ANTHROPIC"), Spelling(id: "amazon_bedrock", name: "AMAZON_BEDROCK"),
        Spelling(id: "custom", name: "CUSTOM"), Spelling(id: "gemini_enterprise", name: "GEMINI_ENTERPRISE"),
        Spelling(id: "gemini", name: "GEMINI"), Spelling(id: "databricks", name: "DATABRICKS"),
    ]

    /// The keys of the file that hold secrets.
    static let secretKeys: Set<String> = ["api_key", "aws_secret_access_key", "aws_access_key_id", "aws_session_token"]
    /// The keys of the file that refer to secrets.
    static let referenceKeys = Set(secretKeys.map { $0 + SecretSources.referenceSuffix })
    /// The keys of the file that say how the provider is reached.
    static let connectionKeys: Set<String> = [
        "base_url", "api_key", "api_key_header", "aws_access_key_id", "aws_secret_access_key", "aws_session_token",
        "region", "project", "headers", "relay_credentials",
    ]

    /// The keys of the file that a path of an update mask changes; nil for a path that cannot be changed by itself.
    static func keys(of path: String) -> Set<String>? {
        if path == "pricing.default_discount_basis_points" { return ["pricing"] }
        if path == "provider" || spellings.contains(where: { path == $0.name.lowercased() }) { return connectionKeys }
        let plain = [
            "allow_all_targets", "targets", "forward_headers", "forward_query_parameters", "forward_unmanaged_paths",
            "rate_limits", "inference_table", "pricing",
        ]
        return plain.contains(path) ? [path] : nil
    }

    static let section: Section<[FileNode.Entry]> = {
        let type = Field(
            "provider_type",
            ValueType<String>.choice(
                spellings.map { (name: "EXTERNAL_MODEL_PROVIDER_TYPE_\($0.name)", value: $0.id) }
            ),
            "What kind of provider it is."
        )
        let providers = spellings.map { Field($0.name.lowercased(), .section(provider), "The provider.") }
        let plain = [
            "allow_all_targets", "forward_headers", "forward_query_parameters", "forward_unmanaged_paths", "targets",
        ].map { Field($0, ValueType<FileNode>.any, "As in the file.") }
        let limits = Field("rate_limits", .list(of: .section(UnityCatalogModelService.rateLimit)), "Rate limits.")
        let table = Field("inference_table", .section(UnityCatalogModelService.inferenceTable), "The inference table.")
        let pricing = Field("pricing", ValueType<FileNode>.any, "As in the file.")
        return Section(
            "config",
            "A model provider service.",
            fields: [type.documentation] + providers.map(\.documentation) + plain.map(\.documentation) + [
                limits.documentation, table.documentation, pricing.documentation,
            ],
            misplaced: [
                "bedrock_mantle": "this gateway does not have this type of provider",
                "microsoft_foundry":
                    "this gateway does not have this type of provider; `azure_openai` serves its OpenAI models",
            ]
        ) { values, reading in
            var entries: [FileNode.Entry] = []
            let id = values.read(type, &reading)
            if let id { entries.append(values.entry("provider_type", .word(id), of: type)) }
            for (spelling, field) in zip(spellings, providers) where values.has(field) {
                if let id, spelling.id != id {
                    let place = values.place(of: field)
                    reading.report(place, "\(place.name) does not belong to the provider type `\(id)`.")
                }
                entries += values.read(field, &reading) ?? []
            }
            for field in plain where values.has(field) {
                if let found = values.read(field, &reading), !found.isNull {
                    entries.append(values.entry(field.name, found, of: field))
                }
            }
            if values.has(limits), let found = values.read(limits, &reading) {
                let list = found.map { UnityCatalogModelService.mapping($0.value) }
                entries.append(values.entry("rate_limits", list: list, of: limits))
            }
            if values.has(pricing), let found = values.read(pricing, &reading), !found.isNull {
                entries.append(values.entry("pricing", found, of: pricing))
            }
            if values.has(table), let found = values.read(table, &reading) {
                entries.append(values.entry("inference_table", UnityCatalogModelService.mapping(found), of: table))
            }
            return entries
        }
    }()

    /// `{"direct": {...}}`.
    private static let provider: Section<[FileNode.Entry]> = {
        let direct = Field("direct", .section(Self.direct), "A credential of the gateway's own.")
        let own = Section<Bool>("relayed", "Callers' own credentials.", fields: []) { _, _ in true }
        let relayed = Field("relayed", .section(own), "Callers' own credentials.")
        return Section(
            "provider",
            "How the provider is reached.",
            fields: [direct.documentation, relayed.documentation]
        ) { values, reading in
            if values.has(relayed) {
                values.requireOnly(relayed, besides: values.has(direct) ? direct.name : nil, &reading)
                return [values.entry("relay_credentials", .word("true"), of: relayed)]
            }
            values.requireOnly(direct, besides: nil, &reading)
            return values.read(direct, &reading)
        }
    }()

    private static let direct: Section<[FileNode.Entry]> = {
        let plain: [(field: Field<FileNode>, key: String)] = [
            ("base_url", "base_url"), ("region", "region"), ("project_id", "project"),
        ].map { (Field($0.0, ValueType<FileNode>.any, "As in the file."), $0.1) }
        let apiKey = Field("api_key", ValueType<GivenSecret>.secretObject, "The key.")
        let organization = Field("organization", ValueType<FileNode>.any, "The organization at OpenAI.")
        let accessKeyID = Field("access_key_id", ValueType<String>.secret, .required, "The key's id.")
        let secretAccessKey = Field("secret_access_key", ValueType<GivenSecret>.secretObject, .required, "The key.")
        let awsSection = Section<[FileNode.Entry]>(
            "aws_access_key",
            "A key of AWS.",
            fields: [accessKeyID.documentation, secretAccessKey.documentation]
        ) { values, reading in
            var entries: [FileNode.Entry] = []
            if let found = values.read(accessKeyID, &reading) {
                entries.append(values.entry("aws_access_key_id", .text(found), of: accessKeyID))
            }
            if let found = values.read(secretAccessKey, &reading) {
                entries.append(values.entry("aws_secret_access_key", found, of: secretAccessKey))
            }
            return entries
        }
        let aws = Field("aws_access_key", .section(awsSection), "A key of AWS.")
        let headerName = Field("api_key_name", ValueType<FileNode>.any, .required, "The header's name.")
        let headerValue = Field("api_key_value", ValueType<GivenSecret>.secretObject, .required, "The key.")
        let headerSection = Section<[FileNode.Entry]>(
            "header_auth",
            "A key in a header.",
            fields: [headerName.documentation, headerValue.documentation]
        ) { values, reading in
            var entries: [FileNode.Entry] = []
            if let found = values.read(headerName, &reading) {
                entries.append(values.entry("api_key_header", found, of: headerName))
            }
            if let found = values.read(headerValue, &reading) {
                entries.append(values.entry("api_key", found, of: headerValue))
            }
            return entries
        }
        let header = Field("header_auth", .section(headerSection), "A key in a header.")
        let elsewhere = "this gateway has no service credentials; give a key"
        return Section(
            "direct",
            "A credential of the gateway's own.",
            fields: plain.map(\.field.documentation) + [
                apiKey.documentation, organization.documentation, aws.documentation, header.documentation,
            ],
            misplaced: ["service_credential": elsewhere, "entra_service_principal": elsewhere]
        ) { values, reading in
            var entries: [FileNode.Entry] = []
            for (field, key) in plain where values.has(field) {
                if let found = values.read(field, &reading), !found.isNull {
                    entries.append(values.entry(key, found, of: field))
                }
            }
            if values.has(apiKey), let found = values.read(apiKey, &reading) {
                entries.append(values.entry("api_key", found, of: apiKey))
            }
            if values.has(organization), let found = values.read(organization, &reading), !found.isNull {
                let header = FileNode.Entry(key: "openai-organization", line: 0, value: found)
                entries.append(
                    values.entry("headers", UnityCatalogModelService.mapping([header]), of: organization)
                )
            }
            entries += values.read(aws, &reading) ?? []
            entries += values.read(header, &reading) ?? []
            return entries
        }
    }()
}

/// What a body says of a secret.
private enum GivenSecret {
    case plaintext(String)
    case reference(ObjectName)
    /// Nothing, as it is read: there is one, and it stays.
    case unchanged
}

extension ValueType where Value == GivenSecret {
    /// `{"plaintext": "..."}`, a secret that is only ever written, or `{"secret_reference": {"name": "secrets/c.s.n"}}`.
    fileprivate static var secretObject: ValueType {
        let plaintext = Field("plaintext", ValueType<String>.secret, "The secret.")
        let name = Field(
            "name",
            ValueType<ObjectName>.scalar(
                "`secrets/` and a name of three parts, `secrets/catalog.schema.name`",
                isSecret: true
            ) { text in
                text.hasPrefix("secrets/") ? ObjectName(String(text.dropFirst(8))) : nil
            },
            .required,
            "The secret's name."
        )
        let named = Section<ObjectName>("secret_reference", "A secret by its name.", fields: [name.documentation]) {
            values,
            reading in
            values.read(name, &reading)
        }
        let reference = Field("secret_reference", .section(named), "A secret by its name.")
        let section = Section<GivenSecret>(
            "secret",
            "A secret.",
            fields: [plaintext.documentation, reference.documentation]
        ) { values, reading in
            if values.has(reference) {
                values.requireOnly(reference, besides: values.has(plaintext) ? plaintext.name : nil, &reading)
                return values.read(reference, &reading).map { .reference($0) }
            }
            guard values.has(plaintext) else { return .unchanged }
            return values.read(plaintext, &reading).map { .plaintext($0) }
        }
        return .section(section)
    }
}

extension SectionValues {
    /// The entry of the file that says what a body says of a secret.
    fileprivate func entry(_ key: String, _ secret: GivenSecret, of field: Field<GivenSecret>) -> FileNode.Entry {
        switch secret {
        case .plaintext(let text): entry(key, .text(text), of: field)
        case .reference(let name): entry(key + SecretSources.referenceSuffix, .text("\(name)"), of: field)
        case .unchanged: entry(key, .word("null"), of: field)
        }
    }
}
