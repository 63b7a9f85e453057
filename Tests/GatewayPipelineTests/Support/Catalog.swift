// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayPipeline
import Testing

/// Objects of a small catalogue.
enum Catalog {
    static func provider(
        _ formats: [WireFormat] = [.openAIChat],
        fixedHeaders: [(name: String, value: String)] = [],
        headerPolicy: HeaderPolicy = HeaderPolicy(),
        credential: Provider.Credential = .bearer
    ) -> Provider {
        Provider(
            id: "custom",
            displayName: "Custom",
            wireFormats: formats,
            credential: credential,
            fixedHeaders: fixedHeaders,
            headerPolicy: headerPolicy
        ) { call in "/\(call.format)/\(call.model)\(call.isStreaming ? "/stream" : "")" }
    }

    static func destination(
        _ model: String,
        share: Int? = 100,
        formats: [WireFormat] = [.openAIChat],
        provider: Provider? = nil,
        headers: [(name: String, value: String)] = [],
        circuit: CircuitSettings = CircuitSettings(),
        isSimulated: Bool = false
    ) throws -> Destination {
        Destination(
            service: ProviderService(
                name: try #require(ObjectName("test.providers.\(model)")),
                provider: provider ?? Self.provider(formats),
                address: try #require(UpstreamAddress(baseURL: "https://upstream.example/v1")),
                apiKey: "sk-upstream",
                wireFormats: formats,
                headers: headers,
                circuit: circuit,
                isSimulated: isSimulated
            ),
            model: model,
            trafficPercentage: share
        )
    }

    /// A gateway's state with one model, `main.ai.helper`, whose only destination speaks this format, and the administrator's token `gth_admin`.
    static func snapshot(serving format: WireFormat, by translator: some Translator) throws -> Snapshot {
        var configuration = Configuration()
        configuration.modelServices = [try service("main.ai.helper", [try destination("m", formats: [format])])]
        return Snapshot(
            configuration: Tracked(configuration),
            tokens: Tracked([]),
            administratorToken: AccessTokenSecret("gth_admin"),
            translator: translator
        )
    }

    static func service(
        _ name: String,
        _ destinations: [Destination],
        fallback: [Destination] = []
    ) throws -> ModelService {
        ModelService(
            name: try #require(ObjectName(name)),
            destinations: destinations,
            fallback: fallback,
            createdBy: "test"
        )
    }

    static func snapshot(
        _ services: [ModelService],
        tokens: [AccessToken] = [],
        principals: [Configuration.Principal] = [],
        grants: [Grant] = []
    ) -> Snapshot {
        var configuration = Configuration()
        configuration.workspaceID = "42"
        configuration.modelServices = services
        configuration.principals = principals
        configuration.grants = grants
        return Snapshot(
            configuration: Tracked(configuration),
            tokens: Tracked(tokens),
            administratorToken: AccessTokenSecret("gth_admin"),
            translator: ScriptedTranslator()
        )
    }

    static func token(
        _ secret: String,
        of principal: String,
        isAdministrator: Bool = false,
        kind: Caller.Kind = .user
    ) -> AccessToken {
        AccessToken(
            id: secret,
            hash: AccessTokenSecret(secret).hash,
            principal: principal,
            kind: kind,
            isAdministrator: isAdministrator,
            createdAt: 0
        )
    }
}
