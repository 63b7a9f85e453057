// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension OpenAIChat {
    package var errorWords: ErrorWords { OpenAIError.words }
}

extension OpenAIError {
    /// The words of OpenAI and of the many vendors and servers that imitate its API, most of which have no codes of their own.
    ///
    /// Codes: OpenAI's error guide and `ResponseError` of PyPI `openai` 3.52.0; Azure's `content_filter`; Moonshot's and Alibaba's error pages; the sources of
    /// llama.cpp, vLLM, SGLang and Ollama. Messages: as users of these quote them in public trackers (2025 to 2026-11).
    static let words = ErrorWords(
        names: [
            "invalid_request_error": .invalidRequest,
            "server_error": .serverFailure,
            "context_length_exceeded": .contextTooLong,
            "context_window_exceeded": .contextTooLong,
            "exceed_context_size_error": .contextTooLong,
            "content_filter": .contentPolicy,
            "content_policy_violation": .contentPolicy,
            "cyber_policy": .contentPolicy,
            "data_inspection_failed": .contentPolicy,
            "image_content_policy_violation": .contentPolicy,
            "moderation_blocked": .contentPolicy,
            "empty_image_file": .imageUnreadable,
            "image_parse_error": .imageUnreadable,
            "invalid_base64_image": .imageUnreadable,
            "invalid_image": .imageUnreadable,
            "invalid_image_format": .imageUnreadable,
            "unsupported_image_media_type": .imageUnreadable,
            "DeploymentNotFound": .modelNotFound,
            "model_not_found": .modelNotFound,
            "resource_not_found_error": .modelNotFound,
            "billing_hard_limit_reached": .quotaExhausted,
            "billing_not_active": .quotaExhausted,
            "exceeded_current_quota_error": .quotaExhausted,
            "insufficient_balance": .quotaExhausted,
            "insufficient_quota": .quotaExhausted,
            "insufficient_user_quota": .quotaExhausted,
            "REQUEST_LIMIT_EXCEEDED": .rateLimited,
            "rate_limit_exceeded": .rateLimited,
            "rate_limit_reached_error": .rateLimited,
            "too_many_requests": .rateLimited,
            "engine_overloaded": .overloaded,
            "engine_overloaded_error": .overloaded,
            "server_is_overloaded": .overloaded,
            "slow_down": .overloaded,
            "invalid_api_key": .badCredential,
        ],
        messages: [
            (["maximum context length"], .contextTooLong),
            (["exceeds the context window"], .contextTooLong),
            (["context window exceeds limit"], .contextTooLong),
            (["context size has been exceeded"], .contextTooLong),
            (["exceeds the available context size"], .contextTooLong),
            (["longer than the model's context length"], .contextTooLong),
            (["exceeds the context length"], .contextTooLong),
            (["greater than the context length"], .contextTooLong),
            (["the context overflows"], .contextTooLong),
            (["maximum prompt length"], .contextTooLong),
            (["exceeded model token limit"], .contextTooLong),
            (["prompt exceeds max length"], .contextTooLong),
            (["reduce the length of the", "messages"], .contextTooLong),
            (["`inputs` must have less than", "tokens"], .contextTooLong),
            (["`inputs` tokens + `max_new_tokens` must be"], .contextTooLong),
            (["too many tokens", "size limit exceeded"], .contextTooLong),
            (["flagged as potentially violating"], .contentPolicy),
            (["content management policy"], .contentPolicy),
            (["violates usage guidelines"], .contentPolicy),
            (["content exists risk"], .contentPolicy),
            (["may contain inappropriate content"], .contentPolicy),
            (["does not represent a valid image"], .imageUnreadable),
            (["you uploaded an unsupported image"], .imageUnreadable),
            (["cannot identify image file"], .imageUnreadable),
            (["failed to decode image"], .imageUnreadable),
            (["the model `", "does not exist"], .modelNotFound),
            (["model not exist"], .modelNotFound),
            (["insufficient balance"], .quotaExhausted),
            (["insufficient credits"], .quotaExhausted),
            (["requires more credits"], .quotaExhausted),
            (["monthly spending limit"], .quotaExhausted),
            (["monthly included credits"], .quotaExhausted),
        ]
    )
}
