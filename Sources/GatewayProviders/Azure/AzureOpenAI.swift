// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Azure OpenAI and the models of a Microsoft Foundry resource.
    ///
    /// Two forms of paths (learn.microsoft.com, "API version lifecycle", and PyPI `openai` 3.52.0, 2026-11). The v1 API has none of its own: `base_url` is
    /// `https://RESOURCE.openai.azure.com/openai/v1` or `https://RESOURCE.services.ai.azure.com/openai/v1`, and `api_version` is left out or `preview`. The older
    /// form names the deployment in the path: `base_url` is `https://RESOURCE.openai.azure.com/openai`, and `api_version` a date. The model is the deployment's name in
    /// both.
    package static let azureOpenAI = Provider(
        id: "azure_openai",
        displayName: "Azure OpenAI",
        wireFormats: [.openAIResponses, .openAIChat, .openAIEmbeddings],
        preferredFormat: Provider.openAI.preferredFormat,
        credential: .header("api-key"),
        optionalSettings: [.apiVersion],
        traits: Provider.openAI.traits,
        headerPolicy: HeaderPolicy(response: NameFilter(allow: ["x-ratelimit-*", "apim-request-id", "x-ms-region"])),
        references: RequestReference.openAIServers,
        path: { call in
            guard let version = call.settings[.apiVersion] else { return openAIPath(of: call.format) }
            let query = "?api-version=" + percentEncoded(version)
            // Responses never had a path with a deployment.
            guard !call.basePath.hasSuffix("/v1"), call.format != .openAIResponses else {
                return openAIPath(of: call.format) + query
            }
            let deployment = call.basePath.contains("/deployments/") ? "" : "/deployments/" + percentEncoded(call.model)
            return deployment + openAIPath(of: call.format) + query
        }
    )
}
