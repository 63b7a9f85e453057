// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Images and documents in Anthropic's messages.
enum AnthropicMedia {
    /// Counts an image or a document after a look at its source; other blocks count as they are written.
    static func read(_ block: JSONValue, _ path: String, into prompt: inout Prompt) throws(Refusal) {
        let type = block["type"]?.string ?? ""
        guard type == "image" || type == "document" else {
            prompt.inputTokens += TokenText.count(block)
            return
        }
        guard prompt.model.capabilities.contains(.vision) else {
            throw .invalid("\(path): this model does not support \(type)s")
        }
        let source = block["source"]
        if source["type"].isText("base64"), let data = source["data"]?.text {
            let isValid = data.withBytes { bytes, _ in Base64.looksValid(bytes) }
            guard isValid else { throw .invalid("\(path).\(type).source.base64: invalid base64 data") }
            // Anthropic's limit on one file, as Base64 (2026-11).
            guard data.utf8Count <= 5 << 20 || type == "document" else {
                throw .invalid("\(path).\(type).source.base64: image exceeds 5 MB maximum")
            }
        } else if let url = source?["url"]?.text, !url.hasPrefix("https://"), !url.hasPrefix("http://") {
            throw .invalid("\(path).\(type).source.url: Input should be a valid URL")
        }
        if type == "image" {
            prompt.media.images += 1
            prompt.inputTokens += MediaCount.tokensPerImage
        } else {
            prompt.media.documents += 1
            prompt.inputTokens += MediaCount.tokensPerDocument
        }
    }
}
