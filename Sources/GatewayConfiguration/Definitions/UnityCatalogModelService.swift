// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// `config` of a model service in Unity Catalog's API, translated to the keys of `model_services.<name>` in the configuration file.
///
/// Shape: PyPI `databricks-sdk` 0.162.0, `ModelServiceConfig` (2026-11). Each value keeps the place where the request had it, so that what the schema of the file says of it
/// names that.
enum UnityCatalogModelService {
    /// The keys of the file that a path of an update mask changes; nil for a path that cannot be changed by itself.
    static func keys(of path: String) -> Set<String>? {
        switch path {
        case "routing.destinations": ["destinations"]
        case "routing.fallback.destinations": ["fallback"]
        case "rate_limits": ["rate_limits"]
        case "inference_table": ["inference_table"]
        default: nil
        }
    }

    static let section: Section<[FileNode.Entry]> = {
        let routing = Field("routing", .section(Self.routing), "Where calls go.")
        let limits = Field("rate_limits", .list(of: .section(rateLimit)), "Rate limits.")
        let table = Field("inference_table", .section(inferenceTable), "The inference table.")
        return Section(
            "config",
            "A model service.",
            fields: [routing.documentation, limits.documentation, table.documentation]
        ) { values, reading in
            var entries = values.read(routing, &reading) ?? []
            if values.has(limits), let found = values.read(limits, &reading) {
                entries.append(values.entry("rate_limits", list: found.map { mapping($0.value) }, of: limits))
            }
            if values.has(table), let found = values.read(table, &reading) {
                entries.append(values.entry("inference_table", mapping(found), of: table))
            }
            return entries
        }
    }()

    private static let routing: Section<[FileNode.Entry]> = {
        let destinations = Field("destinations", .list(of: .section(destination)), "The destinations.")
        let inner = Field("destinations", .list(of: .section(destination)), "The fallbacks.")
        let fallbackSection = Section<[FileNode.Entry]>(
            "config.routing.fallback",
            "What is tried when the chosen destination fails.",
            fields: [inner.documentation]
        ) { values, reading in
            guard values.has(inner), let found = values.read(inner, &reading) else { return [] }
            return [values.entry("fallback", list: found.map { mapping($0.value) }, of: inner)]
        }
        let fallback = Field("fallback", .section(fallbackSection), "The fallbacks.")
        return Section(
            "config.routing",
            "Where calls go.",
            fields: [destinations.documentation, fallback.documentation]
        ) { values, reading in
            var entries: [FileNode.Entry] = []
            if values.has(destinations), let found = values.read(destinations, &reading) {
                entries.append(values.entry("destinations", list: found.map { mapping($0.value) }, of: destinations))
            }
            return entries + (values.read(fallback, &reading) ?? [])
        }
    }()

    private static let destination: Section<[FileNode.Entry]> = {
        let name = Field("name", ValueType<FileNode>.any, "Set by the gateway.")
        let isDeleted = Field("is_deleted", ValueType<FileNode>.any, "Set by the gateway.")
        let type = Field(
            "destination_type",
            ValueType<String>.choice(
                ["PAY_PER_TOKEN", "PROVISIONED_THROUGHPUT", "EXTERNAL"].map {
                    (name: "DESTINATION_TYPE_\($0)_FOUNDATION_MODEL", value: $0)
                }
            ),
            .required,
            "What kind of model it is."
        )
        let percentage = Field("traffic_percentage", ValueType<FileNode>.any, "The share of the calls.")
        let payPerToken = Field("pay_per_token_config", .section(Self.payPerToken), "A model of the gateway's own.")
        let external = Field("external_model_config", .section(Self.external), "A model of a provider service.")
        return Section(
            "config.routing.destinations[]",
            "A destination.",
            fields: [
                name.documentation, isDeleted.documentation, type.documentation, percentage.documentation,
                payPerToken.documentation, external.documentation,
            ],
            misplaced: [
                "provisioned_throughput_config":
                    "this gateway has no provisioned throughput; use `external_model_config` or `pay_per_token_config`"
            ]
        ) { values, reading in
            var entries: [FileNode.Entry] = []
            let chosen = values.read(type, &reading)
            switch chosen {
            case "EXTERNAL":
                entries += values.read(external, &reading) ?? []
                values.requireOnly(external, besides: values.has(payPerToken) ? payPerToken.name : nil, &reading)
            case "PAY_PER_TOKEN":
                entries += values.read(payPerToken, &reading) ?? []
                values.requireOnly(payPerToken, besides: values.has(external) ? external.name : nil, &reading)
            case nil: break
            default:
                let place = values.place(of: type)
                reading.report(place, "\(place.name): this gateway has no provisioned throughput.")
            }
            if values.has(percentage), let share = values.read(percentage, &reading), !share.isNull {
                entries.append(values.entry("traffic_percentage", share, of: percentage))
            }
            return entries
        }
    }()

