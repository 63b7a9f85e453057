// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The tables of the formats, from which those of the providers are made.
///
/// Fields: the types of PyPI `openai` 3.52.0, `anthropic` 2.14.0 and `google-genai` 3.6.1, and the request pages of openrouter.ai/docs and docs.litellm.ai (2026-11).
/// What is harmless is not here: `store`, `user`, `metadata`, `service_tier`, `mcp` tools and `mcp_servers`, which carry a credential of their own.
extension RequestReference {
    private static let openAI: [WireFormat] = [.openAIChat, .openAIResponses, .openAICompletions, .openAIEmbeddings]
    /// Gemini's APIs refuse what they do not know, and nobody imitates them with more.
    private static let everyClient: [WireFormat] =
        openAI + [.anthropicMessages]

    /// What routers, proxies and servers of open models take beside the API that they imitate.
    package static let routers: [RequestReference] =
        rows(
            .models,
            in: everyClient,
            "models",
            "fallbacks",
            "context_window_fallbacks",
            "content_policy_fallbacks",
            "model_list",
            "lora",
            "lora_path",
            "lora_request",
            "adapter",
            "adapter_id",
            "deployment_id"
        )
        + rows(.routing, in: everyClient, "route", "provider", "plugins", "preset")
        + rows(
            .accounts,
            in: everyClient,
            "api_base",
            "base_url",
            "api_key",
            "organization",
            "user_config",
            "custom_llm_provider",
            "litellm_credential_name",
            "kv_transfer_params",
            "bootstrap_host"
        )
        + rows(.dataSources, in: openAI, "data_sources")

    /// OpenAI's chat completions.
    package static let chat: [RequestReference] =
        rows(.files, in: [.openAIChat], "messages[].content[].file.file_id", "messages[].content[].file_id")
        + rows(.vectorStores, in: [.openAIChat], "tools[].vector_store_ids", "tools[].collection_ids")
        + [RequestReference("messages[].audio.id", .audio, in: [.openAIChat], gate: .key("audio"))]

    /// Tools of OpenAI's Responses, wherever a list of them stands.
    private static let responsesTools: [RequestReference] =
        rows(
            .files,
            in: [.openAIResponses],
            "tools[].container.file_ids",
            "tools[].input_image_mask.file_id",
            "tools[].environment.file_ids"
        )
        + rows(.vectorStores, in: [.openAIResponses], "tools[].vector_store_ids", "tools[].collection_ids")
        + rows(.containers, in: [.openAIResponses], when: .text, "tools[].container")
        + rows(
            .containers,
            in: [.openAIResponses],
            "tools[].container.container_id",
            "tools[].environment.container_id"
        )
        + [RequestReference("tools[].container.id", .containers, in: [.openAIResponses], gate: .key("container"))]
        + rows(
            .skills,
            in: [.openAIResponses],
            "tools[].environment.skills[].skill_id",
            "tools[].container.skills[].skill_id"
        )
        + rows(.accounts, in: [.openAIResponses], "tools[].tunnel_id")
        + rows(.models, in: [.openAIResponses], gate: .secondKey("model"), "tools[].model", "tools[].svg.model")

    /// OpenAI's Responses.
    package static let responses: [RequestReference] =
        rows(
            .files,
            in: [.openAIResponses],
            "input[].content[].file_id",
            "input[].output[].file_id",
            "input[].output.file_id"
        )
        + responsesTools
        // An item `additional_tools` holds tools as the request does.
        + responsesTools.map { $0.below("input[].") }
        + rows(.prompts, in: [.openAIResponses], "prompt")
        + rows(
            .items,
            in: [.openAIResponses, .openAIChat],
            "prompt_cache_options.comparison_response_id"
        )
        + rows(.items, in: [.openAIResponses], when: .bareItem, gate: .key("id"), "input[]")
        + rows(.items, in: [.openAIResponses], when: .anyOf(["item_reference"]), gate: .key("id"), "input[].type")

