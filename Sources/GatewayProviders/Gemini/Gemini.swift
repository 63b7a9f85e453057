// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Google's Gemini API (not Vertex AI).
    ///
    /// Base URL, key header, key variable and paths are those of PyPI `google-genai` 3.4.0 (2026-11). The API also takes the key in the
    /// query; there it would end up in logs, so it never goes there. `alt=sse` asks for server-sent events in place of a JSON array.
    package static let gemini = Provider(
        id: "gemini",
        displayName: "Google Gemini",
        defaultBaseURL: "https://generativelanguage.googleapis.com",
        environmentKey: "GEMINI_API_KEY",
        wireFormats: [.geminiGenerateContent, .geminiBatchEmbedContents, .geminiEmbedContent],
        preferredFormat: { ingress, spoken in
            firstSpoken(of: [.geminiGenerateContent], ingress: ingress, spoken: spoken)
        },
        credential: .header("x-goog-api-key"),
        path: { "/v1beta/" + geminiMethod(of: $0) },
        tokenCountPath: { call in
            call.format == .geminiGenerateContent ? "/v1beta/\(geminiResource(of: call.model)):countTokens" : nil
        }
    )

    /// The model and the method that a call needs: `models/gemini-2.5-pro:generateContent`.
    static func geminiMethod(of call: Call) -> String {
        let method =
            switch call.format {
            case .geminiEmbedContent: "embedContent"
            case .geminiBatchEmbedContents: "batchEmbedContents"
            default: call.isStreaming ? "streamGenerateContent?alt=sse" : "generateContent"
            }
        return "\(geminiResource(of: call.model)):\(method)"
    }

    /// The resource name of a model: `models/` before a bare name, as the vendor's SDK does.
    private static func geminiResource(of model: String) -> String {
        for collection in ["models/", "tunedModels/"] where model.hasPrefix(collection) {
            return collection + percentEncoded(model.dropFirst(collection.count))
        }
        return "models/" + percentEncoded(model)
    }
}