    private static let payPerToken: Section<[FileNode.Entry]> = {
        let model = Field("model", ValueType<String>.resource("models"), .required, "`models/catalog.schema.name`.")
        return Section("pay_per_token_config", "A model.", fields: [model.documentation]) { values, reading in
            values.read(model, &reading).map { name in
                // The models of Databricks are named `databricks-...`, the services that serve them are not.
                let service = name.replacing("system.ai.databricks-", with: "system.ai.")
                return [values.entry("model_service", .text(service), of: model)]
            }
        }
    }()

    private static let external: Section<[FileNode.Entry]> = {
        let model = Field("model", ValueType<FileNode>.any, .required, "The provider's name of the model.")
        let types = Field("native_api_types", ValueType<FileNode>.any, "The APIs that the model speaks.")
        let route = Field("endpoint_route", ValueType<FileNode>.any, "The path at a custom provider.")
        let targetSection = Section<[FileNode.Entry]>(
            "target",
            "The model.",
            fields: [model.documentation, types.documentation, route.documentation]
        ) { values, reading in
            var entries = values.read(model, &reading).map { [values.entry("model", $0, of: model)] } ?? []
            if values.has(types), let list = values.read(types, &reading), !list.isEmptyList {
                entries.append(values.entry("native_api_types", list, of: types))
            }
            if values.has(route), let path = values.read(route, &reading), !path.isNull {
                entries.append(values.entry("endpoint_route", path, of: route))
            }
            return entries
        }
        let service = Field(
            "model_provider_service",
            ValueType<String>.resource("model-provider-services"),
            .required,
            "`model-provider-services/catalog.schema.name`."
        )
        let target = Field("target", .section(targetSection), .required, "The model.")
        return Section(
            "external_model_config",
            "A model of a provider service.",
            fields: [service.documentation, target.documentation]
        ) { values, reading in
            let name = values.read(service, &reading)
            let entries = values.read(target, &reading) ?? []
            return name.map { [values.entry("provider", .text($0), of: service)] + entries }
        }
    }()

    static let rateLimit: Section<[FileNode.Entry]> = {
        let key = Field(
            "key",
            ValueType<RateLimit.Key>.choice(
                RateLimit.Key.allCases.map { (name: "RATE_LIMIT_KEY_\($0.rawValue.uppercased())", value: $0) }
            ),
            .required,
            "Whom it is for."
        )
        let period = Field(
            "renewal_period",
            ValueType<RateLimit.RenewalPeriod>.choice(
                RateLimit.RenewalPeriod.allCases.map {
                    (name: "RATE_LIMIT_RENEWAL_PERIOD_\($0.rawValue.uppercased())", value: $0)
                }
            ),
            .required,
            "Its period."
        )
        let names = [
            "principal", "requests", "tokens", "parallel_requests", "request_tag_key", "request_tag_value",
        ]
        let others = names.map { Field($0, ValueType<FileNode>.any, "As in the file.") }
        return Section(
            "config.rate_limits[]",
            "A rate limit.",
            fields: [key.documentation, period.documentation] + others.map(\.documentation)
        ) { values, reading in
            var entries: [FileNode.Entry] = []
            if let found = values.read(key, &reading) {
                entries.append(values.entry("key", .word(found.rawValue), of: key))
            }
            if let found = values.read(period, &reading) {
                entries.append(values.entry("renewal_period", .word(found.rawValue), of: period))
            }
            for field in others where values.has(field) {
                if let found = values.read(field, &reading), !found.isNull {
                    entries.append(values.entry(field.name, found, of: field))
                }
            }
            return entries
        }
    }()

