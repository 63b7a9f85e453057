// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// Images, audio, video and documents in Google's contents.
enum GeminiMedia {
    /// Counts one of them by its MIME type; a file without one is taken for a document.
    static func count(_ type: String?, _ path: String, into prompt: inout Prompt) throws(Refusal) {
        let type = type ?? "application/pdf"
        let capabilities = prompt.model.capabilities
        if type.hasPrefix("image/"), capabilities.contains(.vision) {
            prompt.media.images += 1
            prompt.inputTokens += MediaCount.tokensPerImage
        } else if type.hasPrefix("audio/"), capabilities.contains(.audio) {
            prompt.media.audio += 1
            prompt.inputTokens += MediaCount.tokensPerAudio
        } else if type.hasPrefix("video/"), capabilities.contains(.video) {
            prompt.media.videos += 1
            prompt.inputTokens += MediaCount.tokensPerVideo
        } else if type.hasPrefix("text/") || type == "application/pdf" || type == "application/json" {
            prompt.media.documents += 1
            prompt.inputTokens += MediaCount.tokensPerDocument
        } else {
            throw .invalid("Unsupported MIME type: \(type.prefix(64))", parameter: path)
        }
    }
}
