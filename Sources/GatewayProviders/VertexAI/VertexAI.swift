// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

extension Provider {
    /// Google's models and Anthropic's on Vertex AI, which Databricks calls Gemini Enterprise.
    ///
    /// Hosts and paths: PyPI `google-genai` 3.4.0 and `anthropic` 2.11.0 (2026-11). A location is a region, `global`, or one of the multi-regions `us` and `eu`.
    /// Requests carry an access token: of a service account, or one that is renewed elsewhere, as `api_key`. A model whose name begins with `claude` speaks
    /// Messages, with its name in the path and a version of the cloud's own in the body; one named `publisher/model` (`meta/llama-4`) speaks chat completions,
    /// and any other speaks generateContent. Embeddings are known by their names: Gemini's speak embedContent, those before them predict. Claude takes images
    /// there as data alone (platform.claude.com/docs/en/build-with-claude/vision, read 2026-11-21); a URL is passed on all the same, and refused there.
    package static let vertexAI = Provider(
        id: "gemini_enterprise",
        displayName: "Vertex AI",
        defaultBaseURL: "https://{region}-aiplatform.googleapis.com",
        regionalBaseURL: { region in
            switch region {
            case "global": "https://aiplatform.googleapis.com"
            case "us", "eu": "https://aiplatform.{region}.rep.googleapis.com"
            default: nil
            }
        },
        wireFormats: [
            .geminiGenerateContent, .anthropicMessages, .openAIChat, .geminiBatchEmbedContents, .geminiEmbedContent,
            .vertexPredictEmbeddings,
        ],
        preferredFormat: { ingress, spoken in
            firstSpoken(
                of: [.geminiGenerateContent, .anthropicMessages, .openAIChat],
                ingress: ingress,
                spoken: spoken
            )
        },
        modelFormats: { model in
            if model.hasPrefix("claude") { return [.anthropicMessages] }
            if let name = model.split(separator: "/").last, name.contains("embedding") {
                return name.contains("gemini")
                    ? [.geminiBatchEmbedContents, .geminiEmbedContent] : [.vertexPredictEmbeddings]
            }
            let isResource = model.hasPrefix("publishers/") || model.hasPrefix("projects/")
            return model.contains("/") && !isResource ? [.openAIChat] : [.geminiGenerateContent]
        },
        credential: .bearer,
        requiredSettings: [.project, .region],
        optionalSettings: [.serviceAccountKey],
        authorizer: { settings, routing throws(SettingError) in
            guard let key = settings[.serviceAccountKey] else {
                throw SettingError(nil, "lacks the key `service_account_key`, which Vertex AI requires")
            }
            let account = try ServiceAccount(json: key)
            do throws(ProxyEnvironment.VariableError) {
                return OAuthAuthorizer(grant: account, route: try routing.route(toTokens: account.endpoint))
            } catch {
                throw SettingError(nil, "cannot fetch tokens: \(error.message)")
            }
        },
        traits: .compatible {
            $0.anthropicVersion = "vertex-2023-10-16"
            $0.isVertexAI = true
            $0.repeatsIDs = false
        },
        path: vertexPath,
        tokenCountPath: { call in
            switch call.format {
            case .geminiGenerateContent: googlePath(of: call, method: "countTokens")
            case .anthropicMessages: "\(location(of: call))/publishers/anthropic/models/count-tokens:rawPredict"
            default: nil
            }
        }
    )

    private static func location(of call: Call) -> String {
        "/v1/projects/\(percentEncoded(call.settings[.project] ?? ""))/locations/\(percentEncoded(call.settings[.region] ?? ""))"
    }

    /// A method of one of Google's own models, or of a resource with its full name.
    private static func googlePath(of call: Call, method: String) -> String {
        let model = vertexSegments(call.model)
        if call.model.hasPrefix("projects/") { return "/v1/\(model):\(method)" }
        if call.model.hasPrefix("publishers/") { return "\(location(of: call))/\(model):\(method)" }
        return "\(location(of: call))/publishers/google/models/\(model):\(method)"
    }

    private static func vertexPath(of call: Call) -> String {
        let location = location(of: call)
        let model = vertexSegments(call.model)
        switch call.format {
        case .anthropicMessages:
            return
                "\(location)/publishers/anthropic/models/\(model):\(call.isStreaming ? "streamRawPredict" : "rawPredict")"
        case .geminiGenerateContent:
            return googlePath(
                of: call,
                method: call.isStreaming ? "streamGenerateContent?alt=sse" : "generateContent"
            )
        case .geminiBatchEmbedContents: return googlePath(of: call, method: "batchEmbedContents")
        case .geminiEmbedContent: return googlePath(of: call, method: "embedContent")
        case .vertexPredictEmbeddings: return googlePath(of: call, method: "predict")
        default:
            return "\(location)/endpoints/openapi" + openAIPath(of: call.format)
        }
    }

    /// A model's name in a path: `claude-opus-4@20250514`, or a resource name whose slashes stay.
    private static func vertexSegments(_ model: String) -> String {
        let isResource = model.hasPrefix("publishers/") || model.hasPrefix("projects/")
        let segments = isResource ? model.split(separator: "/", omittingEmptySubsequences: false) : [model[...]]
        return segments.map { segment in
            // A segment of dots would lead to a parent directory.
            segment == "." || segment == ".." ? "%2E" : percentEncoded(segment).replacing("%40", with: "@")
        }.joined(separator: "/")
    }
}