    /// Anthropic's Messages, wherever they are spoken.
    package static let messages: [RequestReference] =
        rows(
            .files,
            in: [.anthropicMessages],
            "messages[].content[].source.file_id",
            "messages[].content[].content[].source.file_id",
            "messages[].content[].file_id"
        )
        + rows(.containers, in: [.anthropicMessages], when: .text, "container")
        + [RequestReference("container.id", .containers, in: [.anthropicMessages], gate: .key("container"))]
        + [
            RequestReference(
                "container.skills[].type",
                .skills,
                in: [.anthropicMessages],
                when: .anyOf(["custom"]),
                gate: .key("container")
            )
        ]
        + [
            RequestReference(
                "thread.previous_message_id",
                .conversations,
                in: [.anthropicMessages],
                gate: .key("thread")
            )
        ]
        + rows(
            .accounts,
            in: [.anthropicMessages],
            "user_profile_id",
            "workspace_id",
            "billing_policy",
            "fallback_credit_token"
        )
        + rows(.models, in: [.anthropicMessages], gate: .secondKey("model"), "tools[].model")

    /// Gemini's generateContent, also on Vertex AI.
    package static let gemini: [RequestReference] =
        generateContent
        // A count of tokens may hold the whole request.
        + generateContent.map { $0.below("generate_content_request.") }

    private static let generateContent: [RequestReference] =
        rows(.caches, in: [.geminiGenerateContent], "cached_content")
        + rows(
            .files,
            in: [.geminiGenerateContent],
            when: .storageURL,
            "contents[].parts[].file_data.file_uri",
            "contents.parts[].file_data.file_uri",
            "contents[].parts.file_data.file_uri",
            "contents[].parts[].function_response.parts[].file_data.file_uri",
            "system_instruction.parts[].file_data.file_uri"
        )
        + rows(
            .vectorStores,
            in: [.geminiGenerateContent],
            gate: .key("file_search"),
            "tools[].file_search.file_search_store_names"
        )
        + rows(.dataSources, in: [.geminiGenerateContent], "tools[].retrieval", "model_armor_config")
        + rows(
            .models,
            in: [.geminiGenerateContent],
            "generation_config.routing_config",
            "generation_config.model_selection_config",
            "routing_config",
            "model_selection_config"
        )

    /// URLs that servers with a storage or a disk of their own open by themselves.
    package static let storageURLs: [RequestReference] =
        rows(
            .files,
            in: [.openAIChat],
            when: .storageURL,
            "messages[].content[].image_url",
            "messages[].content[].image_url.url",
            "messages[].content[].video_url",
            "messages[].content[].video_url.url",
            "messages[].content[].audio_url",
            "messages[].content[].audio_url.url"
        )
        .map { row in
            // The gate is the part's own key.
            let key = ["image_url", "video_url", "audio_url"].first { row.path.contains($0) } ?? "image_url"
            return RequestReference(row.path, row.kind, in: row.formats, when: row.condition, gate: .key(key))
        }
        + rows(
            .files,
            in: [.openAIResponses],
            when: .storageURL,
            "input[].content[].image_url",
            "input[].output[].image_url"
        )

    /// Files that are named in a text of a chat message.
    package static let filesInTexts: [RequestReference] = [
        RequestReference(
            "messages[].content",
            .files,
            in: [.openAIChat],
            when: .fileText,
            gate: .everyRequest
        ),
        RequestReference(
            "messages[].content[].text",
            .files,
            in: [.openAIChat],
            when: .fileText,
            gate: .everyRequest
        ),
    ]

    /// What holds for a provider that has no table of its own.
    package static let usual: [RequestReference] = routers + chat + responses + messages + gemini + storageURLs
    /// OpenAI's own servers and Azure's, which know no route, provider or account in a body, and open no URL of a storage.
    package static let openAIServers: [RequestReference] =
        routers.filter { $0.kind == .models || $0.kind == .dataSources } + chat + responses

    /// The row for the same field deeper in a request.
    private func below(_ prefix: String) -> RequestReference {
        RequestReference(prefix + path, kind, in: formats, when: condition, gate: gate)
    }
}