    static let inferenceTable: Section<[FileNode.Entry]> = {
        let parent = Field("parent", ValueType<String>.parent, .required, "`schemas/catalog.schema`.")
        let prefix = Field("table_name_prefix", ValueType<FileNode>.any, "The beginning of the table's name.")
        let outputs = ["table", "is_deleted"].map { Field($0, ValueType<FileNode>.any, "Set by the gateway.") }
        return Section(
            "config.inference_table",
            "The inference table.",
            fields: [parent.documentation, prefix.documentation] + outputs.map(\.documentation)
        ) { values, reading in
            var entries = values.read(parent, &reading).map { [values.entry("schema", .text($0), of: parent)] } ?? []
            if values.has(prefix), let found = values.read(prefix, &reading), !found.isNull {
                entries.append(values.entry("table_name_prefix", found, of: prefix))
            }
            return entries
        }
    }()

    static func mapping(_ entries: [FileNode.Entry]) -> FileNode { FileNode(line: 0, content: .mapping(entries)) }
}

extension SectionValues {
    /// An entry of the file with the value of a field of a request; problems with it name the field.
    func entry<Value>(_ key: String, _ value: FileNode, of field: Field<Value>) -> FileNode.Entry {
        FileNode.Entry(key: key, line: 0, value: value, keyPath: place(of: field).keyPath)
    }

    func entry<Value>(_ key: String, list: [FileNode], of field: Field<Value>) -> FileNode.Entry {
        entry(key, FileNode(line: 0, content: .list(list)), of: field)
    }

    /// Reports that a field is missing, or that another one stands beside it.
    func requireOnly<Value>(_ field: Field<Value>, besides other: String?, _ reading: inout Reading) {
        if !has(field) { reading.report(place, "\(place.name) lacks the key `\(field.name)`.") }
        if let other { reading.report(place, "\(place.name) must not have `\(other)` beside `\(field.name)`.") }
    }
}

extension FileNode {
    static func text(_ text: String) -> FileNode {
        FileNode(line: 0, content: .scalar(Scalar(text: text, isQuoted: true)))
    }

    /// A word that is written without quotes.
    static func word(_ text: String) -> FileNode {
        FileNode(line: 0, content: .scalar(Scalar(text: text, isQuoted: false)))
    }

    var isEmptyList: Bool {
        guard case .list(let elements) = content else { return isNull }
        return elements.isEmpty
    }
}

extension ValueType where Value == String {
    /// The name of a resource with its collection before it, `models/c.s.n`; read without that.
    static func resource(_ collection: String) -> ValueType {
        .scalar("`\(collection)/` and a name of three parts, `catalog.schema.name`") { text in
            guard text.hasPrefix("\(collection)/") else { return nil }
            let name = String(text.dropFirst(collection.utf8.count + 1))
            return ObjectName(name) == nil ? nil : name
        }
    }

    /// `schemas/catalog.schema`; read without `schemas/`.
    static var parent: ValueType {
        .scalar("`schemas/` and a name of two parts, `catalog.schema`") { text in
            guard text.hasPrefix("schemas/"), let schema = Securable(.schema, named: String(text.dropFirst(8))) else {
                return nil
            }
            return schema.name
        }
    }
}
