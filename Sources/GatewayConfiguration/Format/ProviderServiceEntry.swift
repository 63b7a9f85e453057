// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// A model provider service as in the file, without its name.
struct ProviderServiceEntry: Sendable {
    var provider: Provider
    var address: UpstreamAddress
    var apiKey: String?
    var settings: ProviderSettings
    /// The secrets that credentials are the values of, by key.
    var secretReferences: [String: ObjectName]
    var authorizer: (any RequestAuthorizer)?
    var traits: UpstreamTraits
    var headerPolicy: HeaderPolicy
    var allowedReferences: Set<RequestReference.Kind>
    var wireFormats: [WireFormat]
    var headers: [(name: String, value: String)]
    var timeouts: ProviderService.Timeouts
    var circuit: CircuitSettings
    var route: UpstreamRoute
    var maximumConnections: Int
    var resendsUnanswered: Bool
    var directUse: ProviderService.DirectUse
    var relaysCredentials: Bool
    var pricing: ProviderPricing
    var ownership: Configuration.Ownership

    /// `provider_services.<name>`.
    static func section(providers: [Provider]) -> Section<ProviderServiceEntry> {
        let type = Field(
            "provider_type",
            ValueType.choice(providers.map { (name: $0.id, value: $0) }),
            .required,
            "The type of upstream."
        )
        let baseURL = Field(
            "base_url",
            .baseURL,
            .optional("[by `provider_type`](models.md#providers)"),
            "The base URL, as the vendor's own SDK takes it."
        )
        let apiKey = Field(
            "api_key",
            .secret,
            "The upstream's credential. Required for a vendor's own address. Write `${NAME}` to keep it out of the file."
        )
        let wireFormats = Field(
            "native_api_types",
            .wireFormats(providers),
            .optional("[by `provider_type`](models.md#providers)"),
            "The APIs that the upstream speaks, in order of preference. A request in one of them is relayed; any other request is translated."
        )
        let headers = Field(
            "headers",
            .headers,
            "Headers that are added to every request to the upstream. Credentials belong in `api_key`; headers that HTTP itself needs are refused."
        )
        let keyHeader = Field(
            "api_key_header",
            ValueType<String>.credentialHeader,
            .optional("by `provider_type`"),
            "The header that carries `api_key`, where the upstream wants another one."
        )
        let relay = Field(
            "relay_credentials",
            ValueType<Bool>.boolean,
            .optional("`false`"),
            "For `anthropic`, in place of `api_key`: callers send their own credential in `Authorization`, and the gateway's token in `X-Databricks-AI-Gateway-Token`."
        )
        let directUse = DirectUseFields(providers: providers)
        let settings = ProviderSetting.allCases.map { ($0, $0.field(providers)) }
        let secretSources = SecretSources(settings.filter(\.0.isSecret).map(\.0))
        let routing = RoutingFields()
        let traits = Field(
            "traits",
            .section(UpstreamTraits.section("provider_services.<name>.traits")),
            .optional("the provider type's"),
            "How the upstream differs from its API."
        )
        let headerPolicy = Field(
            "header_policy",
            .section(HeaderPolicyEntry.section),
            .optional("the provider type's"),
            "The headers that are passed between clients and the upstream."
        )
        let allowedReferences = Field(
            "allow_references",
            ValueType<[Located<RequestReference.Kind>]>.list(
                of: ValueType<RequestReference.Kind>.choice(),
                count: 0...RequestReference.Kind.allCases.count
            ),
            .optional("none"),
            "What requests may refer to besides the model: other models, and objects of the provider's account, which all callers share. See [References](dialects.md#references-to-other-models-and-objects)."
        )
        let timeouts = Field(
            "timeouts",
            .section(ProviderService.Timeouts.section),
            "How long to wait for the upstream. There is no limit on the total time of a response, but for `timeouts.total` of a model service."
        )
        let circuit = Field(
            "circuit_breaker",
            .section(CircuitSettings.section),
            "When a destination that fails is left out. See [Circuit breakers](reliability.md#circuit-breakers)."
        )
        let maximumConnections = Field(
            "max_connections",
            .integer(1...65_536),
            .optional("`\(ProviderService.defaultMaximumConnections)`"),
            "The maximum number of connections to the upstream per event loop."
        )
        let resendUnanswered = Field(
            "resend_unanswered",
            .boolean,
            .optional("`false`"),
            "Whether to send a request again if a reused connection closes within a second, before any byte of a response. The upstream may then receive it twice. Otherwise such a request fails (502) or goes to the next destination, unless none of it was sent."
        )
        let pricing = Field("pricing", .section(ProviderPricing.section), "What its models cost.")
        return Section(
            "provider_services.<name>",
            "A model provider service. `<name>` has three parts, `catalog.schema.name`. Model services and provider services share one namespace.",
            fields: [
                type.documentation, baseURL.documentation, apiKey.documentation, keyHeader.documentation,
                relay.documentation,
            ]
                + settings.map(\.1.documentation) + secretSources.documentation + [
                    wireFormats.documentation, headers.documentation, headerPolicy.documentation,
                    allowedReferences.documentation, traits.documentation, timeouts.documentation,
                    circuit.documentation,
                    maximumConnections.documentation, resendUnanswered.documentation, pricing.documentation,
                ] + routing.documentation + directUse.documentation + OwnershipFields.documentation
        ) { values, reading in
            let address = values.read(baseURL, &reading)
            var key = values.read(apiKey, &reading)
            let formats = values.read(wireFormats, &reading)
            let extraHeaders = values.read(headers, &reading)
            let waits = values.read(timeouts, &reading)
            let breaker = values.read(circuit, &reading)
            let connections = values.read(maximumConnections, &reading)
            let resends = values.read(resendUnanswered, &reading)
            let ownTraits = values.read(traits, &reading)
            let policy = values.read(headerPolicy, &reading)
            let allowed = values.read(allowedReferences, &reading)
            var chosenSettings: ProviderSettings = [:]
            for (setting, field) in settings { chosenSettings[setting] = values.read(field, &reading) }
            let references = secretSources.references(values, &reading)
            let foundKey = secretSources.readAPIKey(values, besides: apiKey, references, &reading)
            key = key ?? foundKey
            let ways = routing.read(values, &reading)
            let direct = directUse.read(values, &reading)
            let ownership = OwnershipFields.read(values, &reading)
            let header = values.read(keyHeader, &reading)
            let relays = values.read(relay, &reading) ?? false
            let prices = values.read(pricing, &reading) ?? ProviderPricing()
            guard var provider = values.read(type, &reading) else { return nil }
            if let header { provider.credential = .header(header) }
            if relays, provider.id != "anthropic" || values.has(apiKey) || secretSources.hasAPIKey(values) {
                let place = values.place(of: relay)
                reading.report(place, "\(place.name) is for the type `anthropic`, and in place of `api_key`.")
            }
            for format in formats ?? []
            where !provider.wireFormats.contains(format) && !provider.optionalWireFormats.contains(format) {
                let place = values.place(of: wireFormats)
                reading.report(place, "\(place.name): \(provider.displayName) does not speak `\(format.apiTypeName)`.")
            }
            let taken = provider.requiredSettings.union(provider.optionalSettings)
            for (setting, field) in settings where values.has(field) && !taken.contains(setting) {
                let place = values.place(of: field)
                reading.report(place, "\(place.name): \(provider.displayName) does not use this key.")
            }
            secretSources.read(values, into: &chosenSettings, besides: settings, references, of: provider, &reading)
            for (setting, field) in settings
            where provider.requiredSettings.contains(setting) && !values.has(field)
                && !secretSources.has(setting, values)
            {
                reading.report(
                    values.place,
                    "\(values.place.name) lacks the key `\(setting.rawValue)`, which `\(provider.id)` requires."
                )
            }
            let vendorAddress = provider.address(for: chosenSettings)
            guard let chosen = values.has(baseURL) ? address : vendorAddress else {
                if !values.has(baseURL), provider.defaultBaseURL == nil {
                    reading.report(
                        values.place,
                        "\(values.place.name) lacks the key `base_url`, which has no default for `\(provider.id)`."
                    )
                }
                return nil
            }
            let hasSecretSetting = settings.contains {
                $0.0.isSecret && (values.has($0.1) || secretSources.has($0.0, values))
            }
            let needsCredential = chosen == vendorAddress && provider.requiresCredential && !relays
            var authorizer: (any RequestAuthorizer)?
            if values.has(apiKey) || secretSources.hasAPIKey(values) {
                if hasSecretSetting {
                    let place = values.has(apiKey) ? values.place(of: apiKey) : secretSources.placeOfAPIKey(values)
                    reading.report(place, "\(place.name): there is also another credential; remove one of them.")
                }
            } else if let make = provider.authorizer, hasSecretSetting || needsCredential {
                do throws(Provider.SettingError) {
                    authorizer = try make(chosenSettings, ways)
                } catch {
                    let field = settings.first { $0.0 == error.setting && values.has($0.1) }?.1
                    let place =
                        field.map { values.place(of: $0) }
                        ?? error.setting.flatMap { secretSources.place(of: $0, values) } ?? values.place
                    reading.report(place, "\(place.name) \(error.message).")
                }
            } else if needsCredential {
                reading.report(
                    values.place,
                    "\(values.place.name) lacks the key `api_key`, which \(provider.displayName) requires."
                )
            }
            let route = routing.route(to: chosen, ways, values, &reading)
            return ProviderServiceEntry(
                provider: provider,
                address: chosen,
                apiKey: key,
                settings: chosenSettings,
                secretReferences: references,
                authorizer: authorizer,
                traits: ownTraits ?? UpstreamTraits(),
                headerPolicy: policy?.over(provider.headerPolicy) ?? provider.headerPolicy,
                allowedReferences: Set(allowed?.map(\.value) ?? []),
                wireFormats: formats ?? provider.wireFormats,
                headers: extraHeaders ?? [],
                timeouts: waits ?? ProviderService.Timeouts(),
                circuit: breaker ?? CircuitSettings(),
                route: route,
                maximumConnections: connections ?? ProviderService.defaultMaximumConnections,
                resendsUnanswered: resends ?? false,
                directUse: direct,
                relaysCredentials: relays,
                pricing: prices,
                ownership: ownership
            )
        }
    }

