// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayProviders
import Testing

/// A file with one error, the line it is on, and what the message says of it.
struct Wrong: Sendable, CustomTestStringConvertible {
    var text: String
    var line: Int
    var message: String

    var testDescription: String { message }

    init(_ text: String, _ line: Int, _ message: String) {
        self.text = text
        self.line = line
        self.message = message
    }

    static let values: [Wrong] = yaml + providerServices + destinations + rateLimits + principals + grants + server

    private static let yaml = [
        Wrong("workspace: {id: 1\nusers: {", 2, "not valid YAML"),
        Wrong("a: b: c", 1, "not valid YAML: mapping values are not allowed in this context"),
        Wrong("workspace:\n\tid: 1", 2, "not valid YAML: found character that cannot start any token"),
        Wrong("simulator: true\nusers: {}\nsimulator: false", 1, "this key again further down: `simulator`"),
        Wrong("users: {}\n!!int users: {}", 2, "`users` appears twice; the first is on line 1"),
        Wrong("simulator: true\n---\nsimulator: true", 2, "found another document"),
        Wrong("users: *nobody", 1, "found undefined alias"),
        Wrong("- simulator", 1, "the file must be a mapping with the keys"),
        Wrong("simulator", 1, "the file must be a mapping with the keys"),
        Wrong("simulator: true\n? [a]\n: b", 2, "A key must be text"),
        Wrong("users: &u {}\n<<: *u", 2, "merge keys (`<<`) are not supported"),
    ]

    /// Every provider type, as messages list them.
    static let providerTypes = Providers.all.map { "`\($0.id)`" }.joined(separator: ", ")

    private static let providerServices = [
        provider(
            "provider_type: azure",
            "must be one of \(providerTypes), not `azure`"
        ),
        provider("provider_type: opneai", "Did you mean `openai`?"),
        provider("base_url: http://127.0.0.1/", "lacks the key `provider_type`"),
        provider("provider_type: custom", "lacks the key `base_url`, which has no default for `custom`"),
        provider("provider_type: anthropic", "lacks the key `api_key`, which Anthropic requires"),
        custom("base_url: ftp://x", "must be an http:// or https:// URL", isSecond: true),
        custom("api_key: [a]", "api_key` must be text"),
        custom("api_key: \"${EMPTY}\"", "must be text of 1 to 8192"),
        custom("api_key: \"${MISSING_KEY}\"", "the environment variable `MISSING_KEY` is not set"),
        custom("api_key: \"${SET\"", "an environment variable is written `${NAME}`"),
        custom("native_api_types: [openai/v1/chat]", "must be one of `anthropic/v1/messages`"),
        custom("native_api_types: [gemini/v1/generateContent]", "does not speak `gemini/v1/generateContent`"),
        custom("native_api_types: []", "must be a list of 1 to 12; it has 0"),
        custom("native_api_types: [openai/v1/responses, openai/v1/responses]", "repeats `openai/v1/responses`"),
        custom("headers: {Authorization: x}", "a credential belongs in `api_key`"),
        custom("headers: {x-api-key: x}", "a credential belongs in `api_key`"),
        custom("headers: {Transfer-Encoding: chunked}", "belongs to one connection"),
        custom("headers: {host: x}", "the gateway sets this header itself"),
        custom("headers: {\"a b\": x}", "must be the name of a header"),
        custom("headers: {x-a: \"b\\nc\"}", "printable ASCII"),
        custom("headers: {x-a: b, X-A: c}", "appears twice"),
        custom("headers: {\((0...64).map { "h\($0): x" }.joined(separator: ", "))}", "has 65 headers; at most 64"),
        custom("max_connections: 0", "from 1 to 65536, not `0`"),
        custom("max_connections: \"8\"", "without quotes"),
        custom("timeouts: 30s", "must be a mapping with the keys `connect`, `first_byte`, `idle`"),
        custom("timeouts: {idle: 30 seconds}", "must be a time from 1ms to 24h"),
        custom("timeouts: {idle: 0}", "must be a time from 1ms to 24h"),
        custom("timeouts: {total: 30s}", "unknown key `total`"),
        custom("circuit_breaker: {failures: -1}", "must be a whole number from 0"),
        custom("circuit_breaker: {ejection: 0}", "must be a time from 1ms to 24h"),
        Wrong(
            "provider_services:\n  vllm: {provider_type: custom, base_url: http://x}",
            2,
            "must be a name of three parts"
        ),
        Wrong("provider_services: [a]", 1, "must be a mapping"),
    ]

