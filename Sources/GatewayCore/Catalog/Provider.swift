// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A kind of upstream: how it is addressed, how it authenticates and which wire formats it speaks.
///
/// A value, not a protocol: a provider is data. What it speaks is a ``WireFormat``; translation belongs to the dialects.
package struct Provider: Sendable {
    /// How a request carries the provider's credential.
    package enum Credential: Sendable {
        /// `authorization: Bearer <key>`.
        case bearer
        /// The key alone in a header of this (lower-case) name.
        case header(String)
    }

    /// The value of `provider_type` in the configuration.
    package var id: String
    /// The name that people read.
    package var displayName: String
    /// What the vendor's own SDK takes as its base URL; nil where the configuration must say it.
    package var defaultBaseURL: String?
    /// The environment variable that holds the key by custom; a built-in service uses it when it is set.
    package var environmentKey: String?
    /// What the vendor speaks, its first choice first.
    package var wireFormats: [WireFormat]
    /// What some upstreams of this kind speak besides; only where `native_api_types` names it.
    package var optionalWireFormats: [WireFormat]
    /// Which format to choose for an ingress that the destination does not speak, if not the first one.
    package var preferredFormat: @Sendable (_ ingress: WireFormat, _ spoken: [WireFormat]) -> WireFormat?
    package var credential: Credential
    /// Headers that every request carries, in lower case.
    package var fixedHeaders: [(name: String, value: String)]
    /// The client's headers that go on to this provider, in lower case; a name that ends in `*` is a prefix.
    package var forwardedHeaders: [String]
    /// The path below the base URL for one call.
    ///
    /// The model is percent-encoded where it goes into the path.
    package var path: @Sendable (_ format: WireFormat, _ model: String, _ isStreaming: Bool) -> String

    package init(
        id: String,
        displayName: String,
        defaultBaseURL: String? = nil,
        environmentKey: String? = nil,
        wireFormats: [WireFormat],
        optionalWireFormats: [WireFormat] = [],
        preferredFormat: @escaping @Sendable (WireFormat, [WireFormat]) -> WireFormat? = { _, spoken in spoken.first },
        credential: Credential = .bearer,
        fixedHeaders: [(name: String, value: String)] = [],
        forwardedHeaders: [String] = [],
        path: @escaping @Sendable (WireFormat, String, Bool) -> String
    ) {
        self.id = id
        self.displayName = displayName
        self.defaultBaseURL = defaultBaseURL
        self.environmentKey = environmentKey
        self.wireFormats = wireFormats
        self.optionalWireFormats = optionalWireFormats
        self.preferredFormat = preferredFormat
        self.credential = credential
        self.fixedHeaders = fixedHeaders
        self.forwardedHeaders = forwardedHeaders
        self.path = path
    }
}
