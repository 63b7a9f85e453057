// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayGovernance
import GatewaySchema

/// The bodies of the routes of serving endpoints.
///
/// Shapes: PyPI `databricks-sdk` 0.162.0, `serving.EndpointCoreConfigInput`, `AiGatewayConfig` and what they hold (2026-11). What says how a model is computed has no meaning
/// here, and is passed over where the SDK or the web page of Databricks sends it of their own accord; what cannot be had is refused.
struct EndpointBody: Sendable {
    var name = ""
    var description: String?
    var config = EndpointConfigBody()
    var gateway: EndpointGatewayBody?
    /// Of the deprecated field beside `ai_gateway`.
    var rateLimits: [FileNode]?
    var tags: [String: String] = [:]

    static let section: Section<EndpointBody> = {
        let name = Field("name", ValueType<String>.text(), .required, "Its name.")
        let description = Field(
            "description",
            ValueType<String>.anyText(limit: CatalogTransaction.maximumCommentBytes),
            "What it is for."
        )
        let config = Field("config", .section(EndpointConfigBody.section), .required, "What it serves.")
        let gateway = Field("ai_gateway", .section(EndpointGatewayBody.section), "Limits and tables.")
        let limits = Field("rate_limits", .list(of: .section(EndpointGatewayBody.rateLimit)), "Rate limits.")
        let tags = Field("tags", .list(of: .section(EndpointTagsBody.tag)), "Tags.")
        let isOptimized = Field("route_optimized", ValueType<FileNode>.any, "Every route is direct.")
        return Section(
            "serving endpoint",
            "A serving endpoint.",
            fields: [
                name.documentation, description.documentation, config.documentation, gateway.documentation,
                limits.documentation, tags.documentation, isOptimized.documentation,
            ],
            misplaced: [
                "email_notifications": "this gateway sends no mail",
                "telemetry_config": "this gateway writes no telemetry tables; its usage table has every request",
                "budget_policy_id": "this gateway has no budget policies",
            ]
        ) { values, reading in
            var body = EndpointBody()
            body.name = values.read(name, &reading) ?? ""
            body.description = values.read(description, &reading)
            body.config = values.read(config, &reading) ?? body.config
            body.gateway = values.read(gateway, &reading)
            body.rateLimits = values.has(limits) ? values.read(limits, &reading)?.map(\.value) : nil
            for tag in values.read(tags, &reading) ?? [] { body.tags[tag.value.key] = tag.value.value }
            return body
        }
    }()
}

/// `config`: the served entities, and how requests are split between them.
struct EndpointConfigBody: Sendable {
    /// One served entity as it is sent.
    struct Entity: Sendable {
        var name: String?
        var model: ExternalModel?
        /// The model service in place of an external model.
        var entityName: String?
        var place: Place
    }

    var entities: [Entity]?
    /// The share of each entity, by name.
    var routes: [(name: String, share: Int)]?
    var inferenceTable: EndpointGatewayBody.Table?

    static let section: Section<EndpointConfigBody> = {
        let name = Field("name", ValueType<FileNode>.any, "The name of the endpoint.")
        let entities = Field("served_entities", .list(of: .section(entity), count: 1...15), "What is served.")
        let traffic = Field("traffic_config", .section(Self.traffic), "How requests are split.")
        let table = Field("auto_capture_config", .section(EndpointGatewayBody.table), "The inference table.")
        return Section(
            "config",
            "What an endpoint serves.",
            fields: [name.documentation, entities.documentation, traffic.documentation, table.documentation],
            misplaced: ["served_models": "this gateway serves no registered models; use `served_entities`"]
        ) { values, reading in
            var body = EndpointConfigBody()
            body.entities = values.has(entities) ? values.read(entities, &reading)?.map(\.value) : nil
            body.routes = values.has(traffic) ? values.read(traffic, &reading) : nil
            body.inferenceTable = values.has(table) ? values.read(table, &reading) : nil
            return body
        }
    }()

