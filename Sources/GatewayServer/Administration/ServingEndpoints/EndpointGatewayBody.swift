// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// `ai_gateway` of a serving endpoint: all of it is replaced.
struct EndpointGatewayBody: Sendable {
    /// An inference table, or that there is none.
    enum Table: Sendable {
        case off
        case on(FileNode)
    }

    /// As `rate_limits` of the configuration file has them.
    var rateLimits: [FileNode] = []
    var table = Table.off
    var hasFallback = false

    static let section: Section<EndpointGatewayBody> = {
        let limits = Field("rate_limits", .list(of: .section(rateLimit)), "Rate limits.")
        let table = Field("inference_table_config", .section(Self.table), "The inference table.")
        let fallback = Field("fallback_config", .section(flag("fallback_config")), "Whether other entities are tried.")
        let usage = Field(
            "usage_tracking_config",
            .section(flag("usage_tracking_config")),
            "Whether requests are counted."
        )
        return Section(
            "ai_gateway",
            "Limits, tables and fallbacks.",
            fields: [limits.documentation, table.documentation, fallback.documentation, usage.documentation],
            misplaced: ["guardrails": "guardrails of serving endpoints are not supported"]
        ) { values, reading in
            var body = EndpointGatewayBody()
            body.rateLimits = values.read(limits, &reading)?.map(\.value) ?? []
            body.table = values.read(table, &reading) ?? .off
            body.hasFallback = values.read(fallback, &reading) ?? false
            if values.has(usage), values.read(usage, &reading) == false {
                let place = values.place(of: usage)
                reading.report(
                    place,
                    "\(place.name): usage is always tracked, in `system.ai_gateway.usage`. Leave this out."
                )
            }
            return body
        }
    }()

    /// A rate limit as serving endpoints have it, as `rate_limits[]` of the configuration file.
    static let rateLimit: Section<FileNode> = {
        let key = Field(
            "key",
            ValueType<String>.choice(
                ["endpoint", "user", "user_group", "service_principal"].map { (name: $0, value: $0) }
            ),
            .optional("`endpoint`"),
            "Whom it is for."
        )
        let period = Field(
            "renewal_period",
            ValueType<String>.choice([(name: "minute", value: "minute")]),
            .required,
            "Its period."
        )
        let principal = Field("principal", ValueType<String>.text(), "The user, group or service principal.")
        let calls = Field("calls", ValueType<Int>.integer(0...Int.max), "Requests in a period.")
        let tokens = Field("tokens", ValueType<Int>.integer(0...Int.max), "Tokens in a period.")
        return Section(
            "rate_limits[]",
            "A rate limit.",
            fields: [
                key.documentation, period.documentation, principal.documentation, calls.documentation,
                tokens.documentation,
            ]
        ) { values, reading in
            let name = values.read(principal, &reading)
            var kind = values.has(key) ? values.read(key, &reading) : "endpoint"
            if kind == "endpoint" { kind = RateLimit.Key.service.rawValue }
            if kind == "user", name == nil { kind = RateLimit.Key.userDefault.rawValue }
            if kind == RateLimit.Key.service.rawValue, values.has(principal) {
                reading.report(values.place, "\(values.place.name): a limit of the endpoint has no `principal`.")
            }
            if let kind, name == nil, RateLimit.Key(rawValue: kind)?.needsPrincipal == true {
                reading.report(
                    values.place,
                    "\(values.place.name) lacks the key `principal`, which the key `\(kind)` needs."
                )
            }
            let most = [("requests", values.read(calls, &reading)), ("tokens", values.read(tokens, &reading))]
            if !values.has(calls), !values.has(tokens) {
                reading.report(values.place, "\(values.place.name) needs `calls`, `tokens` or both.")
            }
            guard let kind, let period = values.read(period, &reading) else { return nil }
            var entries = [("key", kind), ("renewal_period", period)].map {
                FileNode.Entry(key: $0.0, line: 0, value: .plain($0.1))
            }
            if let name { entries.append(FileNode.Entry(key: "principal", line: 0, value: .plain(name))) }
            for case (let key, let number?) in most {
                entries.append(FileNode.Entry(key: key, line: 0, value: .number(number)))
            }
            return FileNode(line: 0, content: .mapping(entries))
        }
    }()

    /// An inference table as serving endpoints have it, as `inference_table` of the configuration file.
    static let table: Section<Table> = {
        let isEnabled = Field("enabled", ValueType<Bool>.boolean, "Whether requests are logged.")
        let catalog = Field("catalog_name", ValueType<String>.identifier(limit: 255), "The catalog of the table.")
        let schema = Field("schema_name", ValueType<String>.identifier(limit: 255), "The schema of the table.")
        let prefix = Field("table_name_prefix", ValueType<String>.identifier(limit: 200), "The beginning of its name.")
        return Section(
            "inference_table_config",
            "The inference table.",
            fields: [isEnabled.documentation, catalog.documentation, schema.documentation, prefix.documentation]
        ) { values, reading in
            let names = (values.read(catalog, &reading), values.read(schema, &reading))
            let prefix = values.read(prefix, &reading)
            guard values.read(isEnabled, &reading) == true else { return .off }
            guard let catalog = names.0, let schema = names.1 else {
                reading.report(values.place, "\(values.place.name) needs `catalog_name` and `schema_name`.")
                return nil
            }
            var entries = [FileNode.Entry(key: "schema", line: 0, value: .plain("\(catalog).\(schema)"))]
            if let prefix { entries.append(FileNode.Entry(key: "table_name_prefix", line: 0, value: .plain(prefix))) }
            return .on(FileNode(line: 0, content: .mapping(entries)))
        }
    }()

    /// `PUT .../rate-limits`.
    static let limitsSection: Section<[FileNode]> = {
        let limits = Field("rate_limits", .list(of: .section(rateLimit)), "Rate limits.")
        return Section("rate_limits", "Rate limits.", fields: [limits.documentation]) { values, reading in
            values.has(limits) ? values.read(limits, &reading)?.map(\.value) : []
        }
    }()

    private static func flag(_ title: String) -> Section<Bool> {
        let isEnabled = Field("enabled", ValueType<Bool>.boolean, .required, "Whether it is on.")
        return Section(title, "On or off.", fields: [isEnabled.documentation]) { values, reading in
            values.read(isEnabled, &reading)
        }
    }
}