    private static let destinations = [
        model("rate_limits: []", 5, "lacks the key `destinations`"),
        model("destinations: []", 6, "must be a list of 1 to 10; it has 0"),
        model("destinations: [{provider: main.p.a}]", 6, "lacks the key `model`"),
        model("destinations: [{provider: main.p.a, model: \"\"}]", 6, "must be text of 1 to 255"),
        model("destinations: [{provider: openai, model: m}]", 6, "must be a name of three parts"),
        model("destinations: [{provider: main.p.a, model: m, traffic_percentage: 50}]", 6, "must sum to 100, not 50"),
        model(
            "destinations: [{provider: main.p.a, model: m, traffic_percentage: 100.0}]",
            6,
            "a whole number from 0 to 100"
        ),
        model(
            "destinations: [{provider: main.p.a, model: m, traffic_percentage: -1}]",
            6,
            "a whole number from 0 to 100"
        ),
        model(
            "destinations: [{provider: main.p.a, model: m, traffic_percentage: 50}, {provider: main.p.b, model: m}]",
            6,
            "lacks the key `traffic_percentage`, which several destinations need"
        ),
        model(
            "destinations:\n      - {provider: main.p.a, model: m, traffic_percentage: 50}\n"
                + "      - {provider: main.p.b, model: m, traffic_percentage: 51}",
            6,
            "must sum to 100, not 101"
        ),
        model(
            "destinations: [{provider: main.p.a, model: m, native_api_types: [openai/v1/responses]}]",
            6,
            "does not speak"
        ),
        served(
            "fallback:\n      - {provider: main.p.b, model: m, traffic_percentage: 100}",
            8,
            "fallbacks are tried in order"
        ),
        served("fallback: [{provider: main.p.z, model: m}]", 7, "there is no provider service `main.p.z`"),
        served(
            "fallback: [" + repeatElement("{provider: main.p.b, model: m}", count: 6).joined(separator: ", ") + "]",
            7,
            "at most 5; it has 6"
        ),
        served("timeouts: {first_byte: 1s}", 7, "unknown key `first_byte`"),
        served("timeouts: {total: never}", 7, "must be a time from 1ms to 24h"),
        served("retries: {attempts: 11}", 7, "must be a whole number from 0 to 10"),
        served("retries: {backoff: 2h}", 7, "must be a time from 1ms to 1h"),
        served("inference_table: {schema: logs}", 7, "must be a name of two parts"),
        served("inference_table: {table_name_prefix: a}", 7, "lacks the key `schema`"),
        served("inference_table: {schema: a.b, table_name_prefix: \"a;b\"}", 7, "letters, digits"),
        Wrong(
            twoProviders
                + "    destinations: [{provider: main.p.a, model: m}]\n  main.p.a: {destinations: [{provider: main.p.a, model: m}]}",
            7,
            "the provider service on line 2 has the same name"
        ),
    ]

    private static let rateLimits = [
        limit("{key: users, renewal_period: minute, tokens: 1}", "Did you mean `user`?"),
        limit("{key: service, renewal_period: day, tokens: 1}", "must be one of `minute`, `hour`, not `day`"),
        limit("{key: service, renewal_period: minute}", "needs `requests`, `tokens` or `parallel_requests`"),
        limit("{key: service, renewal_period: minute, tokens: -1}", "a whole number of 0 or more, not `-1`"),
        limit("{key: service, renewal_period: minute, tokens: 99999999999999999999}", "a whole number of 0 or more"),
        limit(
            "{key: user, renewal_period: minute, tokens: 1}",
            "lacks the key `principal`, which the key `user` needs"
        ),
        limit(
            "{key: user_default, principal: a, renewal_period: hour, tokens: 1}",
            "cannot be used with the key `user_default`"
        ),
        limit(
            "{key: service, renewal_period: hour, tokens: 1}, {key: service, renewal_period: hour, requests: 1}",
            "repeats the key, the period and the principal"
        ),
        limit(
            (0..<6).map { "{key: user_group, principal: g\($0), renewal_period: hour, tokens: 1}" }.joined(
                separator: ", "
            ),
            "has 6 limits for groups; at most 5"
        ),
        limit(
            (0..<21).map { "{key: user, principal: g\($0), renewal_period: hour, tokens: 1}" }.joined(separator: ", "),
            "at most 20; it has 21"
        ),
    ]