    private static let entity: Section<Entity> = {
        let name = Field("name", ValueType<String>.entityName, "Its name.")
        let entityName = Field("entity_name", ValueType<String>.text(), "A model service.")
        let model = Field("external_model", .section(ExternalModel.section), "A model of a provider.")
        // Sent by clients of their own accord, and without a meaning where nothing is computed.
        let others = [
            "entity_version", "workload_size", "workload_type", "scale_to_zero_enabled", "burst_scaling_enabled",
            "min_provisioned_concurrency", "max_provisioned_concurrency",
        ].map { Field($0, ValueType<FileNode>.any, "Passed over.") }
        let throughput = "this gateway has no provisioned throughput"
        let code = "this gateway runs no models of its own"
        return Section(
            "served_entities[]",
            "A served entity.",
            fields: [name.documentation, entityName.documentation, model.documentation] + others.map(\.documentation),
            misplaced: [
                "min_provisioned_throughput": throughput, "max_provisioned_throughput": throughput,
                "provisioned_model_units": throughput, "environment_vars": code, "instance_profile_arn": code,
            ]
        ) { values, reading in
            var entity = Entity(place: values.place)
            entity.name = values.read(name, &reading)
            entity.model = values.read(model, &reading)
            entity.entityName = values.read(entityName, &reading)
            if values.has(model) == values.has(entityName) {
                reading.report(values.place, "\(values.place.name) must have either `external_model` or `entity_name`.")
            }
            return entity
        }
    }()

    private static let traffic: Section<[(name: String, share: Int)]> = {
        let entity = Field("served_entity_name", ValueType<String>.text(), "The served entity.")
        let model = Field("served_model_name", ValueType<String>.text(), "Its name in older clients.")
        let share = Field("traffic_percentage", ValueType<Int>.integer(0...100), .required, "Its share.")
        let route = Section<(name: String, share: Int)>(
            "routes[]",
            "The share of one served entity.",
            fields: [entity.documentation, model.documentation, share.documentation]
        ) { values, reading in
            guard let name = values.read(entity, &reading) ?? values.read(model, &reading) else {
                reading.report(values.place, "\(values.place.name) lacks the key `served_entity_name`.")
                return nil
            }
            return values.read(share, &reading).map { (name, $0) }
        }
        let routes = Field(
            "routes",
            ValueType<[Located<(name: String, share: Int)>]>.list(of: .section(route)),
            "The shares."
        )
        return Section("traffic_config", "How requests are split.", fields: [routes.documentation]) { values, reading in
            values.read(routes, &reading)?.map(\.value)
        }
    }()
}

/// `PATCH .../tags`.
struct EndpointTagsBody: Sendable {
    var added: [String: String] = [:]
    var deleted: Set<String> = []

    static let section: Section<EndpointTagsBody> = {
        let added = Field("add_tags", .list(of: .section(tag)), "Tags to set.")
        let deleted = Field("delete_tags", ValueType<[Located<String>]>.list(of: .text()), "Keys of tags to remove.")
        return Section("tags", "Changes of tags.", fields: [added.documentation, deleted.documentation]) {
            values,
            reading in
            var body = EndpointTagsBody()
            for tag in values.read(added, &reading) ?? [] { body.added[tag.value.key] = tag.value.value }
            body.deleted = Set(values.read(deleted, &reading)?.map(\.value) ?? [])
            return body
        }
    }()

    static let tag: Section<(key: String, value: String)> = {
        let key = Field("key", ValueType<String>.text(), .required, "Its key.")
        let value = Field("value", ValueType<String>.anyText(limit: 4096), "Its value.")
        return Section("tags[]", "A tag.", fields: [key.documentation, value.documentation]) { values, reading in
            let text = values.read(value, &reading)
            return values.read(key, &reading).map { ($0, text ?? "") }
        }
    }()
}

extension ValueType where Value == String {
    /// The name of a served entity: what the last part of a full name may be.
    fileprivate static var entityName: ValueType {
        .scalar("1 to 100 letters, digits, `_`, `-` or `.`") { text in
            text.utf8.count <= 100 && ObjectName("c.s.\(text)") != nil ? text : nil
        }
    }
}