    /// The service of that name.
    func service(named name: ObjectName) -> ProviderService {
        ProviderService(
            name: name,
            provider: provider,
            address: address,
            apiKey: apiKey,
            settings: settings,
            secretReferences: secretReferences,
            authorizer: authorizer,
            traits: traits,
            headerPolicy: headerPolicy,
            allowedReferences: allowedReferences,
            wireFormats: wireFormats,
            headers: headers,
            timeouts: timeouts,
            circuit: circuit,
            route: route,
            maximumConnections: maximumConnections,
            resendsUnanswered: resendsUnanswered,
            directUse: directUse,
            relaysCredentials: relaysCredentials,
            pricing: pricing
        )
    }
}

extension ProviderService.Timeouts {
    /// `timeouts` of a provider service.
    static let section: Section<ProviderService.Timeouts> = {
        let standard = ProviderService.Timeouts()
        let day = Duration.seconds(86_400)
        let connect = Field(
            "connect",
            .duration(.milliseconds(1)...(.seconds(600))),
            .optional("`\(durationText(standard.connect))`"),
            "To connect, including name lookup and TLS."
        )
        let firstByte = Field(
            "first_byte",
            .duration(.milliseconds(1)...day),
            .optional("`\(durationText(standard.firstByte))`"),
            "From the last byte of the request to the head of the response; interim responses (1xx) do not count."
        )
        let idle = Field(
            "idle",
            .duration(.milliseconds(1)...day),
            .optional("`\(durationText(standard.idle))`"),
            "Between two bytes of a response, and between two bytes that the upstream reads of a request."
        )
        let keepAlive = Field(
            "keep_alive",
            .duration(.milliseconds(1)...day),
            .optional("`55s` with TLS, `4s` without"),
            "How long an unused connection is kept. Choose less than the upstream's limit, so that no request uses a connection that the upstream is closing. A `keep-alive: timeout` from the upstream lowers it."
        )
        return Section(
            "provider_services.<name>.timeouts",
            "How long to wait for the upstream.",
            fields: [
                connect.documentation, firstByte.documentation, idle.documentation, keepAlive.documentation,
            ]
        ) { values, reading in
            var timeouts = ProviderService.Timeouts()
            timeouts.connect = values.read(connect, &reading) ?? timeouts.connect
            timeouts.firstByte = values.read(firstByte, &reading) ?? timeouts.firstByte
            timeouts.idle = values.read(idle, &reading) ?? timeouts.idle
            timeouts.keepAlive = values.read(keepAlive, &reading)
            return timeouts
        }
    }()
}

extension ValueType where Value == [WireFormat] {
    /// `native_api_types`: what any of the providers speaks.
    static func wireFormats(_ providers: [Provider]) -> ValueType {
        let formats = Set(providers.flatMap { $0.wireFormats + $0.optionalWireFormats })
            .sorted { $0.apiTypeName < $1.apiTypeName }
        let list = ValueType<[Located<WireFormat>]>.list(
            of: .choice(formats.map { (name: $0.apiTypeName, value: $0) }),
            count: 1...max(1, formats.count)
        )
        return ValueType(list.description) { node, place, reading in
            guard let formats = list.read(node, place, &reading) else { return nil }
            var seen: Set<WireFormat> = []
            for format in formats where !seen.insert(format.value).inserted {
                reading.report(format.place, "\(format.place.name) repeats `\(format.value.apiTypeName)`.")
            }
            return formats.map(\.value)
        }
    }
}