    private static let principals = [
        Wrong("users: {alice: {group: [a]}}", 1, "Did you mean `groups`?"),
        Wrong("users: {alice: {administrator: yes}}", 1, "must be `true` or `false`, not `yes`"),
        Wrong("users: {alice: {groups: a}}", 1, "must be a list"),
        Wrong("users:\n  alice:\nservice_principals:\n  alice:", 4, "a user has the same name"),
        Wrong("users: {\"\": {}}", 1, "must be a name of 1 to 255 characters"),
    ]

    private static let grants = [
        grant("{principal: a, privileges: [EXECUTE]}", "lacks the key `on`"),
        grant("{principal: a, privileges: [], on: {catalog: c}}", "must be a list of 1 to 14; it has 0"),
        grant("{principal: a, privileges: [WRITE], on: {catalog: c}}", "must be one of `USE_CATALOG`"),
        grant("{principal: a, privileges: [EXECUTE], on: {}}", "exactly one of the keys"),
        grant("{principal: a, privileges: [EXECUTE], on: {catalog: c, schema: c.s}}", "exactly one of the keys"),
        grant("{principal: a, privileges: [EXECUTE], on: {catalog: c.s}}", "letters, digits"),
        grant("{principal: a, privileges: [EXECUTE], on: {schema: c}}", "must be a name of two parts"),
        grant("{principal: a, privileges: [EXECUTE], on: {model_service: c.s}}", "must be a name of three parts"),
        grant(
            "{principal: a, privileges: [USE_CATALOG], on: {schema: c.s}}",
            "`USE_CATALOG` has no meaning on a schema"
        ),
        grant("{principal: a, privileges: [SELECT], on: {model_service: c.s.n}}", "has no meaning on a model service"),
        grant(
            "{principal: a, privileges: [USE_SCHEMA], on: {model_provider_service: c.s.n}}",
            "a model provider service"
        ),
    ]

    private static let server = [
        Wrong("server:\n  tls: {certificate: a.pem}", 2, "lacks the key `key`"),
        Wrong("server:\n  max_body_bytes: 64MB", 2, "must be a size from 1KiB to 1GiB"),
        Wrong("server:\n  max_body_bytes: 9999999999999GiB", 2, "must be a size"),
        Wrong("server:\n  max_body_bytes_in_flight: 1MiB", 2, "must be at least `max_body_bytes`, 32MiB"),
        Wrong("server:\n  client_timeout: 99999999999999999h", 2, "must be a time"),
        Wrong("server:\n  client_timeout:", 2, "it is empty"),
        Wrong("workspace: {id: a b}", 1, "letters, digits"),
        Wrong("workspace: {}", 1, "lacks the key `id`"),
        Wrong("default_max_tokens: 0", 1, "from 1 to 10000000"),
        Wrong("simulator: 1", 1, "must be `true` or `false`"),
        Wrong(
            "simulator: true\nprovider_services:\n  system.providers.simulator-openai: {provider_type: custom, base_url: http://x}",
            3,
            "this name belongs to the simulator"
        ),
    ]

    private static func provider(_ fields: String, _ message: String) -> Wrong {
        Wrong("provider_services:\n  main.p.a: {\(fields)}", 2, message)
    }

    private static func custom(_ field: String, _ message: String, isSecond: Bool = false) -> Wrong {
        let url = isSecond ? "" : ", base_url: http://127.0.0.1:1/v1"
        return Wrong("provider_services:\n  main.p.a:\n    {provider_type: custom\(url),\n    \(field)}", 4, message)
    }

    private static func model(_ fields: String, _ line: Int, _ message: String) -> Wrong {
        Wrong("\(twoProviders)    \(fields)", line, message)
    }

    private static func served(_ fields: String, _ line: Int, _ message: String) -> Wrong {
        Wrong("\(twoProviders)    destinations: [{provider: main.p.a, model: m}]\n    \(fields)", line, message)
    }

    private static func limit(_ limits: String, _ message: String) -> Wrong {
        served("rate_limits: [\(limits)]", 7, message)
    }

    private static func grant(_ grant: String, _ message: String) -> Wrong {
        Wrong("grants:\n  - \(grant)", 2, message)
    }
}
