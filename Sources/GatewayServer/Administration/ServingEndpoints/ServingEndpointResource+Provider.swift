// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// The `..._config` of an external model.
extension ServingEndpointResource {
    /// How the provider is reached, without secrets.
    static func write(_ service: ProviderService, withDetails: Bool, to writer: inout JSONWriter) {
        func text(_ key: StaticString, _ value: String?, _ writer: inout JSONWriter) {
            if withDetails { writer.optional(key, value) }
        }
        switch service.provider.id {
        case "openai", "azure_openai":
            writer.member("provider", "openai")
            writer.member(
                "openai_config",
                object: { writer in
                    text("openai_api_base", service.address.baseURL, &writer)
                    text("openai_api_type", service.provider.id == "openai" ? "openai" : "azure", &writer)
                    text("openai_api_version", service.settings[.apiVersion], &writer)
                    text(
                        "openai_organization",
                        service.headers.first { $0.name == "openai-organization" }?.value,
                        &writer
                    )
                }
            )
        case "anthropic":
            writer.member("provider", "anthropic")
            writer.member("anthropic_config", object: { _ in })
        case "amazon_bedrock":
            writer.member("provider", "amazon-bedrock")
            writer.member("amazon_bedrock_config", object: { text("aws_region", service.settings[.region], &$0) })
        case "gemini_enterprise":
            writer.member("provider", "google-cloud-vertex-ai")
            writer.member(
                "google_cloud_vertex_ai_config",
                object: { writer in
                    text("project_id", service.settings[.project], &writer)
                    text("region", service.settings[.region], &writer)
                }
            )
        case "databricks":
            writer.member("provider", "databricks-model-serving")
            writer.member(
                "databricks_model_serving_config",
                object: { writer in
                    var url = service.address.baseURL
                    if url.hasSuffix("/serving-endpoints") { url.removeLast(18) }
                    text("databricks_workspace_url", url, &writer)
                }
            )
        case "cohere":
            writer.member("provider", "cohere")
            writer.member("cohere_config", object: { text("cohere_api_base", service.address.baseURL, &$0) })
        default:
            writer.member("provider", "custom")
            writer.member(
                "custom_provider_config",
                object: { writer in
                    text("custom_provider_url", service.address.baseURL, &writer)
                    guard withDetails, service.apiKey != nil, case .header(let name) = service.provider.credential
                    else { return }
                    writer.member("api_key_auth", object: { $0.member("key", name) })
                }
            )
        }
    }
}
