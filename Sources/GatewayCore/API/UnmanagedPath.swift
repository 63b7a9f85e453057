// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A path of a vendor's API for which the gateway has no route, such as `/openai/v1/files`.
///
/// Only callers who name a provider service use it, where that forwards such paths.
package struct UnmanagedPath: Sendable, Equatable {
    /// An API of the vendor that the gateway has, and its path, with `{model}` where that names one.
    package struct ManagedAPI: Sendable, Equatable {
        package let apiType: APIType
        package let path: String

        package init(_ apiType: APIType, _ path: String) {
            self.apiType = apiType
            self.path = path
        }
    }

    /// The APIs beside which the path stands; at least one.
    ///
    /// The first decides the shape of errors until the provider is known.
    package let managed: [ManagedAPI]
    /// The versions that may stand before the path.
    package let versions: [String]
    /// The version that the client wrote; empty without one.
    package let version: String
    /// What follows the version: begins with a slash, and each segment is safe to use as a name.
    package let rest: String
    /// Whether the gateway has a list of models at this path.
    package let isModelList: Bool

    package init(managed: [ManagedAPI], versions: [String], version: String, rest: String, isModelList: Bool) {
        self.managed = managed
        self.versions = versions
        self.version = version
        self.rest = rest
        self.isModelList = isModelList
    }

    /// The API beside which the path stands at a provider service, and the path there, with what the provider's own paths have as their query.
    ///
    /// - Returns: nil where the provider speaks none of the APIs, or has them at paths that do not tell where others are.
    package func target(at service: ProviderService) -> (apiType: APIType, path: String)? {
        let prefix = service.address.pathPrefix
        for api in managed where service.wireFormats.contains(api.apiType.wireFormat) {
            let model = "model"
            let own = service.provider.path(
                Provider.Call(api.apiType.wireFormat, model: model, settings: service.settings, basePath: prefix)
            )
            let parts = own.split(separator: "?", maxSplits: 1)
            let known = api.path.replacing("{model}", with: model)
            guard let path = parts.first, path.hasSuffix(known) else { continue }
            // Where the base URL ends in the version, the provider's paths have none.
            let ownVersion = String(path.dropLast(known.count))
            guard ownVersion.isEmpty || versions.contains(ownVersion) else { continue }
            let query = parts.count > 1 ? "?\(parts[1])" : ""
            let version = ownVersion.isEmpty || version.isEmpty ? ownVersion : version
            return (api.apiType, prefix + version + rest + query)
        }
        return nil
    }
}
