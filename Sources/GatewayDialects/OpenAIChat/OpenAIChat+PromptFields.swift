// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension OpenAIChat {
    /// Also those of servers that take audio and video by URL, and reasoning in history.
    package var promptFields: PromptFields {
        PromptFields(
            content: ["messages"],
            schemas: ["tools", "functions", "response_format"],
            texts: ["text", "content", "arguments", "refusal", "reasoning_content", "input", "name"],
            objects: ["arguments"],
            media: ["image_url", "input_audio", "audio_url", "video_url", "file"]
        )
    }
}
