// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// A Databricks workspace: its serving endpoints or its gateway.
    ///
    /// `base_url` is `https://HOST/serving-endpoints`, where all that speak OpenAI's APIs share their paths, or `https://HOST/ai-gateway`, where each API has a path of its
    /// own; the key is a personal access token (the paths are those that this gateway itself serves, 2026-11). Which of the vendors' own APIs a model has is the
    /// workspace's affair, so they are used only where `native_api_types` names them.
    package static let databricks = Provider(
        id: "databricks",
        displayName: "Databricks",
        wireFormats: [.openAIChat, .openAIEmbeddings],
        optionalWireFormats: [.openAIResponses, .anthropicMessages, .geminiGenerateContent],
        preferredFormat: preferringChat,
        credential: .bearer,
        traits: .compatible {
            // Its models of OpenAI, Claude and Gemini all take it; what takes none refuses it, and the configuration can say so.
            $0.takesReasoningEffort = true
            // Databricks documentation, "Query reasoning models" (2026-11).
            $0.replaysReasoning = .blocks
            // Databricks documentation, "Use model services" (2026-11).
            $0.takesCacheControl = true
            $0.repeatsIDs = false
        },
        fixedHeaders: [(name: "anthropic-version", value: "2023-06-01")],
        headerPolicy: HeaderPolicy(request: NameFilter(allow: ["anthropic-version"])),
        path: { call in
            switch call.format {
            case .anthropicMessages: return "/anthropic/v1/messages"
            case .geminiGenerateContent: return "/gemini/v1beta/" + Provider.geminiMethod(of: call)
            default:
                let path = openAIPath(of: call.format)
                guard call.basePath.hasSuffix("/ai-gateway") else { return path }
                return (call.format == .openAIResponses ? "/openai/v1" : "/mlflow/v1") + path
            }
        }
    )
}
