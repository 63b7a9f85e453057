// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A kind of upstream: how it is addressed, how it authenticates and which wire formats it speaks.
///
/// A value, not a protocol: a provider is data. What it speaks is a ``WireFormat``; translation belongs to the dialects.
package struct Provider: Sendable {
    /// How a request carries an `api_key`.
    package enum Credential: Sendable, Equatable {
        /// `authorization: Bearer <key>`.
        case bearer
        /// The key alone in a header of this (lower-case) name.
        case header(String)
    }

    /// A call that needs a path.
    package struct Call: Sendable {
        package var format: WireFormat
        /// The vendor's name of the model.
        package var model: String
        package var isStreaming: Bool
        package var settings: ProviderSettings
        /// The path of the base URL, without a slash at its end.
        package var basePath: String

        package init(
            _ format: WireFormat,
            model: String,
            isStreaming: Bool = false,
            settings: ProviderSettings = [:],
            basePath: String = ""
        ) {
            self.basePath = basePath
            self.format = format
            self.model = model
            self.isStreaming = isStreaming
            self.settings = settings
        }
    }

    /// A setting that a provider cannot use.
    package struct SettingError: Error, Sendable, Equatable {
        /// nil where it is not one setting alone.
        package var setting: ProviderSetting?
        /// What follows the setting's name, as in `must be ...`; holds nothing of a secret.
        package var message: String

        package init(_ setting: ProviderSetting?, _ message: String) {
            self.setting = setting
            self.message = message
        }
    }

    /// The value of `provider_type` in the configuration.
    package var id: String
    /// The name that people read.
    package var displayName: String
    /// What the vendor's own SDK takes as its base URL; nil where the configuration must say it.
    ///
    /// `{region}` stands for that setting.
    package var defaultBaseURL: String?
    /// The base URL of a region, where it is not ``defaultBaseURL`` with the region put in.
    package var regionalBaseURL: @Sendable (_ region: String) -> String?
    /// The environment variable that holds the key by custom; a built-in service uses it when it is set.
    package var environmentKey: String?
    /// Whether the vendor's own address asks for a credential.
    package var requiresCredential: Bool
    /// What the vendor speaks, its first choice first.
    package var wireFormats: [WireFormat]
    /// What some upstreams of this kind speak besides; only where `native_api_types` names it.
    package var optionalWireFormats: [WireFormat]
    /// Which format to choose for an ingress that the destination does not speak, if not the first one.
    package var preferredFormat: @Sendable (_ ingress: WireFormat, _ spoken: [WireFormat]) -> WireFormat?
    /// What a model of this name speaks, for upstreams that serve models of several makers; nil where the name does not tell.
    package var modelFormats: @Sendable (_ model: String) -> [WireFormat]?
    package var credential: Credential
    /// The settings that a service of this kind must have.
    package var requiredSettings: Set<ProviderSetting>
    /// The settings that it may have besides.
    package var optionalSettings: Set<ProviderSetting>
    /// Makes what authorises requests of a service without an `api_key`; nil where a key is the only way.
    ///
    /// The routing is for what it must ask for a token.
    package var authorizer:
        (@Sendable (ProviderSettings, UpstreamRouting) throws(SettingError) -> any RequestAuthorizer)?
    /// Headers that every request carries, in lower case.
    package var fixedHeaders: [(name: String, value: String)]
    /// What headers travel, if the configuration says nothing else.
    package var headerPolicy: HeaderPolicy
    /// The path below the base URL for one call.
    ///
    /// The model is percent-encoded where it goes into the path.
    package var path: @Sendable (Call) -> String
    /// The path below the base URL that counts the tokens of a request of a format; nil where the vendor counts none.
    package var tokenCountPath: @Sendable (Call) -> String?
    /// The path below the base URL that compacts a conversation of a format; nil where the vendor compacts none.
    package var compactPath: @Sendable (Call) -> String?
    /// The statuses by which an upstream says that it cannot count, so that the gateway estimates.
    ///
    /// Many servers that imitate a vendor have no such route: 404, 405, 501.
    package var uncountedStatuses: Set<Int>
    /// How upstreams of this kind differ from the API whose formats they speak, if the configuration says nothing else.
    package var traits: UpstreamTraits
    /// The fields of requests that name something else than the model that was granted.
    package var references: [RequestReference]

    package init(
        id: String,
        displayName: String,
        defaultBaseURL: String? = nil,
        regionalBaseURL: @escaping @Sendable (String) -> String? = { _ in nil },
        environmentKey: String? = nil,
        requiresCredential: Bool = true,
        wireFormats: [WireFormat],
        optionalWireFormats: [WireFormat] = [],
        preferredFormat: @escaping @Sendable (WireFormat, [WireFormat]) -> WireFormat? = { _, spoken in spoken.first },
        modelFormats: @escaping @Sendable (String) -> [WireFormat]? = { _ in nil },
        credential: Credential = .bearer,
        requiredSettings: Set<ProviderSetting> = [],
        optionalSettings: Set<ProviderSetting> = [],
        authorizer: (@Sendable (ProviderSettings, UpstreamRouting) throws(SettingError) -> any RequestAuthorizer)? =
            nil,
        traits: UpstreamTraits = UpstreamTraits(),
        fixedHeaders: [(name: String, value: String)] = [],
        headerPolicy: HeaderPolicy = HeaderPolicy(),
        references: [RequestReference] = RequestReference.usual,
        path: @escaping @Sendable (Call) -> String,
        tokenCountPath: @escaping @Sendable (Call) -> String? = { _ in nil },
        compactPath: @escaping @Sendable (Call) -> String? = { _ in nil },
        uncountedStatuses: Set<Int> = [404, 405, 501]
    ) {
        self.id = id
        self.displayName = displayName
        self.defaultBaseURL = defaultBaseURL
        self.regionalBaseURL = regionalBaseURL
        self.environmentKey = environmentKey
        self.requiresCredential = requiresCredential
        self.wireFormats = wireFormats
        self.optionalWireFormats = optionalWireFormats
        self.preferredFormat = preferredFormat
        self.modelFormats = modelFormats
        self.credential = credential
        self.requiredSettings = requiredSettings
        self.optionalSettings = optionalSettings
        self.authorizer = authorizer
        self.traits = traits
        self.fixedHeaders = fixedHeaders
        self.headerPolicy = headerPolicy
        self.references = references
        self.path = path
        self.tokenCountPath = tokenCountPath
        self.compactPath = compactPath
        self.uncountedStatuses = uncountedStatuses
    }
}

extension Provider {
    /// The vendor's own address for these settings; nil where there is none.
    package func address(for settings: ProviderSettings) -> UpstreamAddress? {
        guard let defaultBaseURL else { return nil }
        guard let region = settings[.region] else {
            return defaultBaseURL.contains("{") ? nil : UpstreamAddress(baseURL: defaultBaseURL)
        }
        let template = regionalBaseURL(region) ?? defaultBaseURL
        return UpstreamAddress(baseURL: template.replacing("{region}", with: region))
    }
}
